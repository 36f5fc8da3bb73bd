"""Carries one request of the SDK under one total deadline, and knows whether a byte of it left."""

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

import stripe
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
        is_sent: a byte of the request may have left (M5).
        failure: what broke the exchange, None if a whole answer arrived.
    """

    deadline: float
    is_sent: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: Exception | None = None

    @property
    def is_replay(self) -> bool:
        """Whether Stripe repeated the stored answer of an earlier request with this key."""
        return self.headers.get("idempotent-replayed") == "true"

    def remaining(self) -> float:
        """Seconds left; TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total deadline of the call has passed")
        return left


_CURRENT: ContextVar[Exchange] = ContextVar("stripe_exchange")


@contextmanager
def exchanging(exchange: Exchange) -> Iterator[Exchange]:
    """Let the SDK's next request in this context fill `exchange`."""
    token = _CURRENT.set(exchange)
    try:
        yield exchange
    finally:
        _CURRENT.reset(token)


class Transport(stripe.HTTPClient):
    """The HTTP client behind the SDK: one attempt, one deadline, the raw body kept aside.

    The SDK gets an empty object in place of the answer, because it would parse the whole body a
    second time and turn errors into classes that lose the code; `client.py` reads the exchange.
    """

    name = "urllib3"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send once and fill the current exchange.

        A failure is kept there, never raised into the SDK.
        """
        exchange = _CURRENT.get()
        try:
            _send(exchange, method, url, headers=dict(headers or {}), body=post_data)
        except Exception as error:
            exchange.failure = error
        return "{}", 200, {}

    def close(self) -> None:
        """Drop the idle connections of this process."""
        _pool.cache_clear()


def _send(
    exchange: Exchange, method: str, url: str, *, headers: dict[str, str], body: str | None
) -> None:
    left = exchange.remaining()
    if method == "get":
        headers["Accept-Encoding"] = "gzip"
    response = _pool(_proxy_for(url)).request(
        method.upper(),
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
def _pool(proxy: str) -> urllib3.PoolManager:
    # One pool for all keys: the key is a header, and an idle connection to Stripe serves every
    # tenant.
    options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "ca_certs": stripe.ca_bundle_path}
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
