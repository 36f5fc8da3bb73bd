"""Talks to Stripe: builds each call with the official SDK, makes it once, raises our errors."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

import stripe

from chargedesk.kit import clock
from gateways.contract import Credentials
from gateways.errors import CredentialsError, UnavailableError
from gateways.http import time_of_read
from gateways.stripe.refusals import Purpose, raise_for
from gateways.stripe.slices import UNREADABLE, Sliced, items_with_text
from gateways.stripe.transport import Exchange, Transport
from gateways.timed import exchanging

API_VERSION = "2026-10-28.endive"
READ_SECONDS = 30.0
PAGE_LIMIT = 100
_MOST_CLIENTS = 128

# The SDK reads a file of the user's home and describes the machine with every request; nobody here
# asked for that.
stripe.enable_telemetry = False
# At DEBUG the SDK logs what is sent, metadata and addresses included.
logging.getLogger("stripe").setLevel(logging.WARNING)


class Method(Enum):
    """The HTTP methods Stripe knows, as the SDK spells them."""

    GET = "get"
    POST = "post"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx answer.

    Attributes:
        text: the body as it came.
        as_of: the moment it shows (M18).
        is_replay: Stripe replayed what it had stored for the idempotency key.
        request_id: Stripe's id of the request.
    """

    text: str
    as_of: datetime
    is_replay: bool
    request_id: str

    def object(self) -> dict[str, Any]:
        """The object answered; UnavailableError if the body is none."""
        try:
            found = json.loads(self.text)
        except UNREADABLE as error:
            raise self._unreadable() from error
        if not isinstance(found, dict):
            raise self._unreadable()
        return found

    def items(self) -> tuple[bool, list[Sliced]]:
        """Whether more follow, and the items of the list answered.

        UnavailableError if the body is no list.
        """
        try:
            fields, items = items_with_text(self.text)
        except UNREADABLE as error:
            raise self._unreadable() from error
        return bool(fields.get("has_more")), items

    def _unreadable(self) -> UnavailableError:
        return UnavailableError("Stripe's answer is not readable.", request_id=self.request_id)


def get(credentials: Credentials, path: str, **params: Any) -> Answer:
    """Read; a failure after sending is an UnavailableError, because nothing can have happened."""
    deadline = time.monotonic() + READ_SECONDS
    return call(credentials, Method.GET, path, params=params, deadline=deadline)


def call(
    credentials: Credentials,
    method: Method,
    path: str,
    *,
    params: Mapping[str, Any],
    deadline: float,
    key: str = "",
) -> Answer:
    """Make one request, once, ending before `deadline` (of `time.monotonic`).

    Everything but a GET is held to M5: a failure after the first byte is an OutcomeUnknownError.
    """
    exchange = Exchange(deadline=deadline)
    started, wall = time.monotonic(), clock.now()
    options = {"idempotency_key": key} if key else {}
    with exchanging(exchange):
        _client(_key_of(credentials), credentials.api_base).raw_request(
            method.value, path, **params, **options
        )
    raise_for(exchange, Purpose.READ if method is Method.GET else Purpose.CHANGE)
    # A write's answer shows its own effect: the picture is from the end of the request. The date
    # has whole seconds, so minus the duration it could look older than the read before it.
    is_read = method is Method.GET
    took = timedelta(seconds=time.monotonic() - started) if is_read else timedelta()
    return Answer(
        text=exchange.body.decode(errors="replace"),
        as_of=time_of_read(exchange.headers.get("date"), took=took, fallback=wall),
        is_replay=exchange.is_replay,
        request_id=exchange.headers.get("request-id", ""),
    )


def is_live_key(key: str) -> bool:
    """Whether a secret or restricted key moves real money."""
    return key.startswith(("sk_live_", "rk_live_"))


def _key_of(credentials: Credentials) -> str:
    key = credentials.values.get("api_key", "").strip()
    if not key.startswith(("sk_", "rk_")) or not key.isascii() or not key.isprintable():
        raise CredentialsError(
            "This is not a secret or restricted Stripe key; they start with sk_ or rk_.",
            parameter="api_key",
        )
    if credentials.api_base and is_live_key(key):
        raise CredentialsError(
            "A live key is never sent anywhere but to Stripe.", parameter="api_key"
        )
    return key


@lru_cache(maxsize=_MOST_CLIENTS)
def _client(key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base.rstrip("/")} if api_base else None,
        max_network_retries=0,
        http_client=Transport(),
    )
