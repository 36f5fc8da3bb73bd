"""Carries one request of the SDK under one total deadline, and knows whether a byte of it left."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import stripe
import urllib3

from gateways import timed
from gateways.timed import POOL_CLASSES, current, proxy_for

CONNECT_SECONDS = 5.0
_KEPT_CONNECTIONS = 16


@dataclass(slots=True)
class Exchange(timed.Exchange):
    """One request to Stripe and what came back."""

    @property
    def is_replay(self) -> bool:
        """Whether Stripe repeated the stored answer of an earlier request with this key."""
        return self.headers.get("idempotent-replayed") == "true"


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
        exchange = current()
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
    response = _pool(proxy_for(url)).request(
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


@cache
def _pool(proxy: str) -> urllib3.PoolManager:
    # One pool for all keys: the key is a header, and an idle connection to Stripe serves every
    # tenant.
    options: dict[str, Any] = {"maxsize": _KEPT_CONNECTIONS, "ca_certs": stripe.ca_bundle_path}
    pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    pool.pool_classes_by_scheme = POOL_CLASSES
    return pool


# A child of fork must not talk over its parent's sockets: two processes would read each other's
# answers.
os.register_at_fork(after_in_child=_pool.cache_clear)
