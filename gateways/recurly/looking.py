"""Looks for what an unanswered try did (M7)."""

from urllib.parse import quote

from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, Order
from gateways.recurly.client import get
from gateways.recurly.mapping import Seen, snapshot
from gateways.recurly.mapping.values import marker, payment_marker, refusing_misshapen
from gateways.recurly.outcomes import (
    SEEN_BY_STATE,
    charge_in,
    described,
    is_as_ordered,
    is_made_by,
    outcome_of_refunds,
    subscribed,
)
from gateways.recurly.reading import (
    Rows,
    all_items,
    looked_up_subscriptions,
    path_of,
    refunds_of,
    subscription_with_plan,
)
from gateways.snapshots import ObjectKind

_ENDED = {"canceled": "canceled at the end of its term", "expired": "expired"}


@refusing_misshapen
def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for our marker, or for the state that the order wanted."""
    if order.action is ActionKind.REFUND:
        return _for_refund(credentials, order)
    if order.action is ActionKind.CHARGE:
        return _for_charge(credentials, order)
    if order.action is ActionKind.CREATE_SUBSCRIPTION:
        return _for_subscription(credentials, order)
    return _at_subscription(credentials, order)


def _for_refund(credentials: Credentials, order: Order) -> Finding:
    answer = get(credentials, path_of(ObjectKind.CHARGE, order.target_id))
    charge = answer.object()
    rows = refunds_of(credentials, charge, Seen(as_of=answer.as_of, raw=answer.text.encode()))
    snapshots = tuple(snapshot(ObjectKind.REFUND, each, seen) for each, seen in rows)
    ours = [(each, seen) for each, seen in rows if marker(seen.credit) == order.intent_id]
    outcome = outcome_of_refunds(order, ours)
    if outcome is not None:
        return Finding(outcome=outcome, snapshots=snapshots)
    shown = "; ".join(described(each) for each, _ in ours or rows)
    return Finding(outcome=None, seen=shown, snapshots=snapshots)


def _for_charge(credentials: Credentials, order: Order) -> Finding:
    """The marker stands on the invoice, which shows what paid it."""
    for bill, seen in _of_account(credentials, order, "invoices", type="charge"):
        if payment_marker(bill) == order.intent_id:
            outcome = charge_in(order, bill, seen)
            words = "" if outcome else f"{bill['id']} {bill['state']}"
            return Finding(
                outcome=outcome, seen=words, snapshots=outcome.snapshots if outcome else ()
            )
    return Finding(outcome=None)


def _for_subscription(credentials: Credentials, order: Order) -> Finding:
    for obj, seen in _of_account(credentials, order, "subscriptions"):
        if is_made_by(order, obj):
            ((_, whole),) = looked_up_subscriptions(
                credentials, [(dict(obj), seen.raw)], seen.as_of
            )
            snapshots = (snapshot(ObjectKind.SUBSCRIPTION, obj, whole),)
            return Finding(outcome=subscribed(order, obj, snapshots), snapshots=snapshots)
    return Finding(outcome=None)


def _at_subscription(credentials: Credentials, order: Order) -> Finding:
    answer = get(credentials, path_of(ObjectKind.SUBSCRIPTION, order.target_id))
    obj = answer.object()
    snapshots = subscription_with_plan(credentials, obj, answer)
    if order.action in SEEN_BY_STATE and is_as_ordered(order, obj):
        return Finding(outcome=subscribed(order, obj, snapshots), snapshots=snapshots)
    # Neither a change nor a coupon tells whose it is.
    words = _ENDED.get(obj["state"], "")
    seen = f"{obj['id']} {words}" if words else ""
    return Finding(outcome=None, seen=seen, snapshots=snapshots)


def _of_account(credentials: Credentials, order: Order, what: str, **query: str) -> Rows:
    path = f"/accounts/{quote(order.target_id, safe='')}/{what}"
    return all_items(credentials, path, **query)
