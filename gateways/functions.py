"""Asks a tenant's own system to carry out an order: one signed POST of JSON, and what it answers.

Signed as Standard Webhooks are (`webhook-id`, `webhook-timestamp`, `webhook-signature`), so that
ready-made libraries verify it. The address was typed by a person: see `gateways.guarded`.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, FrozenStep, FunctionCall, Functions, Order
from gateways.errors import (
    DeclinedError,
    DeclineReason,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
    UnsupportedError,
)
from gateways.function_kinds import AMOUNTS
from gateways.guarded import Exchange, RefusedAddressError, send
from gateways.http import UNCLEAR

LOOK_UP = "look_up"
SECRET_PREFIX = "whsec_"  # noqa: S105  what a secret begins with
LOOK_UP_SECONDS = 20.0
LONGEST_URL = 500
_DEFAULT_PAUSE_SECONDS = 10.0
_LONGEST_MESSAGE = 300
_OK, _REDIRECT, _REFUSED, _BROKEN = 200, 300, 400, 500
_MISSING, _TOO_MANY = 404, 429
# The year 2200: what is later is milliseconds.
_LATEST = 7_258_118_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A 2xx answer: the JSON object in it, and by our clock the moment it shows (M18)."""

    body: Mapping[str, Any]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAnswer:
    """What an address answered to a trial; `trouble` if it did not."""

    status: int = 0
    text: str = ""
    trouble: str = ""


def frozen_call(order: Order, call: FunctionCall) -> FrozenStep:
    """The one call that carries an order out, amounts as text (M1)."""
    name = order.action.value
    body: dict[str, object] = {
        "action": name,
        "action_reason": call.words or order.reason,
        "agent": call.agent,
        "idempotency_key": f"{order.intent_id}-{name}",
        **call.subject,
    }
    if order.money is not None and order.action in AMOUNTS:
        body[AMOUNTS[order.action]] = order.money.plain
        if "charge" not in call.subject:
            # A charge says its currency itself.
            body["currency"] = order.money.currency.code
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        body["at_period_end"] = order.at_period_end
    if order.details:
        body["details"] = dict(order.details)
    return FrozenStep(name=name, method="POST", path=call.url, body=body)


def order_out(credentials: Credentials, step: FrozenStep, *, deadline: datetime) -> Answered:
    """Have a frozen call carried out, once, ending before `deadline` (M3).

    DeclinedError is final and carries the system's own words; everything that is no clear answer,
    a 4xx without `error` too, is OutcomeUnknownError (M5), and is never repeated: nobody vouches
    for the system's keys.
    """
    until = time.monotonic() + (deadline - clock.now()).total_seconds()
    exchange = _posted(credentials, step.path, step.body, until=until)
    _refuse_unanswered(exchange)
    return Answered(body=_object(exchange), as_of=clock.now())


def page_in(answer: Mapping[str, Any]) -> tuple[str, datetime | None]:
    """The address of the page for the customer in an answer, and until when it works.

    OutcomeUnknownError without an address a browser can open: it may have been made all the same.
    """
    url, until = answer.get("url"), answer.get("expires_at")
    if not isinstance(url, str) or refused_url(url, is_trusted=True):
        raise OutcomeUnknownError("Your own system's answer has no url.")
    if until is None:
        return url, None
    if isinstance(until, bool) or not isinstance(until, int) or not 0 < until < _LATEST:
        raise OutcomeUnknownError("Your own system's expires_at is no time in Unix seconds.")
    return url, clock.from_unix(until)


def look_up(credentials: Credentials, body: Mapping[str, object]) -> Answered:
    """Ask what became of something. UnsupportedError without an address, NotFoundError,

    UnavailableError for every trouble: asking moves nothing.
    """
    url = credentials.functions.urls.get(LOOK_UP, "")
    if not url:
        raise UnsupportedError("No address was given for looking orders up.")
    until, started = time.monotonic() + LOOK_UP_SECONDS, clock.now()
    exchange = _posted(credentials, url, {"action": LOOK_UP, **body}, until=until)
    try:
        _refuse_unanswered(exchange)
        return Answered(body=_object(exchange), as_of=started)
    except DeclinedError as error:
        if exchange.status == _MISSING:
            raise NotFoundError(error.message) from error
        raise UnavailableError(error.message) from error
    except OutcomeUnknownError as error:
        raise UnavailableError(error.message) from error


def try_out(credentials: Credentials, name: str) -> TrialAnswer:
    """Send a signed call that names no object and no amount, and tell what came back."""
    url = credentials.functions.urls[name]
    key = f"test-{clock.now().timestamp()}"
    body = {"action": "test", "of": name, "idempotency_key": key}
    try:
        exchange = _posted(credentials, url, body, until=time.monotonic() + LOOK_UP_SECONDS)
        if exchange.failure is not None:
            _refuse_unanswered(exchange)
    except GatewayError as error:
        return TrialAnswer(trouble=error.message)
    text = exchange.body.decode(errors="replace")[:_LONGEST_MESSAGE]
    return TrialAnswer(status=exchange.status, text=text)


