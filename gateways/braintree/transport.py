"""Carries one request of the SDK under one total deadline; knows whether a byte of it left."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import urllib3

from gateways import timed
from gateways.timed import POOL_CLASSES, current, proxy_for

CONNECT_SECONDS = 5.0
_KEPT_CONNECTIONS = 16


@dataclass(slots=True)
class Exchange(timed.Exchange):
    """One request to Braintree and what came back; `path` names the right that is missing."""

    path: str = ""


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
        exchange = current()
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
    response = _pool(proxy_for(url), authority).request(
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


@cache
def _pool(proxy: str, authority: str | None) -> urllib3.PoolManager:
    # One pool for all merchants of an environment: the key is a header.
    options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "ca_certs": authority}
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    pool.pool_classes_by_scheme = POOL_CLASSES
    return pool


# A child of fork must not talk over its parent's sockets: two processes would read each other's
# answers.
os.register_at_fork(after_in_child=_pool.cache_clear)
