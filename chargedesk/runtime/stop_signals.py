"""SIGINT, SIGTERM and SIGHUP end the runner in order: they become one exception in it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody asked the runner to stop; not an error, and not to be caught as one."""


@contextmanager
def stop_signals() -> Iterator[None]:
    """Raise `StopRequested` at the first stop signal, and ignore further ones."""
    before = {number: signal.signal(number, _request_stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_stop_signals() -> None:
    """Let nothing cut the stopping short, such as a second Ctrl-C."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    ignore_stop_signals()
    raise StopRequested
