"""Carries one request under one total deadline, and knows whether a byte of it left."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import certifi
import urllib3

from gateways.timed import POOL_CLASSES, Exchange, exchanging, proxy_for

CONNECT_SECONDS = 5.0
_KEPT_CONNECTIONS = 16
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def carry(
    exchange: Exchange, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None
) -> None:
    """Send once and fill `exchange`; a failure is kept there, never raised."""
    with exchanging(exchange):
        try:
            _send(exchange, method, url, headers=dict(headers), body=body)
        except Exception as error:
            exchange.failure = error


def _send(
    exchange: Exchange, method: str, url: str, *, headers: dict[str, str], body: bytes | None
) -> None:
    left = exchange.remaining()
    response = _pool(proxy_for(url)).request(
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


@cache
def _pool(proxy: str) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "ca_certs": certifi.where()}
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    pool.pool_classes_by_scheme = POOL_CLASSES
    return pool


# A child of fork must not talk over its parent's sockets: two processes would read each other's
# answers.
os.register_at_fork(after_in_child=_pool.cache_clear)
