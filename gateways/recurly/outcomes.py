"""Reads what an object in Recurly's answer proves about an order."""

from dataclasses import replace

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.recurly.mapping import Obj, Seen, snapshot
from gateways.recurly.mapping.amounts import iso_code, iso_minor
from gateways.recurly.mapping.billing import paused_how
from gateways.recurly.mapping.payments import CHARGED, GIVEN_UP, is_refund, is_voided_by_refund
from gateways.recurly.mapping.values import intent_of, marker, payment_marker, ref
from gateways.recurly.orders.parts import plan_of
from gateways.recurly.reading import nested
from gateways.snapshots import AnySnapshot, ObjectKind

# What is found by the state of the subscription: there is no place for our marker (M6).
SEEN_BY_STATE = frozenset(
    {
        ActionKind.CANCEL_SUBSCRIPTION,
        ActionKind.PAUSE_SUBSCRIPTION,
        ActionKind.RESUME_SUBSCRIPTION,
        ActionKind.REMOVE_COUPON,
    }
)
_REFUND_STATES = {
    "success": "succeeded",
    "void": "succeeded",
    "pending": "pending",
    "processing": "pending",
    "scheduled": "pending",
    "declined": "failed",
    "error": "failed",
}
_CHARGE_STATES = {**_REFUND_STATES, "void": "failed", "chargeback": "succeeded"}
_ENDED = frozenset({"expired"})
_ENDING = frozenset({"canceled", "expired"})


def answered(order: Order, obj: Obj, seen: Seen, *, is_replay: bool) -> Outcome | None:
    """What the answer to a call proves; None if it shows no known outcome."""
    if order.action is ActionKind.REFUND:
        is_credit = obj["object"] == "invoice" and obj["id"]
        return refund_in(order, obj, seen, is_replay=is_replay) if is_credit else None
    if order.action is ActionKind.CHARGE:
        bill = obj.get("charge_invoice") or {}
        found = charge_in(order, bill, nested(bill, seen.as_of)) if bill else None
    elif order.action is ActionKind.CHANGE_SUBSCRIPTION:
        found = _done(order) if _is_changed(order, obj) else None
    elif order.action is ActionKind.APPLY_COUPON:
        found = _done(order) if _is_redeemed(order, obj) else None
    elif order.action is ActionKind.REMOVE_COUPON:
        is_gone = obj.get("id") == order.details["discount"] and obj.get("state") == "inactive"
        found = _done(order) if is_gone else None
    else:
        found = _of_subscription(order, obj, seen)
    return replace(found, is_replay=is_replay) if found else None


def refund_in(order: Order, credit: Obj, picture: Seen, *, is_replay: bool) -> Outcome | None:
    """The outcome that a credit invoice shows.

    Its transactions are the refund, or the charge that was voided before it settled. None if it
    shows none of them: credit on the account is no money on the card.
    """
    rows = [each for each in credit.get("transactions") or () if is_refund(each)]
    return outcome_of_refunds(
        order,
        [(each, replace(nested(each, picture.as_of), credit=credit)) for each in rows],
        is_replay=is_replay,
    )


def outcome_of_refunds(
    order: Order, rows: list[tuple[Obj, Seen]], *, is_replay: bool = False
) -> Outcome | None:
    """The outcome of refund transactions that belong to one credit invoice."""
    states = {_state_of(each) for each, _ in rows}
    if not states or "" in states:
        return None
    # Where one part went through and another did not, the sum tells the difference.
    state = next(each for each in ("pending", "succeeded", "failed") if each in states)
    counted = [(each, seen) for each, seen in rows if _state_of(each) in {state, "succeeded"}]
    snapshots: tuple[AnySnapshot, ...] = tuple(
        snapshot(ObjectKind.REFUND, each, seen) for each, seen in rows
    )
    first, seen = counted[0]
    return Outcome(
        state=state,
        object_id=first["id"],
        money=_sum_of([each for each, _ in counted]),
        is_replay=is_replay,
        carries_marker=marker(seen.credit) == order.intent_id,
        snapshots=snapshots,
        detail=str(first.get("status_message") or "") if state == "failed" else "",
    )


