"""Carries one request under one total deadline, and knows whether a byte of it left."""

import http.client
import io
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_SECONDS = 5.0
_KEPT_CONNECTIONS = 16
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


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

    def remaining(self) -> float:
        """Seconds left; TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total deadline of the call has passed")
        return left


_CURRENT: ContextVar[Exchange] = ContextVar("paypal_exchange")


def carry(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Send once and fill `exchange`; a failure is kept there, never raised."""
    with _exchanging(exchange):
        try:
            _send(exchange, method, url, headers=dict(headers), body=body)
        except Exception as error:
            exchange.failure = error


@contextmanager
def _exchanging(exchange: Exchange) -> Iterator[None]:
    token = _CURRENT.set(exchange)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def _send(
    exchange: Exchange, method: str, url: str, *, headers: dict[str, str], body: bytes | None
) -> None:
    left = exchange.remaining()
    response = _pool(_proxy_for(url)).request(
        method,
        url,
        body=body,
        headers=headers,
        retries=False,
        # A redirect would carry the token to another host.
        redirect=False,
        preload_content=False,
        timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=left),
    )
    try:
        exchange.body = response.read()
    except BaseException:
        response.close()
        raise
    exchange.status = response.status
    exchange.headers = {name.lower(): value for name, value in response.headers.items()}


def _proxy_for(url: str) -> str:
    address = urlsplit(url)
    proxy = getproxies().get(address.scheme, "")
    host = address.hostname or ""
    return "" if host in _LOOPBACK or proxy_bypass(host) else proxy


@cache
def _pool(proxy: str) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "ca_certs": certifi.where()}
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


# A child of fork must not talk over its parent's sockets: two processes would read each other's
# answers.
os.register_at_fork(after_in_child=_pool.cache_clear)


class _TimedReader(io.RawIOBase):
    """Reads with whatever is left of the deadline, so that a trickle cannot stretch it."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket) -> None:
        self._source = source
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(_CURRENT.get().remaining())
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
        exchange = _CURRENT.get()
        exchange.remaining()
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        if self.sock is not None:
            self.sock.settimeout(exchange.remaining())
        exchange.is_sent = True
        super().send(data)  # type: ignore[misc]


class _Connection(_Timed, HTTPConnection):
    response_class: Any = _TimedResponse


class _SecureConnection(_Timed, HTTPSConnection):
    response_class: Any = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
