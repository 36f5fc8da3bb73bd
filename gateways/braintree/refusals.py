"""Turns what went wrong with an exchange into one of our errors (M5)."""

from enum import Enum
from http import HTTPStatus
from typing import Any, NoReturn

from gateways.braintree.slices import UNREADABLE, tree
from gateways.braintree.transport import Exchange
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

DEFAULT_WAIT_SECONDS = 1.0
REFUSAL = "api_error_response"
_LONGEST_MESSAGE = 500

_NOT_SETTLED = "Braintree refused: the payment is not settled yet, so nothing can go back so far."
_NOT_OFFERED = "Braintree refused: this merchant account cannot give money back."
_TOO_LARGE = "Braintree refused: the amount is larger than what is left."
_BY_BANK = "Braintree refused: the customer's bank declined the refund."
_NO_KEYS = "Braintree refused: request keys are not switched on for this merchant."
_DECLINES: dict[str, tuple[DeclineReason, str]] = {
    "91505": (DeclineReason.NOT_PERMITTED, "Braintree refused: this is itself a refund."),
    "91506": (DeclineReason.NOT_PERMITTED, _NOT_SETTLED),
    "91574": (DeclineReason.NOT_PERMITTED, _NOT_SETTLED),
    "91538": (DeclineReason.NOT_PERMITTED, _NOT_OFFERED),
    "91547": (DeclineReason.NOT_PERMITTED, _NOT_OFFERED),
    "91559": (DeclineReason.NOT_PERMITTED, _NOT_OFFERED),
    "91521": (DeclineReason.AMOUNT_TOO_LARGE, _TOO_LARGE),
    "91522": (DeclineReason.AMOUNT_TOO_LARGE, _TOO_LARGE),
    "915200": (DeclineReason.CARD_DECLINED, _BY_BANK),
    "915201": (DeclineReason.CARD_DECLINED, _BY_BANK),
}
# Answers of processors; any other is a decline without more to say.
_FUNDS = frozenset({"2001"})
_MUST_CONFIRM = frozenset({"2099", "three_d_secure"})
_ALREADY_DONE = {"91512", "81905", "81906"}
# Misused, still in flight, or met a server error: none tells what became of the request that had
# the key first.
_OPEN_KEYS = {"915232", "915233", "915235"}
# This merchant may not use keys at all.
_KEY_NOT_ALLOWED = "915231"
# The request that had the key first has failed, says Braintree: the stored answer to that one (M4).
_FAILED_KEY = "915234"
# What a path ends in, and the right of the API user that it needs.
_RIGHTS = {
    "refund": "refund transactions",
    "void": "void transactions",
    "submit_for_settlement": "submit transactions for settlement",
    "cancel": "cancel subscriptions",
    "transactions": "create transactions",
    "subscriptions": "create subscriptions",
}
UNNAMED_RIGHT = "unnamed"


class KeyNotAllowedError(DeclinedError):
    """Refused for its request key and for nothing else, so nothing was done."""


class Purpose(Enum):
    """What the request was for: after a READ nothing has happened, after a CHANGE anything may."""

    READ = "read"
    CHANGE = "change"


def raise_for(exchange: Exchange, purpose: Purpose) -> None:
    """Do nothing for a whole 2xx, raise the error of the closed list for everything else."""
    if exchange.failure is not None:
        _raise_broken(exchange, purpose)
    if HTTPStatus.OK <= exchange.status < HTTPStatus.MULTIPLE_CHOICES:
        if purpose is Purpose.CHANGE and not _tree(exchange):
            _raise_unanswered(exchange, purpose, "Braintree's answer was empty or cut off.")
        return
    if exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimitedError(
            "Braintree asks to slow down.", retry_after=_wait_of(exchange), **_details(exchange)
        )
    refused = _tree(exchange).get(REFUSAL)
    if exchange.status == HTTPStatus.UNPROCESSABLE_ENTITY and isinstance(refused, dict):
        _raise_invalid(exchange, refused, purpose)
    _raise_by_status(exchange, purpose)


def _raise_by_status(exchange: Exchange, purpose: Purpose) -> NoReturn:
    details = _details(exchange)
    if exchange.status == HTTPStatus.UNAUTHORIZED:
        message = "Braintree does not accept the keys: they are wrong, expired or revoked."
        raise CredentialsError(message, **details)
    if exchange.status == HTTPStatus.FORBIDDEN:
        missing = _RIGHTS.get(exchange.path.rsplit("/", 1)[-1], UNNAMED_RIGHT)
        raise CredentialsError("The Braintree key lacks a right.", missing=missing, **details)
    if exchange.status == HTTPStatus.NOT_FOUND:
        raise NotFoundError("Braintree has no such object at this merchant.", **details)
    if exchange.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UPGRADE_REQUIRED}:
        raise InvalidOrderError("Braintree does not take this request as it stands.", **details)
    _raise_unanswered(exchange, purpose, f"Braintree answered {exchange.status}.")


