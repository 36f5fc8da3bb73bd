"""Sweeps as beat does in life: what is woken may be lost when Redis is busy, and is found again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import current_app

from chargedesk.runtime.processes import wait_until

EVERY_S = 5


def swept_until(condition: Callable[[], bool], *, timeout_s: float = 90) -> bool:
    """Wait for what a worker does with news, imports and polls; False if it did not in time."""
    until = time.monotonic() + timeout_s
    while not wait_until(condition, timeout_s=EVERY_S):
        if time.monotonic() >= until:
            return False
        _sweep()
    return True


@contextmanager
def swept() -> Iterator[None]:
    """Let another program wait for a worker while the block runs."""
    is_over = threading.Event()

    def sweep() -> None:
        while not is_over.wait(EVERY_S):
            _sweep()

    sweeping = threading.Thread(target=sweep, daemon=True)
    sweeping.start()
    try:
        yield
    finally:
        is_over.set()
        sweeping.join()


def _sweep() -> None:
    current_app.send_task("sync.sweep_waiting")