def signed_headers(secret: str, message_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The three headers of Standard Webhooks; the signature covers id, time and body."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, message_id, stamp, body),
    }


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 over `id.timestamp.body`."""
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def refused_url(url: str, *, is_trusted: bool) -> str:
    """Why this cannot be a function's address; empty if it can. Looks no name up."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not host or not is_plain or parts.username or parts.fragment:
        return "This is not an address such as https://billing.example/chargedesk/refund."
    if parts.scheme != "https" and not (is_trusted and parts.scheme == "http"):
        return "The address must begin with https://."
    return ""


def _posted(
    credentials: Credentials, url: str, body: Mapping[str, object], *, until: float
) -> Exchange:
    functions = credentials.functions
    address = f"{credentials.api_base}{url}" if url.startswith("/") else url
    trouble = refused_url(address, is_trusted=functions.is_trusted)
    if trouble:
        raise InvalidOrderError(trouble)
    exchange = Exchange(deadline=until, is_trusted=functions.is_trusted, is_for_order=True)
    text = _text(body).encode()
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "ChargeDesk",
        **_signed(functions, body, text),
    }
    send(exchange, "POST", address, headers=headers, body=text)
    return exchange


def _signed(functions: Functions, body: Mapping[str, object], text: bytes) -> dict[str, str]:
    key = str(body.get("idempotency_key") or f"{LOOK_UP}-{clock.now().timestamp()}")
    idempotency = {"Idempotency-Key": key} if body.get("action") != LOOK_UP else {}
    return {**signed_headers(functions.secret, key, text, at=clock.now()), **idempotency}


def _text(body: Mapping[str, object]) -> str:
    # An exact amount as a JSON number; a float might not be it.
    numbers = [f'"{name}": {body[name]}' for name in AMOUNTS.values() if name in body]
    rest = {name: value for name, value in body.items() if name not in AMOUNTS.values()}
    return "{" + ", ".join([json.dumps(rest, ensure_ascii=False)[1:-1], *numbers]) + "}"


def _refuse_unanswered(exchange: Exchange) -> None:
    if isinstance(exchange.failure, RefusedAddressError):
        raise InvalidOrderError("The function's address leads into a private network.")
    if exchange.failure is not None and not exchange.is_sent:
        raise UnavailableError("Your own system cannot be reached.") from exchange.failure
    if exchange.failure is not None:
        raise OutcomeUnknownError("Your own system gave no whole answer.") from exchange.failure
    if exchange.status == _TOO_MANY:
        pause = exchange.headers.get("retry-after", "")
        seconds = float(pause) if pause.isdecimal() else _DEFAULT_PAUSE_SECONDS
        raise RateLimitedError("Your own system asks to slow down.", retry_after=seconds)
    if _OK <= exchange.status < _REDIRECT:
        return
    refusal = _refusal(exchange)
    if refusal is None:
        code = str(exchange.status)
        raise OutcomeUnknownError(f"Your own system answered {code}.", provider_code=code)
    words = _words(refusal)
    raise DeclinedError(
        words or f"Your own system answered {exchange.status}.",
        reason=DeclineReason.OTHER,
        provider_code=str(exchange.status),
        provider_message=words,
    )


def _object(exchange: Exchange) -> dict[str, Any]:
    try:
        found = json.loads(exchange.body)
    except (ValueError, RecursionError) as error:
        raise OutcomeUnknownError("Your own system's answer is not JSON.") from error
    if not isinstance(found, dict) or "error" in found:
        raise OutcomeUnknownError("Your own system's answer is no plain yes.")
    return found


def _refusal(exchange: Exchange) -> dict[str, Any] | str | None:
    """What a 4xx says under `error`; None where the billing system itself did not refuse (M5).

    A proxy before it answers 4xx, too, in words of its own and perhaps after the call went on: only
    the form that the guide asks for is the system's own no.
    """
    if not _REFUSED <= exchange.status < _BROKEN or exchange.status in UNCLEAR:
        return None
    try:
        found = json.loads(exchange.body)
    except (ValueError, RecursionError):
        return None
    error = found.get("error") if isinstance(found, dict) else None
    return error if error and isinstance(error, dict | str) else None


def _words(refusal: dict[str, Any] | str) -> str:
    """The message of `{"message": "…"}`, or the text that stands there; empty if it has none."""
    message = refusal.get("message") if isinstance(refusal, dict) else refusal
    return message[:_LONGEST_MESSAGE] if isinstance(message, str) else ""


def _key(secret: str) -> bytes:
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