def charge_in(order: Order, bill: Obj, seen: Seen) -> Outcome | None:
    """The outcome that the invoice of a charge shows; None if no money was asked for it."""
    rows = [each for each in bill.get("transactions") or () if each.get("type") in CHARGED]
    told = [(_state_of_charge(each), each) for each in rows]
    # One that took money tells more than a try before it.
    for state in ("succeeded", "pending", "failed"):
        own = next((each for known, each in told if known == state), None)
        if own is not None:
            break
    else:
        return None
    if state == "failed" and bill["state"] not in GIVEN_UP:
        # Recurly may try the card again: as long as the invoice waits for money nothing is final.
        state = "pending"
    of_charge = replace(nested(own, seen.as_of), bill=bill)
    return Outcome(
        state=state,
        object_id=own["id"],
        money=_sum_of([own]),
        carries_marker=payment_marker(bill) == order.intent_id,
        snapshots=(
            snapshot(ObjectKind.PAYMENT, bill, seen),
            snapshot(ObjectKind.CHARGE, own, of_charge),
        ),
        detail=str(own.get("status_message") or "") if state == "failed" else "",
    )


def is_as_ordered(order: Order, subscription: Obj) -> bool:
    """Whether a subscription is in the state that an order wants (M6)."""
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        return subscription["state"] in (_ENDING if order.at_period_end else _ENDED)
    if order.action is ActionKind.PAUSE_SUBSCRIPTION:
        return bool(paused_how(subscription))
    if order.action is ActionKind.RESUME_SUBSCRIPTION:
        return subscription["state"] == "active" and not paused_how(subscription)
    kept = (subscription.get("coupon_redemptions") or ()) if _is_running(subscription) else None
    return kept is not None and order.details["discount"] not in {
        each["id"] for each in kept if each.get("state", "active") == "active"
    }


def is_made_by(order: Order, subscription: Obj) -> bool:
    """Whether this order started a subscription."""
    return intent_of(subscription.get("po_number")) == order.intent_id


def subscribed(order: Order, subscription: Obj, snapshots: tuple[AnySnapshot, ...]) -> Outcome:
    """The outcome of an order that a subscription shows."""
    return Outcome(
        state="succeeded",
        object_id=str(subscription["id"]),
        carries_marker=is_made_by(order, subscription),
        snapshots=snapshots,
    )


def described(refund: Obj) -> str:
    """A refund in words, for a human."""
    return f"{refund['id']} {refund['status']} {_sum_of([refund])}"


def _of_subscription(order: Order, obj: Obj, seen: Seen) -> Outcome | None:
    if obj["object"] != "subscription" or not obj["id"]:
        return None
    if order.action is not ActionKind.CREATE_SUBSCRIPTION and not is_as_ordered(order, obj):
        return None
    return subscribed(order, obj, (snapshot(ObjectKind.SUBSCRIPTION, obj, seen),))


def _is_changed(order: Order, obj: Obj) -> bool:
    """A change at once: its answer is the change, not the subscription."""
    plan, _ = plan_of(order)
    return (
        obj.get("object") == "subscription_change"
        and obj.get("subscription_id") == order.target_id
        and obj.get("activated") is True
        and ref(obj.get("plan")) == plan
        and obj.get("quantity") == order.details["quantity"]
    )


def _is_redeemed(order: Order, obj: Obj) -> bool:
    return (
        bool(obj.get("id"))
        and ref(obj.get("coupon")) == order.details["coupon"]
        and obj.get("subscription_id") == order.target_id
        and obj.get("state") == "active"
    )


def _is_running(subscription: Obj) -> bool:
    return subscription["state"] not in {"expired", "failed"}


def _done(order: Order) -> Outcome:
    return Outcome(state="succeeded", object_id=order.target_id)


def _state_of_charge(charge: Obj) -> str:
    # What a refund voided was made all the same; what was voided otherwise took nothing.
    if is_voided_by_refund(charge):
        return "succeeded"
    return _CHARGE_STATES.get(charge["status"], "")


def _state_of(refund: Obj) -> str:
    # A void refund transaction was taken back; a void charge is what the refund made of it.
    if refund["status"] == "void" and refund["type"] == "refund":
        return "failed"
    return _REFUND_STATES.get(refund["status"], "")


def _sum_of(rows: list[Obj]) -> Money:
    code = iso_code(rows[0]["currency"])
    return Money.of(sum(iso_minor(each["amount"], code) for each in rows), code)
