"""Carries one request to Recurly under one total deadline, and knows whether a byte of it left."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import urllib3

from gateways import timed
from gateways.timed import POOL_CLASSES, exchanging

CONNECT_SECONDS = 5.0
_KEPT_CONNECTIONS = 16


@dataclass(slots=True)
class Exchange(timed.Exchange):
    """One request to Recurly and what came back."""

    @property
    def is_replay(self) -> bool:
        """Whether Recurly repeated the stored answer of an earlier request with this key."""
        return self.headers.get("idempotency-prior") == "true"

    @property
    def request_id(self) -> str:
        """Recurly's id of the request."""
        return self.headers.get("x-request-id", "")


def send(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Send once and fill the exchange; a failure is kept there."""
    with exchanging(exchange):
        try:
            _send(exchange, method, url, headers=headers, body=body)
        except Exception as error:
            exchange.failure = error


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
    pool.pool_classes_by_scheme = POOL_CLASSES
    return pool


# A child of fork must not talk over its parent's sockets: two processes would read each other's
# answers.
os.register_at_fork(after_in_child=_pool.cache_clear)
