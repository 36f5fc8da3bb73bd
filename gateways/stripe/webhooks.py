"""Verifies Stripe's webhooks on the raw body, and turns their events into news."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chargedesk.kit.clock import from_unix
from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.client import API_VERSION
from gateways.stripe.mapping import Obj, Seen, kind_of, snapshot
from gateways.stripe.mapping.shape import MISSHAPEN
from gateways.stripe.mapping.values import ref
from gateways.stripe.slices import UNREADABLE, text_of

# Objects we do not keep, whose news changes one that we do: the first owner named is read again.
_OWNERS: dict[str, tuple[tuple[str, ObjectKind], ...]] = {
    "credit_note": (("invoice", ObjectKind.INVOICE),),
    "tax_id": (("customer", ObjectKind.CUSTOMER),),
    "discount": (("subscription", ObjectKind.SUBSCRIPTION), ("customer", ObjectKind.CUSTOMER)),
}

TOLERANCE = timedelta(seconds=300)
_THIN = "v2.core.event"
_AUTHORIZED, _EXPIRED = "charge.succeeded", "charge.expired"
# Here `.deleted` means gone. A deleted subscription is only canceled, a deleted discount changes
# its owner.
_GONE = {f"{word}.deleted" for word in ("coupon", "customer", "invoice", "price", "product")}


def parse_webhook(request: InboundRequest, *, secrets: Sequence[str]) -> list[GatewayEvent]:
    """Verify, then parse.

    Several secrets, because both the old and the new one are valid during a roll.
    """
    verify(request, secrets=secrets)
    return [event_of(request.body)]


def verify(request: InboundRequest, *, secrets: Sequence[str]) -> None:
    """SignatureError unless one of the signatures fits one of the secrets and was made just now."""
    made_at, signatures = _parts_of(request.headers.get("stripe-signature", ""))
    signed = f"{made_at}.".encode() + request.body
    expected = [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for secret in secrets
        if secret
    ]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures):
        raise SignatureError("The webhook's signature does not fit.")
    if abs(request.received_at - _time(made_at)) > TOLERANCE:
        raise SignatureError("The webhook's signature is too old, or from the future.")


def event_of(body: bytes) -> GatewayEvent:
    """Parse one event. PayloadError if it is none."""
    try:
        text = body.decode()
        event = json.loads(text)
        return _thin(event) if event["object"] == _THIN else _full(event, text)
    except (*UNREADABLE, *MISSHAPEN) as error:
        raise PayloadError("This is not a Stripe event.") from error


def _full(event: Obj, text: str) -> GatewayEvent:
    if event["object"] != "event":
        raise ValueError("another object")
    occurred_at = from_unix(event["created"])
    obj = event["data"]["object"]
    kind, object_id = _subject(obj)
    return GatewayEvent(
        event_id=event["id"],
        type=event["type"],
        kind=kind,
        object_id=object_id,
        occurred_at=occurred_at,
        snapshot=_complete(event, text, occurred_at)
        if kind_of(obj["object"]) and object_id
        else None,
    )


def _thin(event: Obj) -> GatewayEvent:
    related = event.get("related_object") or {}
    kind = kind_of(str(related.get("type", "")).removeprefix("v1."))
    return GatewayEvent(
        event_id=event["id"],
        type=event["type"],
        kind=kind,
        object_id=ref(related),
        occurred_at=datetime.fromisoformat(event["created"]),
    )


def _subject(obj: Obj) -> tuple[ObjectKind | None, str]:
    """What is read again, or recorded, because of this object; kind None if nothing is."""
    # A preview such as `invoice.upcoming` has no id and cannot be read again.
    if kind_of(obj["object"]):
        return (kind_of(obj["object"]), obj["id"]) if obj.get("id") else (None, "")
    owners = ((kind, ref(obj.get(field))) for field, kind in _OWNERS.get(obj["object"], ()))
    return next(((kind, owner) for kind, owner in owners if owner), (None, ""))


def _complete(event: Obj, text: str, occurred_at: datetime) -> AnySnapshot | None:
    """The object as the event shows it; None where it must be read again."""
    obj = event["data"]["object"]
    if event.get("api_version") != API_VERSION or _needs_reading(obj, event["type"]):
        return None
    seen = Seen(
        as_of=occurred_at,
        raw=text_of(text, "data", "object").encode(),
        is_deleted=event["type"] in _GONE,
        is_released=event["type"] == _EXPIRED,
    )
    try:
        return snapshot(obj, seen)
    except PayloadError:
        # The event itself is genuine: refusing it would make Stripe repeat it for days. Reading it
        # again says more.
        return None


def _needs_reading(obj: dict[str, Any], news: str) -> bool:
    """Whether the object says less than we want to know, so that it is read again."""
    if obj["object"] == "charge":
        # The disputes tell whether a charge that was ever disputed still is, and the payment intent
        # whether an authorization still holds; only at its beginning that is certain.
        is_doubtful = not obj.get("captured") and news not in {_AUTHORIZED, _EXPIRED}
        return bool(obj.get("disputed")) or (is_doubtful and obj.get("status") == "succeeded")
    if obj["object"] == "payment_intent":
        # The charge whose authorization this ends gets no news of its own.
        return obj.get("status") == "canceled" and bool(obj.get("latest_charge"))
    # In events a discount is a bare id, and the coupon cannot be told from it.
    discounts = obj.get("discounts") or () if obj["object"] == "subscription" else ()
    return any(isinstance(each, str) for each in discounts)


def _parts_of(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1" and value.isascii()]
    if len(times) != 1 or not times[0].isdecimal() or not signatures:
        raise SignatureError("The webhook has no Stripe signature.")
    return times[0], signatures


def _time(made_at: str) -> datetime:
    try:
        return from_unix(int(made_at))
    except (ValueError, OverflowError, OSError) as error:
        raise SignatureError("The webhook's signature has no time.") from error
