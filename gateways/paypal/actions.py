"""Sends frozen steps, and looks for what an unanswered one did."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.errors import (
    GatewayError,
    OutcomeUnknownError,
    UnavailableError,
)
from gateways.paypal import invoices
from gateways.paypal.client import Answer, call
from gateways.paypal.mapping import Seen, nested, payments, refusing_misshapen
from gateways.paypal.mapping.amounts import money_in
from gateways.paypal.mapping.values import MISSHAPEN, marked, when
from gateways.paypal.orders import KEYED
from gateways.paypal.reading import (
    AUTHORIZATIONS,
    Found,
    fetch_subscription,
    find_charge,
    refund_rows,
)
from gateways.snapshots import (
    AnySnapshot,
    RefundSnapshot,
    RefundStatus,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

_REFUND_STATES = {
    RefundStatus.SUCCEEDED: "succeeded",
    RefundStatus.PENDING: "pending",
    RefundStatus.FAILED: "failed",
    RefundStatus.CANCELED: "failed",
}
# Where a subscription stands when an order about it is carried out.
_WANTED = {
    ActionKind.CANCEL_SUBSCRIPTION: frozenset({SubscriptionStatus.CANCELED}),
    ActionKind.PAUSE_SUBSCRIPTION: frozenset({SubscriptionStatus.PAUSED}),
    ActionKind.RESUME_SUBSCRIPTION: frozenset(
        {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE}
    ),
}
_OVER = frozenset({SubscriptionStatus.EXPIRED, SubscriptionStatus.CANCELED})
# Of captures of one amount, which one is looked at first.
_TELLS_MOST = ("succeeded", "pending", "failed")
_CAPTURE_STATES = {
    "COMPLETED": "succeeded",
    "PENDING": "pending",
    "DECLINED": "failed",
    "FAILED": "failed",
    "PARTIALLY_REFUNDED": "succeeded",
    "REFUNDED": "succeeded",
}


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make one call, once.

    A 2xx that does not show a known outcome is an OutcomeUnknownError (M5).
    """
    left = (deadline - clock.now()).total_seconds()
    if left <= 0:
        raise UnavailableError("The time for this order has passed; nothing was sent.")
    ends = time.monotonic() + left
    is_keyed = step.name in KEYED
    answer = call(
        credentials,
        step.method,
        step.path,
        body=step.body or None,
        deadline=ends,
        key=step.key(order.intent_id) if is_keyed else "",
    )
    try:
        outcome = _answered(credentials, order, answer, ends)
    except (GatewayError, *MISSHAPEN) as error:
        raise OutcomeUnknownError(
            "PayPal's answer shows no outcome.", request_id=answer.request_id
        ) from error
    if outcome is None:
        raise OutcomeUnknownError(
            "PayPal's answer shows no known status.", request_id=answer.request_id
        )
    return replace(outcome, is_replay=answer.is_replay and is_keyed)


