"""Looks for what an unanswered order did, without sending anything that moves money (M7)."""

from collections.abc import Callable, Iterator
from typing import Any

from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, Order
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.answered import answered
from gateways.stripe.client import Answer
from gateways.stripe.mapping import Obj, Seen, snapshot
from gateways.stripe.mapping.shape import refusing_misshapen
from gateways.stripe.outcomes import carries_marker, money_of, outcome_of
from gateways.stripe.reading import PATHS, Found, all_items, each_item, fetch
from gateways.stripe.subjects import refund_filter, subject


@refusing_misshapen
def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for what an unanswered try did."""
    return _LOOKERS.get(order.action, _by_state)(credentials, order)


def _by_state(credentials: Credentials, order: Order) -> Finding:
    kind, external_id = subject(order)
    obj, answer = fetch(credentials, kind, external_id)
    snapshots = answered(obj, answer)
    outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
    # Without our marker state and amount must equal the order (M6).
    if outcome and (outcome.carries_marker or outcome.money == order.money):
        return Finding(outcome=outcome, snapshots=snapshots)
    return Finding(outcome=None, seen=_seen_instead(order, obj), snapshots=snapshots)


def _among_refunds(credentials: Credentials, order: Order) -> Finding:
    refunds = refunds_of(credentials, order)
    snapshots = tuple(snapshot(obj, seen) for obj, seen in refunds)
    for obj, _ in refunds:
        if not carries_marker(order, obj):
            continue
        outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
        return Finding(
            outcome=outcome, seen="" if outcome else _described(obj), snapshots=snapshots
        )
    return Finding(
        outcome=None, seen="; ".join(_described(obj) for obj, _ in refunds), snapshots=snapshots
    )


def refunds_of(credentials: Credentials, order: Order) -> Found:
    """All refunds of the charge or payment an order is about."""
    return all_items(credentials, PATHS[ObjectKind.REFUND], **refund_filter(order))


def _among_payments(credentials: Credentials, order: Order) -> Finding:
    found = _marked(order, each_item(credentials, PATHS[ObjectKind.PAYMENT], **_owner(order)))
    if found is None:
        return Finding(outcome=None)
    # With its charge, as the answer would have had it.
    return _told(order, *fetch(credentials, ObjectKind.PAYMENT, found["id"]))


def _among_pages(credentials: Credentials, order: Order) -> Finding:
    found = _marked(order, each_item(credentials, "/v1/checkout/sessions", **_owner(order)))
    if found is None:
        return Finding(outcome=None)
    outcome = outcome_of(order, found, snapshots=(), is_replay=False)
    return Finding(outcome=outcome, seen="" if outcome else _named(found))


def _marked(order: Order, items: Iterator[tuple[dict[str, Any], Seen]]) -> dict[str, Any] | None:
    """What this order made, if it is there: the whole list says that it is not."""
    return next((obj for obj, _ in items if carries_marker(order, obj)), None)


def _told(order: Order, obj: dict[str, Any], answer: Answer) -> Finding:
    snapshots: tuple[AnySnapshot, ...] = answered(obj, answer)
    outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
    return Finding(outcome=outcome, seen="" if outcome else _named(obj), snapshots=snapshots)


def _owner(order: Order) -> dict[str, str]:
    return {"customer": order.target_id}


def _seen_instead(order: Order, obj: Obj) -> str:
    """What is there instead of the order's result; empty while nothing has happened at all."""
    if obj["object"] == "subscription":
        return f"{obj['id']} canceled" if obj["status"] == "canceled" else ""
    if obj["status"] == "requires_capture":
        return ""
    amount = obj["amount"] if obj["status"] == "canceled" else obj.get("amount_received") or 0
    return f"{obj['id']} {obj['status']} {money_of(amount, obj)}"


def _named(obj: Obj) -> str:
    return f"{obj['id']} {obj['status']}"


def _described(refund: Obj) -> str:
    return f"{refund['id']} {refund['status']} {money_of(refund['amount'], refund)}"


# Whatever makes a new object is looked for by our marker among its kind; the rest by its state.
_LOOKERS: dict[ActionKind, Callable[[Credentials, Order], Finding]] = {
    ActionKind.REFUND: _among_refunds,
    ActionKind.CHARGE: _among_payments,
    ActionKind.AUTHORIZE: _among_payments,
    ActionKind.REQUEST_PAYMENT: _among_pages,
    ActionKind.REQUEST_CARD_UPDATE: _among_pages,
}
