"""Talks to Braintree: builds each call with the official SDK, makes it once, raises our errors."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import braintree

from chargedesk.kit import clock
from gateways.braintree.refusals import Purpose, raise_for
from gateways.braintree.slices import UNREADABLE, Obj, Sliced, items, tree
from gateways.braintree.transport import Exchange, Strategy
from gateways.contract import Credentials
from gateways.errors import CredentialsError, UnavailableError
from gateways.http import time_of_read
from gateways.timed import exchanging

READ_SECONDS = 60.0
PRODUCTION, SANDBOX = "production", "sandbox"
_MOST_CLIENTS = 128


class Method(Enum):
    """The HTTP methods Braintree knows, as the SDK's client names them."""

    GET = "get"
    POST = "post"
    PUT = "put"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx answer.

    Attributes:
        body: the bytes as they came.
        as_of: the moment it shows (M18).
        request_id: Braintree's id of the request.
    """

    body: bytes
    as_of: datetime
    request_id: str

    def root(self, tag: str) -> Any:
        """The value of the root element; UnavailableError if the answer is another."""
        try:
            return tree(self.body)[tag]
        except UNREADABLE as error:
            raise self._unreadable() from error

    def object(self, tag: str) -> Obj:
        """The object answered; UnavailableError if it is none."""
        found = self.root(tag)
        if not isinstance(found, dict):
            raise self._unreadable()
        return found

    def items(self, tag: str) -> list[Sliced]:
        """The objects of a list, each with its bytes; UnavailableError if it is no list."""
        try:
            return items(self.body, tag)
        except UNREADABLE as error:
            raise self._unreadable() from error

    def _unreadable(self) -> UnavailableError:
        return UnavailableError("Braintree's answer is not readable.", request_id=self.request_id)


def get(credentials: Credentials, path: str, *, within: float = READ_SECONDS) -> Answer:
    """Read; a failure after sending is an UnavailableError, because nothing can have happened."""
    deadline = time.monotonic() + within
    return call(credentials, Method.GET, path, params={}, deadline=deadline, purpose=Purpose.READ)


def search(credentials: Credentials, path: str, criteria: Mapping[str, Any]) -> Answer:
    """Search, which is posted and changes nothing."""
    deadline = time.monotonic() + READ_SECONDS
    params = {"search": dict(criteria)}
    return call(
        credentials, Method.POST, path, params=params, deadline=deadline, purpose=Purpose.READ
    )


def call(
    credentials: Credentials,
    method: Method,
    path: str,
    *,
    params: Mapping[str, Any],
    deadline: float,
    purpose: Purpose = Purpose.CHANGE,
) -> Answer:
    """Make one request, once, ending before `deadline` (of `time.monotonic`).

    `path` is below the merchant's. A CHANGE is held to M5: a failure after the first byte is an
    OutcomeUnknownError.
    """
    exchange = Exchange(deadline=deadline)
    config = _configuration(*_keys_of(credentials), credentials.api_base)
    send = getattr(config.http(), method.value)
    started, wall = time.monotonic(), clock.now()
    with exchanging(exchange):
        address = config.base_merchant_path() + path
        _ = send(address) if method is Method.GET else send(address, dict(params))
    raise_for(exchange, purpose)
    # The answer to a change shows its own effect: the picture is from the end of the request.
    is_read = purpose is Purpose.READ
    took = timedelta(seconds=time.monotonic() - started) if is_read else timedelta()
    return Answer(
        body=exchange.body,
        as_of=time_of_read(exchange.headers.get("date"), took=took, fallback=wall),
        request_id=exchange.headers.get("x-request-id", ""),
    )


def environment_of(credentials: Credentials) -> str:
    """`production` or `sandbox`; CredentialsError for anything else."""
    named = credentials.values.get("environment", "").strip().lower()
    if named not in {PRODUCTION, SANDBOX}:
        raise CredentialsError(
            "The environment is either production or sandbox.", parameter="environment"
        )
    if named == PRODUCTION and credentials.api_base:
        raise CredentialsError(
            "A production key is never sent anywhere but to Braintree.", parameter="environment"
        )
    return named


class _Configuration(braintree.Configuration):  # type: ignore[misc]
    """The SDK's configuration of one account, below another base address where one is given."""

    api_base = ""

    def base_url(self) -> str:
        return self.api_base or str(super().base_url())


def _keys_of(credentials: Credentials) -> tuple[str, str, str, str]:
    named = ("merchant_id", "public_key", "private_key")
    merchant, public, private = (credentials.values.get(name, "").strip() for name in named)
    for name, value in zip(named, (merchant, public, private), strict=True):
        if not value or not value.isascii() or not value.isprintable() or "/" in value:
            raise CredentialsError("This is not a Braintree key.", parameter=name)
    return environment_of(credentials), merchant, public, private


@lru_cache(maxsize=_MOST_CLIENTS)
def _configuration(
    environment: str, merchant: str, public: str, private: str, api_base: str
) -> _Configuration:
    config = _Configuration(
        environment=_loopback(api_base) if api_base else environment,
        merchant_id=merchant,
        public_key=public,
        private_key=private,
        http_strategy=Strategy,
    )
    config.api_base = api_base.rstrip("/")
    return config


def _loopback(api_base: str) -> braintree.Environment:
    address = urlsplit(api_base)
    host, port = address.hostname or "", str(address.port or 80)
    return braintree.Environment("loopback", host, port, "", False, None)  # noqa: FBT003
