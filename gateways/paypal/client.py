"""Talks to PayPal: one call through the SDK's transport, its answer, or one of our errors."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from chargedesk.kit import clock
from gateways.contract import Credentials
from gateways.errors import CredentialsError, UnavailableError
from gateways.http import time_of_read
from gateways.paypal.api import SafeApi
from gateways.paypal.refusals import UNREADABLE, Purpose, raise_for
from gateways.timed import Exchange

HOSTS = {"live": "https://api-m.paypal.com", "sandbox": "https://api-m.sandbox.paypal.com"}
READ_SECONDS = 30.0
_MOST_CLIENTS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx answer.

    Attributes:
        body: as it came, may be empty.
        as_of: the moment it shows (M18).
        is_replay: PayPal answered 200 where it answers 201 to a first request.
        request_id: PayPal's debug id.
    """

    body: bytes
    as_of: datetime
    is_replay: bool
    request_id: str

    def object(self) -> dict[str, Any]:
        """The object answered; UnavailableError if the body is none."""
        try:
            found = json.loads(self.body)
        except UNREADABLE as error:
            raise self._unreadable() from error
        if not isinstance(found, dict):
            raise self._unreadable()
        return found

    def _unreadable(self) -> UnavailableError:
        return UnavailableError("PayPal's answer is not readable.", request_id=self.request_id)


def get(
    credentials: Credentials,
    path: str,
    *,
    deadline: float | None = None,
    prefer: str = "",
    params: Mapping[str, str] | None = None,
) -> Answer:
    """Read; a failure after sending is an UnavailableError, because nothing can have happened."""
    query = f"?{urlencode(params, quote_via=quote)}" if params else ""
    headers = {"Prefer": prefer} if prefer else {}
    return _exchanged(credentials, "GET", path + query, headers=headers, deadline=deadline)


def call(
    credentials: Credentials,
    method: str,
    path: str,
    *,
    body: Mapping[str, object] | None,
    deadline: float | None = None,
    key: str = "",
) -> Answer:
    """Make one request that may change something, ending before `deadline` (`time.monotonic`).

    A failure after the first byte is an OutcomeUnknownError (M5).
    """
    headers = {"Prefer": "return=representation"} | ({"PayPal-Request-Id": key} if key else {})
    return _exchanged(credentials, method, path, body=body, headers=headers, deadline=deadline)


def _exchanged(
    credentials: Credentials,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    deadline: float | None,
    body: Mapping[str, object] | None = None,
) -> Answer:
    started, wall = time.monotonic(), clock.now()
    api = api_for(credentials)
    exchange = Exchange(deadline=started + READ_SECONDS if deadline is None else deadline)
    api.request(api.address(path), method, body, headers, exchange=exchange)
    is_read = method == "GET"
    raise_for(exchange, Purpose.READ if is_read else Purpose.CHANGE, path=path)
    # A write's answer shows its own effect: the picture is from the end of the request. The date
    # has whole seconds, so minus the duration it could look older than the read before it.
    took = timedelta(seconds=time.monotonic() - started) if is_read else timedelta()
    return Answer(
        body=exchange.body,
        as_of=time_of_read(exchange.headers.get("date"), took=took, fallback=wall),
        is_replay=not is_read and exchange.status == HTTPStatus.OK,
        request_id=exchange.headers.get("paypal-debug-id", ""),
    )


def is_live(credentials: Credentials) -> bool:
    """Whether these keys move real money; no other address is ever given a live one."""
    return environment(credentials) == "live" and not credentials.api_base


def environment(credentials: Credentials) -> str:
    """`live` or `sandbox`; CredentialsError for another word."""
    word = credentials.values.get("environment", "").strip().lower() or "live"
    if word not in HOSTS:
        raise CredentialsError("The environment is “live” or “sandbox”.", parameter="environment")
    return word


def api_for(credentials: Credentials) -> SafeApi:
    """The transport of this account, with the token it holds. CredentialsError."""
    client_id, secret = (
        credentials.values.get(name, "").strip() for name in ("client_id", "client_secret")
    )
    for name, value in (("client_id", client_id), ("client_secret", secret)):
        if not value or not value.isascii() or not value.isprintable():
            raise CredentialsError("This is not a PayPal app's id and secret.", parameter=name)
    word = environment(credentials)
    if credentials.api_base and word == "live":
        raise CredentialsError(
            "A live key is never sent anywhere but to PayPal.", parameter="environment"
        )
    return _api(credentials.api_base.rstrip("/") or HOSTS[word], client_id, secret)


@lru_cache(maxsize=_MOST_CLIENTS)
def _api(endpoint: str, client_id: str, secret: str) -> SafeApi:
    return SafeApi(endpoint=endpoint, client_id=client_id, client_secret=secret)


# A child of fork gets locks of its own.
os.register_at_fork(after_in_child=_api.cache_clear)
