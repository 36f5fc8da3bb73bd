"""Carries one request of the SDK under one total deadline; knows whether a byte of it left."""

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

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_SECONDS = 5.0
_KEPT_CONNECTIONS = 16


@dataclass(slots=True)
class Exchange:
    """One request and what came back.

    Attributes:
        deadline: on the clock of `time.monotonic`; connect, send and read end before it (M3).
        path: where it went, for naming the right that is missing.
        is_sent: a byte of the request may have left (M5).
        failure: what broke the exchange, None if a whole answer arrived.
    """

    deadline: float
    path: str = ""
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


_CURRENT: ContextVar[Exchange] = ContextVar("braintree_exchange")


@contextmanager
def exchanging(exchange: Exchange) -> Iterator[Exchange]:
    """Let the SDK's next request in this context fill `exchange`."""
    token = _CURRENT.set(exchange)
    try:
        yield exchange
    finally:
        _CURRENT.reset(token)


class Strategy:
    """What the SDK sends with: one attempt, one deadline, the answer kept aside.

    The SDK gets an empty answer in its place: its own errors lose the headers and the body, and
    with them how long to wait. `client.py` reads the exchange.
    """

    def __init__(self, config: Any, environment: Any) -> None:
        self._authority = environment.ssl_certificate

    def http_do(
        self, http_verb: str, path: str, headers: Mapping[str, Any], request_body: str | None
    ) -> tuple[int, str]:
        """Send once and fill the current exchange; a failure is kept there."""
        exchange = _CURRENT.get()
        exchange.path = urlsplit(path).path
        sent = {
            name: each.decode() if isinstance(each, bytes) else each
            for name, each in headers.items()
        }
        try:
            _send(
                exchange,
                http_verb,
                path,
                headers=sent,
                body=request_body,
                authority=self._authority,
            )
        except Exception as error:
            exchange.failure = error
        return 200, ""

    def close(self) -> None:
        """Drop the idle connections of this process."""
        _pool.cache_clear()


def _send(
    exchange: Exchange,
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    body: str | None,
    authority: str | None,
) -> None:
    left = exchange.remaining()
    response = _pool(_proxy_for(url), authority).request(
        method,
        url,
        body=body.encode() if body else None,
        headers=headers,
        retries=False,
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
    bypassed = proxy_bypass(address.hostname or "")
    return "" if bypassed or address.hostname in {"127.0.0.1", "localhost"} else proxy


@cache
def _pool(proxy: str, authority: str | None) -> urllib3.PoolManager:
    # One pool for all merchants of an environment: the key is a header.
    options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "ca_certs": authority}
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