def _raise_invalid(exchange: Exchange, refused: dict[str, Any], purpose: Purpose) -> NoReturn:
    codes = codes_of(refused.get("errors"))
    details = _details(exchange) | {
        "provider_code": codes[0] if codes else "",
        "provider_message": str(refused.get("message") or "")[:_LONGEST_MESSAGE],
    }
    if _OPEN_KEYS & set(codes):
        _raise_unanswered(exchange, purpose, "Braintree knows this key, and not how it ended.")
    raise _refusal(codes, refused, details)


def _refusal(codes: list[str], refused: dict[str, Any], details: dict[str, Any]) -> GatewayError:
    if _FAILED_KEY in codes:
        message = "Braintree says that the request with this key has failed."
        reason = DeclineReason.OTHER
        return DeclinedError(message, reason=reason, is_replay=True, **details)
    if codes == [_KEY_NOT_ALLOWED] and not refused.get("transaction"):
        return KeyNotAllowedError(_NO_KEYS, reason=DeclineReason.NOT_PERMITTED, **details)
    if _ALREADY_DONE & set(codes):
        return AlreadyDoneError("Braintree says that this was done already.", **details)
    for code in codes:
        if code in _DECLINES:
            reason, message = _DECLINES[code]
            return DeclinedError(message, reason=reason, **details)
    transaction = refused.get("transaction")
    if isinstance(transaction, dict):
        return _declined(transaction, details)
    return InvalidOrderError("Braintree does not take this request as it stands.", **details)


def _declined(transaction: dict[str, Any], details: dict[str, Any]) -> DeclinedError:
    """What a bank, or Braintree's own rules, said to a payment."""
    status = str(transaction.get("status") or "")
    word = transaction.get("processor_response_text") or status
    code = transaction.get("processor_response_code") or transaction.get("gateway_rejection_reason")
    told = {
        **details,
        "provider_code": str(code or status),
        "provider_message": str(word or "")[:_LONGEST_MESSAGE],
    }
    if str(code) in _FUNDS:
        return DeclinedError(
            "Braintree refused: the funds are too low.",
            reason=DeclineReason.INSUFFICIENT_BALANCE,
            **told,
        )
    if str(code) in _MUST_CONFIRM:
        return DeclinedError(
            "Braintree refused: the customer must confirm the payment.",
            reason=DeclineReason.NEEDS_CUSTOMER,
            **told,
        )
    return DeclinedError(
        "Braintree refused the payment.", reason=DeclineReason.CARD_DECLINED, **told
    )


def codes_of(errors: object) -> list[str]:
    """All codes in a tree of validation errors, the outer ones first."""
    if isinstance(errors, list):
        return [str(each["code"]) for each in errors if isinstance(each, dict) and "code" in each]
    if not isinstance(errors, dict):
        return []
    own = codes_of(errors.get("errors"))
    nested = (codes_of(each) for name, each in errors.items() if name != "errors")
    return [*own, *(code for each in nested for code in each)]


def _raise_broken(exchange: Exchange, purpose: Purpose) -> NoReturn:
    if exchange.is_sent:
        _raise_unanswered(exchange, purpose, "The connection to Braintree broke before the answer.")
    raise UnavailableError("Braintree cannot be reached; nothing was sent.") from exchange.failure


def _raise_unanswered(exchange: Exchange, purpose: Purpose, message: str) -> NoReturn:
    details = _details(exchange)
    if purpose is Purpose.READ:
        raise UnavailableError(message, **details) from exchange.failure
    raise OutcomeUnknownError(message, **details) from exchange.failure


def _details(exchange: Exchange) -> dict[str, Any]:
    return {"request_id": exchange.headers.get("x-request-id", "")}


def _tree(exchange: Exchange) -> dict[str, Any]:
    try:
        return tree(exchange.body)
    except UNREADABLE:
        return {}


def _wait_of(exchange: Exchange) -> float:
    try:
        return max(float(exchange.headers.get("retry-after", "")), DEFAULT_WAIT_SECONDS)
    except ValueError:
        return DEFAULT_WAIT_SECONDS
