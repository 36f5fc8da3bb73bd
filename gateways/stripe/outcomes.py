"""Reads what an object in Stripe's answer proves about an order."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.snapshots import AnySnapshot
from gateways.stripe.mapping.amounts import iso_code, iso_minor
from gateways.stripe.mapping.values import MARKER, Obj, ref
from gateways.stripe.orders import cancellation_comment

REFUND_STATES = {
    "succeeded": "succeeded",
    "pending": "pending",
    "requires_action": "pending",
    "failed": "failed",
    "canceled": "failed",
}
_ANSWERS = {
    ActionKind.REFUND: "refund",
    ActionKind.CAPTURE: "payment_intent",
    ActionKind.VOID: "payment_intent",
    ActionKind.CANCEL_SUBSCRIPTION: "subscription",
}
_CAPTURE_STATES = {"succeeded": "succeeded", "processing": "pending"}


def outcome_of(
    order: Order, obj: Obj, *, snapshots: tuple[AnySnapshot, ...], is_replay: bool
) -> Outcome | None:
    """The outcome that `obj` shows.

    None if it does not show one (unknown status, order not carried out).
    """
    if obj["object"] != _ANSWERS[order.action]:
        return None
    state, object_id, money, detail = _READERS[order.action](order, obj)
    if not state or not isinstance(object_id, str) or not object_id:
        return None
    return Outcome(
        state=state,
        object_id=object_id,
        money=money,
        is_replay=is_replay,
        carries_marker=carries_marker(order, obj),
        snapshots=snapshots,
        detail=detail,
    )


def carries_marker(order: Order, obj: Obj) -> bool:
    """Whether the object was touched by this very intent."""
    comment = (obj.get("cancellation_details") or {}).get("comment")
    return _marks(obj, order.intent_id) or comment == cancellation_comment(order)


def money_of(amount: Any, obj: Obj) -> Money:
    """An amount of this object."""
    return Money.of(iso_minor(amount, obj["currency"]), iso_code(obj["currency"]))


# State, id of the object, money moved, detail; an empty state or id shows no outcome.
_Read = tuple[str, Any, Money | None, str]


def _refund(_: Order, obj: Obj) -> _Read:
    state = REFUND_STATES.get(obj["status"], "")
    return state, obj["id"], money_of(obj["amount"], obj), obj.get("failure_reason") or ""


def _capture(_: Order, obj: Obj) -> _Read:
    state = _CAPTURE_STATES.get(obj["status"], "")
    return (
        state,
        ref(obj.get("latest_charge")) or obj["id"],
        money_of(obj["amount_received"], obj),
        "",
    )


def _void(_: Order, obj: Obj) -> _Read:
    state = "succeeded" if obj["status"] == "canceled" else ""
    released = obj["amount"] - (obj.get("amount_received") or 0)
    return state, ref(obj.get("latest_charge")) or obj["id"], money_of(released, obj), ""


def _cancel_subscription(order: Order, obj: Obj) -> _Read:
    is_done = (
        bool(obj.get("cancel_at_period_end"))
        if order.at_period_end
        else obj["status"] == "canceled"
    )
    return "succeeded" if is_done else "", obj["id"], None, ""


_READERS: dict[ActionKind, Callable[[Order, Obj], _Read]] = {
    ActionKind.REFUND: _refund,
    ActionKind.CAPTURE: _capture,
    ActionKind.VOID: _void,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_subscription,
}


def _marks(obj: Obj, intent_id: UUID) -> bool:
    return (obj.get("metadata") or {}).get(MARKER) == str(intent_id)
