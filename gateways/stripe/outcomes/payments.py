"""Reads what a refund, a payment intent or a page for the customer shows about an order."""

from collections.abc import Mapping

from gateways.contract import Order
from gateways.stripe.mapping.values import Obj, ref, when
from gateways.stripe.outcomes.shown import Shown, money_of

REFUND_STATES = {
    "succeeded": "succeeded",
    "pending": "pending",
    "requires_action": "pending",
    "failed": "failed",
    "canceled": "failed",
}
_CAPTURE_STATES = {"succeeded": "succeeded", "processing": "pending"}
_CHARGE_STATES = {"succeeded": "succeeded", "processing": "pending", "canceled": "failed"}
# Captured or released since, it was held all the same.
_AUTHORIZATION_STATES = {
    "requires_capture": "succeeded",
    "succeeded": "succeeded",
    "processing": "pending",
}
_SESSIONS = frozenset({"open", "complete", "expired"})


def refund(_: Order, obj: Obj) -> Shown:
    """Money on its way back."""
    return Shown(
        state=REFUND_STATES.get(obj["status"], ""),
        object_id=obj["id"],
        money=money_of(obj["amount"], obj),
        detail=obj.get("failure_reason") or "",
    )


def capture(_: Order, obj: Obj) -> Shown:
    """What was held and is taken now."""
    return Shown(
        state=_CAPTURE_STATES.get(obj["status"], ""),
        object_id=_charge_of(obj),
        money=money_of(obj["amount_received"], obj),
    )


def void(_: Order, obj: Obj) -> Shown:
    """What was held and is free now."""
    released = obj["amount"] - (obj.get("amount_received") or 0)
    return Shown(
        state="succeeded" if obj["status"] == "canceled" else "",
        object_id=_charge_of(obj),
        money=money_of(released, obj),
    )


def charge(_: Order, obj: Obj) -> Shown:
    """Money taken from a payment method on file."""
    return _payment(obj, _CHARGE_STATES.get(obj["status"], ""))


def authorize(_: Order, obj: Obj) -> Shown:
    """Money held on a payment method on file."""
    state = _AUTHORIZATION_STATES.get(obj["status"], "")
    if obj["status"] == "canceled":
        state = "succeeded" if _was_held(obj) else "failed"
    return _payment(obj, state)


def page(_: Order, obj: Obj) -> Shown:
    """A page where the customer pays or leaves a card; that it was made is what was ordered."""
    asked = obj.get("amount_total") if obj["mode"] == "payment" else None
    return Shown(
        state="succeeded" if obj["status"] in _SESSIONS else "",
        object_id=obj["id"],
        money=None if asked is None else money_of(asked, obj),
        url=obj.get("url") or "",
        expires_at=when(obj["expires_at"]),
    )


def _was_held(obj: Obj) -> bool:
    # Both a released hold and a refused card may end canceled; their charge tells them apart.
    charge = obj.get("latest_charge")
    return isinstance(charge, Mapping) and charge.get("status") == "succeeded"


def _payment(obj: Obj, state: str) -> Shown:
    error = obj.get("last_payment_error") or {}
    # Confirmed in the same call that made it, so without its card it was refused.
    if obj["status"] == "requires_payment_method" and error:
        state = "failed"
    words = error.get("message") or error.get("decline_code") or error.get("code") or ""
    return Shown(
        state=state,
        object_id=_charge_of(obj),
        money=money_of(obj["amount"], obj),
        detail=str(words) if state == "failed" else "",
    )


def _charge_of(obj: Obj) -> str:
    return ref(obj.get("latest_charge")) or str(obj["id"])
