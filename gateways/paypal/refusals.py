"""Turns what went wrong with an exchange into one of our errors (M5)."""

import json
import re
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
from gateways.timed import Exchange

DEFAULT_WAIT_SECONDS = 1.0
# What malformed JSON raises.
UNREADABLE = (ValueError, RecursionError)
_TOKENS = re.compile(r"\b(?:A21AA|Bearer |Basic )[\w.~+/=-]+")

# Path to the right it takes; PayPal's 403 does not name it.
RIGHTS = (
    (re.compile(r"^/v2/payments/captures/[^/]+/refund"), "payments/refund"),
    (re.compile(r"^/v2/payments/"), "payments/payment/authcapture"),
    (re.compile(r"^/v1/payments/"), "payments/payment"),
    (re.compile(r"^/v2/checkout/"), "payments/payment"),
    (re.compile(r"^/v1/reporting/"), "reporting/search/read"),
    (
        re.compile(r"^/v2/invoicing/invoices/[^/]+/(?:send|cancel)$"),
        "invoicing/invoices/readwrite",
    ),
    (re.compile(r"^/v2/invoicing/"), "invoicing/invoices/read"),
    (re.compile(r"^/v1/customer/disputes"), "disputes/read-seller"),
    (re.compile(r"^/v1/notifications/"), "applications/webhooks"),
    (re.compile(r"^/v1/(?:billing|catalogs)/"), "subscriptions"),
)
UNNAMED_RIGHT = "unnamed"

_DECLINES = {
    "AUTHORIZATION_DENIED": DeclineReason.CARD_DECLINED,
    "AUTHORIZATION_EXPIRED": DeclineReason.EXPIRED,
    "INSTRUMENT_DECLINED": DeclineReason.CARD_DECLINED,
    "MAX_CAPTURE_AMOUNT_EXCEEDED": DeclineReason.AMOUNT_TOO_LARGE,
    "MAX_CAPTURE_COUNT_EXCEEDED": DeclineReason.NOT_PERMITTED,
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED": DeclineReason.NOT_PERMITTED,
    "PARTIAL_REFUND_NOT_ALLOWED": DeclineReason.NOT_PERMITTED,
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED": DeclineReason.NOT_PERMITTED,
    "PAYEE_ACCOUNT_RESTRICTED": DeclineReason.NOT_PERMITTED,
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": DeclineReason.NOT_PERMITTED,
    "PAYER_CANNOT_PAY": DeclineReason.NEEDS_CUSTOMER,
    "PENDING_CAPTURE": DeclineReason.NOT_PERMITTED,
    "REFUND_AMOUNT_EXCEEDED": DeclineReason.AMOUNT_TOO_LARGE,
    "REFUND_AMOUNT_TOO_LOW": DeclineReason.AMOUNT_TOO_SMALL,
    "REFUND_FAILED_INSUFFICIENT_FUNDS": DeclineReason.INSUFFICIENT_BALANCE,
    "REFUND_IS_RESTRICTED": DeclineReason.NOT_PERMITTED,
    "REFUND_NOT_ALLOWED": DeclineReason.NOT_PERMITTED,
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK": DeclineReason.DISPUTED,
    "REFUND_TIME_LIMIT_EXCEEDED": DeclineReason.EXPIRED,
    "TRANSACTION_DISPUTED": DeclineReason.DISPUTED,
    "TRANSACTION_REFUSED": DeclineReason.CARD_DECLINED,
}
_SENTENCES = {
    DeclineReason.AMOUNT_TOO_LARGE: "PayPal refused: the amount is larger than what is left.",
    DeclineReason.AMOUNT_TOO_SMALL: "PayPal refused: the amount is too small.",
    DeclineReason.CARD_DECLINED: "PayPal refused: the payment was declined.",
    DeclineReason.DISPUTED: "PayPal refused: the payment is disputed; the dispute decides.",
    DeclineReason.EXPIRED: "PayPal refused: it is too late for this.",
    DeclineReason.INSUFFICIENT_BALANCE: "PayPal refused: the balance of the account is too low.",
    DeclineReason.NEEDS_CUSTOMER: "PayPal refused: the customer must act.",
    DeclineReason.NOT_PERMITTED: "PayPal refused: this is not permitted for this payment.",
}
_ALREADY_DONE = frozenset(
    {
        "AUTHORIZATION_ALREADY_CAPTURED",
        "AUTHORIZATION_VOIDED",
        "CAPTURE_FULLY_REFUNDED",
        "PREVIOUSLY_CAPTURED",
        "PREVIOUSLY_VOIDED",
        "SUBSCRIPTION_STATUS_INVALID",
    }
)
_KEY_MISUSE = frozenset({"DUPLICATE_REQUEST_ID", "PAYPAL_REQUEST_ID_PREVIOUSLY_USED"})
_NOT_FOUND = frozenset({"INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"})


