"""Turns what went wrong with an exchange into one of our errors (M5)."""

import re
import time
from enum import Enum
from http import HTTPStatus
from typing import Any, NoReturn

from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    DeclinedError,
    DeclineReason,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.http import UNCLEAR
from gateways.recurly.documents import UNREADABLE, parsed
from gateways.recurly.transport import Exchange

DEFAULT_WAIT_SECONDS = 1.0
# Recurly says that a right is missing, but not which.
UNNAMED_PERMISSION = "unnamed"
_LONG_WORD = re.compile(r"\b[0-9a-f]{32,}\b", re.IGNORECASE)

_DECLINES = {
    "authorization_expired": DeclineReason.EXPIRED,
    "deposit_referenced_chargeback": DeclineReason.DISPUTED,
    "exceeds_max_amount": DeclineReason.AMOUNT_TOO_LARGE,
    "expired_card": DeclineReason.EXPIRED,
    "insufficient_funds": DeclineReason.INSUFFICIENT_BALANCE,
    "restricted_card_chargeback": DeclineReason.DISPUTED,
    "three_d_secure_action_required": DeclineReason.NEEDS_CUSTOMER,
    "total_credit_exceeds_capture": DeclineReason.AMOUNT_TOO_LARGE,
}
_CATEGORIES = {
    "fraud": DeclineReason.CARD_DECLINED,
    "hard": DeclineReason.CARD_DECLINED,
    "not_enabled": DeclineReason.NOT_PERMITTED,
    "not_supported": DeclineReason.NOT_PERMITTED,
    "soft": DeclineReason.CARD_DECLINED,
    "three_d_secure_action_required": DeclineReason.NEEDS_CUSTOMER,
    "three_d_secure_required": DeclineReason.NEEDS_CUSTOMER,
}
_SENTENCES = {
    DeclineReason.AMOUNT_TOO_LARGE: "Recurly refused: the amount is larger than what is left.",
    DeclineReason.CARD_DECLINED: "Recurly refused: the card was declined.",
    DeclineReason.DISPUTED: "Recurly refused: the payment was charged back.",
    DeclineReason.EXPIRED: "Recurly refused: the authorization or card has expired.",
    DeclineReason.INSUFFICIENT_BALANCE: "Recurly refused: the funds are too low.",
    DeclineReason.NEEDS_CUSTOMER: "Recurly refused: the customer must confirm the payment.",
    DeclineReason.NOT_PERMITTED: "Recurly refused: the site or its gateway does not allow this.",
    DeclineReason.OTHER: "Recurly refused the request.",
}
# Between Recurly and the gateway behind it something broke: what that one did is not known.
_OPEN_CATEGORIES = frozenset({"api_error", "communication", "unknown"})
_OPEN_TYPES = frozenset(
    {
        "internal_server_error",
        "service_not_available",
        "simultaneous_request",
        "tax_service_error",
    }
)
_ALREADY_DONE = frozenset(
    {"authorization_already_captured", "transaction_already_refunded", "transaction_already_voided"}
)


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
        # A read is parsed by its reader, which says the same.
        if purpose is Purpose.CHANGE and not _object_in(exchange):
            _raise_unanswered(exchange, purpose, "Recurly's answer was empty or cut off.")
        return
    if exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitedError(
            "Recurly asks to slow down.", retry_after=_wait_of(exchange), **_details(exchange, {})
        )
    _raise_refused(exchange, purpose)


def _raise_broken(exchange: Exchange, purpose: Purpose) -> NoReturn:
    if exchange.is_sent:
        _raise_unanswered(exchange, purpose, "The connection to Recurly broke before the answer.")
    raise UnavailableError("Recurly cannot be reached; nothing was sent.") from exchange.failure


def _raise_refused(exchange: Exchange, purpose: Purpose) -> NoReturn:
    error = _error_of(exchange)
    is_open = exchange.status in UNCLEAR or error.get("type") in _OPEN_TYPES
    if is_open or not error or exchange.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _raise_unanswered(exchange, purpose, f"Recurly answered {exchange.status}.")
    if _transaction_error(error).get("category") in _OPEN_CATEGORIES:
        _raise_unanswered(exchange, purpose, "Recurly lost the gateway behind it.")
    raise _refusal(exchange, error)


def _refusal(exchange: Exchange, error: dict[str, Any]) -> GatewayError:
    details, kind = _details(exchange, error), error.get("type")
    if exchange.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _key_refused(exchange, kind, details)
    if exchange.status == HTTPStatus.NOT_FOUND:
        return NotFoundError("Recurly has no such object in this site.", **details)
    if kind == "immutable_subscription" or _transaction_error(error).get("code") in _ALREADY_DONE:
        return AlreadyDoneError("Recurly says that this was done already.", **details)
    if _transaction_error(error):
        return _declined(_transaction_error(error), details)
    return InvalidOrderError("Recurly does not take this request as it stands.", **details)


def _key_refused(exchange: Exchange, kind: object, details: dict[str, Any]) -> GatewayError:
    if exchange.status == HTTPStatus.UNAUTHORIZED:
        message = "Recurly does not accept the key: it is wrong, expired or revoked."
        return CredentialsError(message, **details)
    # The site lacks the feature, not the key the right: another key would change nothing.
    if kind == "missing_feature":
        reason = DeclineReason.NOT_PERMITTED
        return DeclinedError(_SENTENCES[reason], reason=reason, **details)
    message = "The Recurly key lacks a permission."
    return CredentialsError(message, missing=UNNAMED_PERMISSION, **details)


def _declined(refused: dict[str, Any], details: dict[str, Any]) -> DeclinedError:
    by_category = _CATEGORIES.get(str(refused.get("category")), DeclineReason.OTHER)
    reason = _DECLINES.get(str(refused.get("code")), by_category)
    return DeclinedError(_SENTENCES[reason], reason=reason, **details)


def _raise_unanswered(exchange: Exchange, purpose: Purpose, message: str) -> NoReturn:
    details = _details(exchange, _error_of(exchange))
    if purpose is Purpose.READ:
        raise UnavailableError(message, **details) from exchange.failure
    raise OutcomeUnknownError(message, **details) from exchange.failure


def _error_of(exchange: Exchange) -> dict[str, Any]:
    """The error, which comes wrapped on the wire and bare in the contract."""
    found = _object_in(exchange)
    inner = found.get("error", found)
    return inner if isinstance(inner, dict) and inner.get("type") else {}


def _object_in(exchange: Exchange) -> dict[str, Any]:
    try:
        return parsed(exchange.body.decode())
    except UNREADABLE:
        return {}


def _transaction_error(error: dict[str, Any]) -> dict[str, Any]:
    found = error.get("transaction_error")
    return found if isinstance(found, dict) else {}


def _details(exchange: Exchange, error: dict[str, Any]) -> dict[str, Any]:
    refused = _transaction_error(error)
    message = str(refused.get("message") or error.get("message") or "")
    return {
        "provider_code": str(refused.get("code") or error.get("type") or ""),
        "provider_message": _LONG_WORD.sub("[key]", message)[:500],
        "request_id": exchange.request_id,
        "is_replay": exchange.is_replay,
    }


def _wait_of(exchange: Exchange) -> float:
    """What `Retry-After` or the window's end asks for; never less than a second."""
    named = exchange.headers.get("retry-after", "")
    if named.isdecimal():
        return max(float(named), DEFAULT_WAIT_SECONDS)
    resets = exchange.headers.get("x-ratelimit-reset", "")
    wait = float(resets) - time.time() if resets.isdecimal() else 0.0
    return max(wait, DEFAULT_WAIT_SECONDS)
