"""Looks for what an unanswered order did, without sending anything that moves money (M7)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.answered import answered
from gateways.stripe.client import Answer
from gateways.stripe.mapping import Obj, Seen, snapshot
from gateways.stripe.mapping.shape import refusing_misshapen
from gateways.stripe.orders.parts import text
from gateways.stripe.outcomes import carries_marker, money_of, outcome_of
from gateways.stripe.reading import PATHS, Found, all_items, each_item, fetch, path_of
from gateways.stripe.seen import described, named, seen_instead
from gateways.stripe.subjects import refund_filter, subject

# A payment that a look-up must show is of the last hours: the newest of the same amount.
_MOST_ALIKE = 3


@refusing_misshapen
def look_up(credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
    """Look for what an unanswered try did."""
    if order.action is ActionKind.SEND_INVOICE:
        return _among_events(credentials, order, step)
    return _LOOKERS.get(order.action, _at_subject)(credentials, order)


def _at_subject(credentials: Credentials, order: Order) -> Finding:
    kind, external_id = subject(order)
    obj, answer = fetch(credentials, kind, external_id)
    snapshots = answered(obj, answer)
    outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
    if outcome is None and carries_marker(order, obj):
        outcome = _done_once(obj, snapshots)
    if outcome and (outcome.carries_marker or _is_as_ordered(order, outcome)):
        return Finding(outcome=outcome, snapshots=snapshots)
    return Finding(
        outcome=None, seen=seen_instead(order, obj, outcome=outcome), snapshots=snapshots
    )


def _is_as_ordered(order: Order, outcome: Outcome) -> bool:
    """Without our marker state and amount must equal the order (M6)."""
    return order.action in _SETTLED_BY_STATE and outcome.money == order.money


def _done_once(obj: Obj, snapshots: tuple[AnySnapshot, ...]) -> Outcome:
    # Marker and change are written in one call: whatever the object looks like now, it was done.
    return Outcome(state="succeeded", object_id=obj["id"], carries_marker=True, snapshots=snapshots)


def _among_refunds(credentials: Credentials, order: Order) -> Finding:
    refunds = refunds_of(credentials, order)
    snapshots = tuple(snapshot(obj, seen) for obj, seen in refunds)
    for obj, _ in refunds:
        if not carries_marker(order, obj):
            continue
        outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
        return Finding(outcome=outcome, seen="" if outcome else described(obj), snapshots=snapshots)
    return Finding(
        outcome=None, seen="; ".join(described(obj) for obj, _ in refunds), snapshots=snapshots
    )


def refunds_of(credentials: Credentials, order: Order) -> Found:
    """All refunds of the charge or payment an order is about."""
    return all_items(credentials, PATHS[ObjectKind.REFUND], **refund_filter(order))


def _among_payments(credentials: Credentials, order: Order) -> Finding:
    listed = each_item(credentials, PATHS[ObjectKind.PAYMENT], **_owner(order))
    alike: list[str] = []
    found = _marked(order, _noting_alike(order, listed, alike))
    if found is None:
        return Finding(outcome=None, snapshots=_pictures(credentials, alike))
    # With its charge, as the answer would have had it.
    return _told(order, *fetch(credentials, ObjectKind.PAYMENT, found["id"]))


def _noting_alike(
    order: Order, items: Iterator[tuple[dict[str, Any], Seen]], alike: list[str]
) -> Iterator[tuple[dict[str, Any], Seen]]:
    """The same items; the newest few of the order's amount are noted as they go by."""
    for obj, seen in items:
        if len(alike) < _MOST_ALIKE and money_of(obj["amount"], obj) == order.money:
            alike.append(obj["id"])
        yield obj, seen


def _pictures(credentials: Credentials, payment_ids: list[str]) -> tuple[AnySnapshot, ...]:
    """Payments with their charges: of which moment and mark they are is the ledger's to judge."""
    found = (fetch(credentials, ObjectKind.PAYMENT, each) for each in payment_ids)
    return tuple(picture for obj, answer in found for picture in answered(obj, answer))


def _among_pages(credentials: Credentials, order: Order) -> Finding:
    found = _marked(order, each_item(credentials, "/v1/checkout/sessions", **_owner(order)))
    if found is None:
        return Finding(outcome=None)
    outcome = outcome_of(order, found, snapshots=(), is_replay=False)
    return Finding(outcome=outcome, seen="" if outcome else named(found))


def _among_subscriptions(credentials: Credentials, order: Order) -> Finding:
    listed = each_item(credentials, PATHS[ObjectKind.SUBSCRIPTION], status="all", **_owner(order))
    found = _marked(order, listed)
    if found is None:
        return Finding(outcome=None)
    return _told(order, *fetch(credentials, ObjectKind.SUBSCRIPTION, found["id"]))


def _among_events(credentials: Credentials, order: Order, step: FrozenStep) -> Finding:
    """An invoice does not tell who mailed it; the event of it names the request's key."""
    obj, answer = fetch(credentials, ObjectKind.INVOICE, order.target_id)
    snapshots, key = answered(obj, answer), step.key(order.intent_id)
    for event, _ in each_item(credentials, "/v1/events", type="invoice.sent"):
        is_of_it = event["data"]["object"]["id"] == obj["id"]
        if is_of_it and (event.get("request") or {}).get("idempotency_key") == key:
            return Finding(outcome=_done_once(obj, snapshots), snapshots=snapshots)
    return Finding(outcome=None, snapshots=snapshots)


def _tax_details(credentials: Credentials, order: Order) -> Finding:
    """The customer is changed last, and carries the marker of the whole order."""
    finding = _at_subject(credentials, order)
    wanted = text(order, "tax_id").strip()
    if finding.outcome or not wanted:
        return finding
    path = f"{path_of(ObjectKind.CUSTOMER, order.target_id)}/tax_ids"
    half = [obj["id"] for obj, _ in all_items(credentials, path) if obj["value"] == wanted]
    return replace(finding, seen=f"{half[0]} {wanted}" if half else "")


def _marked(order: Order, items: Iterator[tuple[dict[str, Any], Seen]]) -> dict[str, Any] | None:
    """What this order made, if it is there: the whole list says that it is not."""
    return next((obj for obj, _ in items if carries_marker(order, obj)), None)


def _told(order: Order, obj: dict[str, Any], answer: Answer) -> Finding:
    snapshots = answered(obj, answer)
    outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
    return Finding(outcome=outcome, seen="" if outcome else named(obj), snapshots=snapshots)


def _owner(order: Order) -> dict[str, str]:
    return {"customer": order.target_id}


# Whatever makes a new object is looked for by our marker among its kind; the rest where it is
# about.
_LOOKERS: dict[ActionKind, Callable[[Credentials, Order], Finding]] = {
    ActionKind.REFUND: _among_refunds,
    ActionKind.CHARGE: _among_payments,
    ActionKind.AUTHORIZE: _among_payments,
    ActionKind.REQUEST_PAYMENT: _among_pages,
    ActionKind.REQUEST_CARD_UPDATE: _among_pages,
    ActionKind.CREATE_SUBSCRIPTION: _among_subscriptions,
    ActionKind.UPDATE_TAX_DETAILS: _tax_details,
}
# Done is done, whoever did it; all others are settled by our marker alone.
_SETTLED_BY_STATE = frozenset(
    {
        ActionKind.CAPTURE,
        ActionKind.VOID,
        ActionKind.CANCEL_SUBSCRIPTION,
        ActionKind.PAUSE_SUBSCRIPTION,
        ActionKind.RESUME_SUBSCRIPTION,
        ActionKind.VOID_INVOICE,
    }
)