class Purpose(Enum):
    """What the request was for: after a READ nothing has happened, after a CHANGE anything may."""

    READ = "read"
    CHANGE = "change"


def raise_for(exchange: Exchange, purpose: Purpose, *, path: str) -> None:
    """Do nothing for a 2xx; raise the error of the closed list for everything else."""
    if exchange.failure is not None:
        if exchange.is_sent:
            _raise_unanswered(
                exchange, purpose, "The connection to PayPal broke before the answer."
            )
        raise UnavailableError("PayPal cannot be reached; nothing was sent.") from exchange.failure
    if HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitedError(
            "PayPal asks to slow down.", retry_after=_wait_of(exchange), **_details(exchange)
        )
    _raise_refused(exchange, purpose, path)


def raise_for_token(exchange: Exchange) -> dict[str, Any]:
    """The token; without one nothing of the caller's request was sent."""
    details = _details(exchange)
    if exchange.failure is not None:
        raise UnavailableError("PayPal gave no token; nothing was sent.") from exchange.failure
    if exchange.status in {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
    }:
        message = "PayPal does not accept the client id and secret: wrong, revoked, or of the other"
        raise CredentialsError(f"{message} environment.", **details)
    if exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitedError(
            "PayPal asks to slow down.", retry_after=_wait_of(exchange), **details
        )
    token = _object(exchange.body)
    if exchange.status != HTTPStatus.OK or not isinstance(token.get("access_token"), str):
        raise UnavailableError("PayPal gave no token; nothing was sent.", **details)
    return token


def _raise_refused(exchange: Exchange, purpose: Purpose, path: str) -> NoReturn:
    error = _object(exchange.body)
    is_open = exchange.status in UNCLEAR or not error
    if is_open or not (
        HTTPStatus.BAD_REQUEST <= exchange.status < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        _raise_unanswered(exchange, purpose, f"PayPal answered {exchange.status}.")
    if issue_of(error) in _KEY_MISUSE:
        _raise_unanswered(exchange, purpose, "PayPal knows this key with another body.")
    raise _refusal(exchange, error, path)


def _refusal(exchange: Exchange, error: dict[str, Any], path: str) -> GatewayError:
    details, issue = _details(exchange), issue_of(error)
    if exchange.status == HTTPStatus.UNAUTHORIZED:
        return CredentialsError("PayPal does not accept the key any more.", **details)
    if exchange.status == HTTPStatus.FORBIDDEN:
        return CredentialsError(
            "The PayPal app lacks a feature.", missing=right_for(path), **details
        )
    if exchange.status == HTTPStatus.NOT_FOUND or issue in _NOT_FOUND:
        return NotFoundError("PayPal has no such object in this account.", **details)
    if issue in _ALREADY_DONE:
        return AlreadyDoneError("PayPal says that this was done already.", **details)
    if issue in _DECLINES:
        reason = _DECLINES[issue]
        return DeclinedError(_SENTENCES[reason], reason=reason, **details)
    return InvalidOrderError("PayPal does not take this request as it stands.", **details)


def right_for(path: str) -> str:
    """The right that a call to `path` takes."""
    return next((name for pattern, name in RIGHTS if pattern.match(path)), UNNAMED_RIGHT)


def issue_of(error: dict[str, Any]) -> str:
    """The fine-grained code of an error body, else its name."""
    found = error.get("details")
    first = found[0] if isinstance(found, list) and found else {}
    issue = first.get("issue") if isinstance(first, dict) else ""
    return str(issue or error.get("name") or error.get("error") or "")


def _raise_unanswered(exchange: Exchange, purpose: Purpose, message: str) -> NoReturn:
    details = _details(exchange)
    if purpose is Purpose.READ:
        raise UnavailableError(message, **details) from exchange.failure
    raise OutcomeUnknownError(message, **details) from exchange.failure


def _details(exchange: Exchange) -> dict[str, Any]:
    error = _object(exchange.body) if exchange.status >= HTTPStatus.BAD_REQUEST else {}
    message = str(error.get("message") or error.get("error_description") or "")
    return {
        "provider_code": issue_of(error),
        "provider_message": _TOKENS.sub("[key]", message)[:500],
        "request_id": exchange.headers.get("paypal-debug-id", ""),
    }


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}


def _wait_of(exchange: Exchange) -> float:
    try:
        return max(float(exchange.headers.get("retry-after", "")), DEFAULT_WAIT_SECONDS)
    except ValueError:
        return DEFAULT_WAIT_SECONDS