@refusing_misshapen
def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for what an unanswered try did (M7)."""
    if order.action in _WANTED:
        return _look_at_subscription(credentials, order)
    if order.action in invoices.WANTED:
        return invoices.look_at_invoice(credentials, order)
    found = find_charge(credentials, order.target_id)
    if order.action is ActionKind.REFUND:
        return _look_for_refund(credentials, order, found)
    if order.action is ActionKind.CAPTURE:
        return _look_for_capture(order, found)
    return _look_for_void(order, found)


@refusing_misshapen
def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """Charge, refunds and disputes; for a hold the hold; else subscription or invoice (M18)."""
    if order.action in invoices.WANTED:
        return (invoices.fetch_invoice(credentials, order.target_id)[1],)
    if order.action in _WANTED:
        return (fetch_subscription(credentials, order.target_id)[1],)
    return find_charge(credentials, order.target_id).snapshots()


def _answered(
    credentials: Credentials, order: Order, answer: Answer, ends: float
) -> Outcome | None:
    if order.action in _WANTED:
        # The answer is empty; only the subscription shows what became of it.
        _, snapshot = fetch_subscription(credentials, order.target_id, deadline=ends)
        newest = max(snapshot.as_of, answer.as_of)
        return _of_subscription(order, replace(snapshot, as_of=newest))
    if order.action in invoices.WANTED:
        obj, invoice = invoices.fetch_invoice(credentials, order.target_id, deadline=ends)
        newest = max(invoice.as_of, answer.as_of)
        return invoices.of_invoice(order, obj, replace(invoice, as_of=newest))
    if order.action is ActionKind.VOID and not answer.body:
        found = find_charge(credentials, order.target_id, deadline=ends)
        return _of_void(order, replace(found, as_of=max(found.as_of, answer.as_of)))
    obj = answer.object()
    if order.action is ActionKind.REFUND:
        return _of_refund_answer(credentials, order, obj, answer, ends)
    if order.action is ActionKind.CAPTURE:
        return _of_capture_answer(credentials, order, obj, answer, ends)
    beside = _beside(credentials, order, ends)
    found = Found(
        obj=obj,
        folder=AUTHORIZATIONS,
        as_of=answer.as_of,
        raw=answer.body,
        beside=beside or payments.Beside(),
    )
    outcome = _of_void(order, found)
    # A picture without its payer would take the customer away from the payment.
    return outcome if beside or outcome is None else replace(outcome, snapshots=())


def _of_refund_answer(
    credentials: Credentials, order: Order, obj: dict[str, Any], answer: Answer, ends: float
) -> Outcome | None:
    seen = Seen(as_of=_time_of(obj, answer), raw=answer.body)
    refund = payments.refund(obj, seen, charge_id=order.target_id)
    outcome = _of_refund(order, refund)
    if outcome is None:
        return None
    charge = _now(credentials, order.target_id, answer, ends)
    return replace(outcome, snapshots=(refund, *charge[:1]))


def _of_capture_answer(
    credentials: Credentials, order: Order, obj: dict[str, Any], answer: Answer, ends: float
) -> Outcome | None:
    outcome = _of_capture(obj)
    beside = _beside(credentials, order, ends) if outcome else None
    if outcome is None or beside is None:
        return outcome
    seen = Seen(as_of=_time_of(obj, answer), raw=answer.body)
    taken = payments.capture(obj, seen, replace(beside, refunded_minor=0))
    held = _now(credentials, order.target_id, answer, ends)
    return replace(outcome, snapshots=(taken, *held))


def _now(
    credentials: Credentials, charge_id: str, answer: Answer, ends: float
) -> tuple[AnySnapshot, ...]:
    """How the payment stands now; the outcome does not hang on it, so it may be missing."""
    try:
        found = find_charge(credentials, charge_id, deadline=ends)
        # It was read after the change, though its clock may round to before it.
        as_of = max(found.as_of, answer.as_of)
        return replace(found, as_of=as_of).snapshots()
    except (GatewayError, *MISSHAPEN):
        return ()


def _beside(credentials: Credentials, order: Order, ends: float) -> payments.Beside | None:
    try:
        return find_charge(credentials, order.target_id, deadline=ends).beside
    except (GatewayError, *MISSHAPEN):
        return None


def _time_of(obj: dict[str, Any], answer: Answer) -> datetime:
    """A replay shows what may be long past; its last change is never too late a time."""
    return (when(obj.get("update_time")) or answer.as_of) if answer.is_replay else answer.as_of


def _look_for_refund(credentials: Credentials, order: Order, found: Found) -> Finding:
    refunds = found.refunds
    if not refunds and not found.has_order:
        made = when(found.obj.get("create_time")) or clock.now()
        refunds = refund_rows(credentials, order.target_id, made)
    snapshots = found.snapshots()
    ours = next((each for each in refunds if each.marker == order.intent_id), None)
    if ours is not None:
        outcome = _of_refund(order, ours)
        seen = "" if outcome else _described(ours)
        return Finding(
            outcome=replace(outcome, snapshots=snapshots) if outcome else None,
            seen=seen,
            snapshots=snapshots,
        )
    return Finding(
        outcome=None, seen="; ".join(_described(each) for each in refunds), snapshots=snapshots
    )


def _look_for_capture(order: Order, found: Found) -> Finding:
    snapshots = found.snapshots()
    # The newest first: the shop may have taken as much of the hold before.
    newest = sorted(found.captures, key=lambda each: str(each.get("create_time")), reverse=True)
    taken = [each for each in map(_of_capture, newest) if each]
    taken.sort(key=lambda each: _TELLS_MOST.index(each.state))
    # No marker fits into a capture: state and amount must equal the order (M6).
    same = next((each for each in taken if each.money == order.money), None)
    if same is not None:
        own = next(each for each in found.captures if each["id"] == same.object_id)
        capture = payments.capture(
            own, nested(own, found.as_of), replace(found.beside, refunded_minor=0)
        )
        snapshots = (capture, *snapshots)
        return Finding(outcome=replace(same, snapshots=snapshots), snapshots=snapshots)
    return Finding(outcome=None, seen=_seen_instead(found), snapshots=snapshots)


def _look_for_void(order: Order, found: Found) -> Finding:
    outcome = _of_void(order, found)
    if outcome is not None and outcome.money == order.money:
        return Finding(outcome=outcome, snapshots=outcome.snapshots)
    return Finding(outcome=None, seen=_seen_instead(found), snapshots=found.snapshots())


def _look_at_subscription(credentials: Credentials, order: Order) -> Finding:
    _, snapshot = fetch_subscription(credentials, order.target_id)
    outcome = _of_subscription(order, snapshot)
    is_over = outcome is None and snapshot.status in _OVER
    seen = f"{snapshot.external_id} {snapshot.status}" if is_over else ""
    return Finding(outcome=outcome, seen=seen, snapshots=(snapshot,))


def _of_refund(order: Order, refund: RefundSnapshot) -> Outcome | None:
    state = _REFUND_STATES.get(refund.status)
    if state is None or not refund.external_id:
        return None
    return Outcome(
        state=state,
        object_id=refund.external_id,
        money=Money.of(refund.amount_minor, refund.currency),
        carries_marker=refund.marker == order.intent_id,
        detail=refund.failure_reason,
    )


def _of_capture(obj: dict[str, Any]) -> Outcome | None:
    state = _CAPTURE_STATES.get(obj["status"])
    if state is None or not obj["id"]:
        return None
    return Outcome(
        state=state,
        object_id=obj["id"],
        money=money_in(obj["amount"]),
        detail=str((obj.get("status_details") or {}).get("reason") or ""),
    )


def _of_void(order: Order, found: Found) -> Outcome | None:
    obj = found.obj
    if obj["status"] != "VOIDED" or obj["id"] != order.target_id:
        return None
    amount = money_in(obj["amount"])
    released = Money(amount.minor - found.beside.refunded_minor, amount.currency)
    return Outcome(
        state="succeeded", object_id=obj["id"], money=released, snapshots=found.snapshots()
    )


def _of_subscription(order: Order, snapshot: SubscriptionSnapshot) -> Outcome | None:
    if snapshot.status not in _WANTED[order.action]:
        return None
    return Outcome(
        state="succeeded",
        object_id=snapshot.external_id,
        carries_marker=marked(order.intent_id).encode() in snapshot.raw,
        snapshots=(snapshot,),
    )


def _seen_instead(found: Found) -> str:
    """What is there instead of the order's result; empty while nothing has happened at all."""
    if found.obj["status"] in {"CREATED", "PENDING"}:
        return ""
    taken = "; ".join(
        f"{each['id']} {each['status']} {money_in(each['amount'])}" for each in found.captures
    )
    return taken or f"{found.obj['id']} {found.obj['status']} {money_in(found.obj['amount'])}"


def _described(refund: RefundSnapshot) -> str:
    amount = Money.of(refund.amount_minor, refund.currency)
    return f"{refund.external_id} {refund.status} {amount}"
