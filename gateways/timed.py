"""Connections under the total deadline of a call, that know whether a byte of it left (M3, M5).

Every adapter's transport fills an `Exchange` through them; what else it sends with is its own.
"""

import http.client
import io
import math
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
# When all calls of this context must have ended, on the clock of `time.monotonic`; and how many
# seconds each of them may last.
_LATEST: ContextVar[float] = ContextVar("gateway_latest", default=math.inf)
_LONGEST: ContextVar[float] = ContextVar("gateway_longest", default=math.inf)


@dataclass(slots=True)
class Exchange:
    """One request and what came back.

    Attributes:
        deadline: on the clock of `time.monotonic`; connect, send and read end before it (M3).
        is_sent: a byte of the request may have left (M5).
        failure: what broke the exchange, None if a whole answer arrived.
    """

    deadline: float
    is_sent: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.deadline = min(self.deadline, _LATEST.get(), time.monotonic() + _LONGEST.get())

    def remaining(self) -> float:
        """Seconds left; TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total deadline of the call has passed")
        return left


@contextmanager
def ending_before(deadline: float) -> Iterator[None]:
    """Let every call inside end before `deadline` (of `time.monotonic`), or before its own."""
    token = _LATEST.set(min(deadline, _LATEST.get()))
    try:
        yield
    finally:
        _LATEST.reset(token)


@contextmanager
def none_longer_than(seconds: float) -> Iterator[None]:
    """Let no call inside last longer, for whoever can come again later."""
    token = _LONGEST.set(seconds)
    try:
        yield
    finally:
        _LONGEST.reset(token)


_CURRENT: ContextVar[Any] = ContextVar("gateway_exchange")
_OneExchange = TypeVar("_OneExchange", bound=Exchange)


@contextmanager
def exchanging(exchange: _OneExchange) -> Iterator[_OneExchange]:
    """Let the next request in this context fill `exchange`."""
    token = _CURRENT.set(exchange)
    try:
        yield exchange
    finally:
        _CURRENT.reset(token)


def current() -> Any:
    """The exchange of this context, of its adapter's own class."""
    return _CURRENT.get()


def proxy_for(url: str) -> str:
    """The environment's proxy for an address; empty for none. Nothing local goes through one."""
    address = urlsplit(url)
    host = address.hostname or ""
    return "" if host in _LOOPBACK or proxy_bypass(host) else getproxies().get(address.scheme, "")


class _TimedReader(io.RawIOBase):
    """Reads with whatever is left of the deadline, so that a trickle cannot stretch it."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket) -> None:
        self._source = source
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(current().remaining())
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        timed: Any = _TimedReader(self.fp.detach(), sock)
        self.fp: io.BufferedReader = io.BufferedReader(timed)


class _Timed:
    """Marks the moment the first byte leaves, and refuses to let it leave after the deadline."""

    sock: socket.socket | None

    def send(self, data: Any) -> None:
        exchange = current()
        exchange.remaining()
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        if self.sock is not None:
            self.sock.settimeout(exchange.remaining())
        exchange.is_sent = True
        super().send(data)  # type: ignore[misc]


class Connection(_Timed, HTTPConnection):
    """Over plain http."""

    response_class: Any = _TimedResponse


class SecureConnection(_Timed, HTTPSConnection):
    """Over TLS."""

    response_class: Any = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


# For `PoolManager.pool_classes_by_scheme`.
POOL_CLASSES = {"http": _Pool, "https": _SecurePool}
