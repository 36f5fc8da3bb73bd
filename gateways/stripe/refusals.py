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
from gateways.stripe.slices import UNREADABLE
from gateways.stripe.transport import Exchange

DEFAULT_WAIT_SECONDS = 1.0
UNNAMED_PERMISSION = "unnamed"
_SECRETS = re.compile(r"\b(?:sk|rk|pk|whsec)_\w+(?:\*+\w*)*")
_PERMISSION = re.compile(r"\brak_\w+")

_DECLINES = {
    "amount_too_large": DeclineReason.AMOUNT_TOO_LARGE,
    "amount_too_small": DeclineReason.AMOUNT_TOO_SMALL,
    "authentication_required": DeclineReason.NEEDS_CUSTOMER,
    "balance_insufficient": DeclineReason.INSUFFICIENT_BALANCE,
    "capture_charge_authorization_expired": DeclineReason.EXPIRED,
    "card_declined": DeclineReason.CARD_DECLINED,
    "charge_disputed": DeclineReason.DISPUTED,
    "charge_expired_for_capture": DeclineReason.EXPIRED,
    "expired_card": DeclineReason.EXPIRED,
    "refund_disputed_payment": DeclineReason.DISPUTED,
}
_SENTENCES = {
    DeclineReason.AMOUNT_TOO_LARGE: "Stripe refused: the amount is larger than what is left.",
    DeclineReason.AMOUNT_TOO_SMALL: "Stripe refused: the amount is too small for this currency.",
    DeclineReason.CARD_DECLINED: "Stripe refused: the card was declined.",
    DeclineReason.DISPUTED: "Stripe refused: the payment is disputed; the dispute decides.",
    DeclineReason.EXPIRED: "Stripe refused: the authorization or card has expired.",
    DeclineReason.INSUFFICIENT_BALANCE: "Stripe refused: the balance of the account is too low.",
    DeclineReason.NEEDS_CUSTOMER: (
        "Stripe refused: the customer must confirm this payment. Send them a payment request."
    ),
    DeclineReason.OTHER: "Stripe refused the request.",
}
# What the customer's bank said, by decline code. Lost and stolen cards are told apart nowhere: the
# agent reads this with the customer on the line. <https://docs.stripe.com/declines/codes>
_BANK_SAID = {
    "authentication_required": (DeclineReason.NEEDS_CUSTOMER, ""),
    "card_not_supported": (DeclineReason.CARD_DECLINED, "it cannot be used for this payment"),
    "currency_not_supported": (DeclineReason.CARD_DECLINED, "it cannot pay in this currency"),
    "expired_card": (DeclineReason.EXPIRED, "it has expired"),
    "incorrect_cvc": (DeclineReason.CARD_DECLINED, "its security code is wrong"),
    "insufficient_funds": (DeclineReason.CARD_DECLINED, "there is not enough money"),
    "processing_error": (DeclineReason.CARD_DECLINED, "the bank had an error; try again later"),
    "transaction_not_allowed": (
        DeclineReason.CARD_DECLINED,
        "the bank does not allow this payment",
    ),
    "withdrawal_count_limit_exceeded": (DeclineReason.CARD_DECLINED, "its limit is reached"),
}
_ALREADY_DONE = {"charge_already_refunded", "charge_already_captured"}


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
        # A read is parsed by its reader, which says the same; parsing a page twice would double its
        # cost.
        if purpose is Purpose.CHANGE and not _is_object(exchange.body):
            _raise_unanswered(exchange, purpose, "Stripe's answer was empty or cut off.")
        return
    if exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitedError(
            "Stripe asks to slow down.",
            retry_after=_wait_of(exchange),
            **_details(exchange, _error_of(exchange)),
        )
    _raise_refused(exchange, purpose)


def _raise_broken(exchange: Exchange, purpose: Purpose) -> NoReturn:
    if exchange.is_sent:
        _raise_unanswered(exchange, purpose, "The connection to Stripe broke before the answer.")
    raise UnavailableError("Stripe cannot be reached; nothing was sent.") from exchange.failure


def _raise_refused(exchange: Exchange, purpose: Purpose) -> NoReturn:
    error = _error_of(exchange)
    is_open = exchange.status in UNCLEAR or not error
    if is_open or exchange.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _raise_unanswered(exchange, purpose, f"Stripe answered {exchange.status}.")
    if error.get("type") == "idempotency_error":
        _raise_unanswered(exchange, purpose, "Stripe knows this key with another body.")
    raise _refusal(exchange, error)


def _refusal(exchange: Exchange, error: dict[str, Any]) -> GatewayError:
    details = _details(exchange, error)
    code = str(error.get("code") or "")
    if exchange.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _key_refused(exchange, error, details)
    if code == "lock_timeout":
        message = "Stripe is busy with this object."
        return RateLimitedError(message, retry_after=DEFAULT_WAIT_SECONDS, **details)
    if exchange.status == HTTPStatus.NOT_FOUND or code == "resource_missing":
        return NotFoundError("Stripe has no such object in this account.", **details)
    if code in _ALREADY_DONE:
        return AlreadyDoneError("Stripe says that this was done already.", **details)
    if code in _DECLINES or exchange.status == HTTPStatus.PAYMENT_REQUIRED:
        return _declined(error, code, details)
    return InvalidOrderError("Stripe does not take this request as it stands.", **details)


def _key_refused(
    exchange: Exchange, error: dict[str, Any], details: dict[str, Any]
) -> CredentialsError:
    if exchange.status == HTTPStatus.FORBIDDEN:
        missing = _missing(error)
        return CredentialsError("The Stripe key lacks a permission.", missing=missing, **details)
    message = "Stripe does not accept the key: it is wrong, expired or revoked."
    return CredentialsError(message, **details)


def _declined(error: dict[str, Any], code: str, details: dict[str, Any]) -> DeclinedError:
    is_card = error.get("type") == "card_error"
    otherwise = DeclineReason.CARD_DECLINED if is_card else DeclineReason.OTHER
    reason, why = _DECLINES.get(code, otherwise), ""
    if is_card:
        reason, why = _BANK_SAID.get(str(error.get("decline_code") or code), (reason, ""))
    words = f"Stripe refused: the card was declined, {why}." if why else _SENTENCES[reason]
    return DeclinedError(words, reason=reason, **details)


def _raise_unanswered(exchange: Exchange, purpose: Purpose, message: str) -> NoReturn:
    details = _details(exchange, _error_of(exchange))
    if purpose is Purpose.READ:
        raise UnavailableError(message, **details) from exchange.failure
    raise OutcomeUnknownError(message, **details) from exchange.failure


def _error_of(exchange: Exchange) -> dict[str, Any]:
    try:
        error = json.loads(exchange.body)["error"]
    except (*UNREADABLE, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _details(exchange: Exchange, error: dict[str, Any]) -> dict[str, Any]:
    return {
        "provider_code": str(
            error.get("decline_code") or error.get("code") or error.get("type") or ""
        ),
        "provider_message": _SECRETS.sub("[key]", str(error.get("message") or ""))[:500],
        "request_id": exchange.headers.get("request-id", ""),
        "is_replay": exchange.is_replay,
    }


def _missing(error: dict[str, Any]) -> str:
    named = _PERMISSION.search(str(error.get("message") or ""))
    return named.group() if named else UNNAMED_PERMISSION


def _wait_of(exchange: Exchange) -> float:
    try:
        return max(float(exchange.headers.get("retry-after", "")), DEFAULT_WAIT_SECONDS)
    except ValueError:
        return DEFAULT_WAIT_SECONDS


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except UNREADABLE:
        return False
