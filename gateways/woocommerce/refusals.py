"""Turns what went wrong with an exchange into one of our errors (M5)."""

import re
from enum import Enum
from http import HTTPStatus
from typing import Any, NoReturn

from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.guarded import Exchange, RefusedAddressError
from gateways.http import UNCLEAR
from gateways.woocommerce.documents import UNREADABLE, document, one

DEFAULT_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 3600.0
BAD_KEY = "woocommerce_rest_authentication_error"
NO_ROUTE = "rest_no_route"
REFUND_REFUSED = "woocommerce_rest_cannot_create_order_refund"
_SECRETS = re.compile(r"\b(?:ck|cs)_\w+")
_TAGS = re.compile(r"<[^>]*>")
# Hosts that are overloaded say so in different ways; WooCommerce itself has no limit.
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, 508}
_GONE = {"woocommerce_rest_already_trashed"}


class Purpose(Enum):
    """What the request was for: after a READ nothing has happened, after a CHANGE anything may."""

    READ = "read"
    CHANGE = "change"


def raise_for(exchange: Exchange, purpose: Purpose) -> None:
    """Do nothing for a whole, readable 2xx.

    Raise the error of the closed list for everything else.
    """
    if exchange.failure is not None:
        _raise_broken(exchange, purpose)
    if HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES:
        # PHP that dies answers 200 with nothing at all, a host's error page 200 with HTML.
        if not _has_document(exchange.body):
            _raise_unanswered(exchange, purpose, "The shop's answer was empty or no JSON.")
        return
    if _asks_to_wait(exchange, purpose):
        raise RateLimitedError(
            "The shop's host asks to slow down.",
            retry_after=_wait_of(exchange),
            **details(exchange),
        )
    _raise_refused(exchange, purpose)


def details(exchange: Exchange) -> dict[str, Any]:
    """The shop's own words, folded, for people."""
    error = _error_of(exchange)
    return {
        "provider_code": str(error.get("code") or "")[:100],
        "provider_message": plain_text(error.get("message")),
    }


def plain_text(text: object) -> str:
    """Something a shop wrote, without tags and keys, as far as people read it."""
    return _SECRETS.sub("[key]", _TAGS.sub(" ", str(text or ""))).strip()[:500]


def _asks_to_wait(exchange: Exchange, purpose: Purpose) -> bool:
    if purpose is Purpose.CHANGE:
        # Any 5xx may come from behind the shop, after it has done its work (M5).
        return exchange.status == HTTPStatus.TOO_MANY_REQUESTS
    return exchange.status in _BUSY


def _raise_broken(exchange: Exchange, purpose: Purpose) -> NoReturn:
    if isinstance(exchange.failure, RefusedAddressError):
        raise CredentialsError(
            "The shop's address leads into a private network.", parameter="shop_url"
        ) from exchange.failure
    if exchange.is_sent:
        _raise_unanswered(exchange, purpose, "The connection to the shop broke before the answer.")
    raise UnavailableError("The shop cannot be reached; nothing was sent.") from exchange.failure


def _raise_refused(exchange: Exchange, purpose: Purpose) -> NoReturn:
    error = _error_of(exchange)
    if exchange.status == HTTPStatus.INTERNAL_SERVER_ERROR and error.get("code") == REFUND_REFUSED:
        # Every refusal of a refund reads like this, and so does a payment gateway's silence.
        raise OutcomeUnknownError(
            "The shop refused the refund.", is_refusal=True, **details(exchange)
        )
    is_redirect = exchange.status < HTTPStatus.BAD_REQUEST
    if is_redirect and purpose is Purpose.READ:
        # Keys are sent to the address that was typed, never to where it points.
        raise CredentialsError(
            "The shop answers at another address; enter the one it redirects to.",
            parameter="shop_url",
        )
    is_open = not error or exchange.status in UNCLEAR
    if is_open or is_redirect or exchange.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _raise_unanswered(exchange, purpose, f"The shop answered {exchange.status}.")
    raise _refusal(exchange, str(error["code"]))


def _refusal(exchange: Exchange, code: str) -> GatewayError:
    words = details(exchange)
    if exchange.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        if code == BAD_KEY:
            return CredentialsError("The shop does not accept the keys.", **words)
        return CredentialsError("The keys lack a permission.", missing=code, **words)
    if code in _GONE:
        return AlreadyDoneError("The shop says that this was done already.", **words)
    if exchange.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return NotFoundError("The shop has no such object.", **words)
    if code.endswith("_invalid_id"):
        # Some routes answer 400 where others answer 404.
        return NotFoundError("The shop has no such object.", **words)
    return InvalidOrderError("The shop does not take this request as it stands.", **words)


def _raise_unanswered(exchange: Exchange, purpose: Purpose, message: str) -> NoReturn:
    words = details(exchange)
    if purpose is Purpose.READ:
        raise UnavailableError(message, **words) from exchange.failure
    raise OutcomeUnknownError(message, **words) from exchange.failure


def _error_of(exchange: Exchange) -> dict[str, Any]:
    try:
        error = one(exchange.body)
    except UNREADABLE:
        return {}
    return error if isinstance(error.get("code"), str) else {}


def _wait_of(exchange: Exchange) -> float:
    try:
        asked = float(exchange.headers.get("retry-after", ""))
    except ValueError:
        return DEFAULT_WAIT_SECONDS
    return min(max(asked, 1.0), LONGEST_WAIT_SECONDS)


def _has_document(body: bytes) -> bool:
    try:
        return bool(document(body))
    except UNREADABLE:
        return False
