"""Carries one request to Recurly under one total deadline, and knows whether a byte of it left."""

import http.client
import io
import os
import socket
import ssl
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

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
        """Whether Recurly repeated the stored answer of an earlier request with this key."""
        return self.headers.get("idempotency-prior") == "true"

    @property
    def request_id(self) -> str:
        """Recurly's id of the request."""
        return self.headers.get("x-request-id", "")

    def remaining(self) -> float:
        """Seconds left; TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total deadline of the call has passed")
        return left


_CURRENT: ContextVar[Exchange] = ContextVar("recurly_exchange")


def send(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Send once and fill the exchange; a failure is kept there."""
    token = _CURRENT.set(exchange)
    try:
        _send(exchange, method, url, headers=headers, body=body)
    except Exception as error:
        exchange.failure = error
    finally:
        _CURRENT.reset(token)


def _send(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    left = exchange.remaining()
    response = _pool().request(
        method,
        url,
        body=body,
        headers=dict(headers),
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
    finally:
        response.release_conn()
    exchange.headers = {name.lower(): value for name, value in response.headers.items()}
    exchange.status = response.status


@cache
def _pool() -> urllib3.PoolManager:
    # One pool for all keys: the key is a header, and an idle connection serves every tenant.
    pool = urllib3.PoolManager(maxsize=_KEPT_CONNECTIONS, ssl_context=ssl.create_default_context())
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
