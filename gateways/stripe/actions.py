"""Sends frozen steps, and looks for what an unanswered one did."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargedesk.kit import clock
from chargedesk.kit.clock import from_unix
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.errors import (
    AlreadyDoneError,
    GatewayError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    UnavailableError,
)
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.client import Answer, Method, call
from gateways.stripe.mapping import Obj, snapshot
from gateways.stripe.mapping.shape import MISSHAPEN, refusing_misshapen
from gateways.stripe.mapping.values import ref
from gateways.stripe.outcomes import carries_marker, money_of, outcome_of
from gateways.stripe.reading import (
    PATHS,
    Found,
    all_items,
    charge_with_belongings,
    disputes_of,
    fetch,
    is_canceled,
    nested,
    read,
)


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make one call, once.

    A 2xx that does not show a known outcome is an OutcomeUnknownError (M5).
    """
    left = (deadline - clock.now()).total_seconds()
    if left <= 0:
        raise UnavailableError("The time for this order has passed; nothing was sent.")
    try:
        answer = call(
            credentials,
            Method[step.method],
            step.path,
            params=step.body,
            deadline=time.monotonic() + left,
            key=step.key(order.intent_id),
        )
    except NotFoundError as error:
        raise _refused(step, error) from error
    try:
        obj = answer.object()
        outcome = outcome_of(
            order, obj, snapshots=_answered(obj, answer), is_replay=answer.is_replay
        )
    except (PayloadError, UnavailableError, *MISSHAPEN) as error:
        raise OutcomeUnknownError(
            "Stripe's answer shows no outcome.", request_id=answer.request_id
        ) from error
    if outcome is None:
        raise OutcomeUnknownError(
            "Stripe's answer shows no known status.", request_id=answer.request_id
        )
    return outcome


def _refused(step: FrozenStep, error: NotFoundError) -> GatewayError:
    """Stripe answers the canceling of a canceled subscription as if there were none."""
    if step.method != Method.DELETE.name:
        return error
    return AlreadyDoneError(
        "Stripe has no such subscription to cancel, or it was canceled already.",
        provider_code=error.provider_code,
        provider_message=error.provider_message,
        request_id=error.request_id,
        is_replay=error.is_replay,
    )


@refusing_misshapen
def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for what an unanswered try did (M7)."""
    if order.action is ActionKind.REFUND:
        return _look_for_refund(credentials, order)
    kind, external_id = _subject(order)
    obj, answer = fetch(credentials, kind, external_id)
    snapshots = _answered(obj, answer)
    outcome = outcome_of(order, obj, snapshots=snapshots, is_replay=False)
    # Without our marker state and amount must equal the order (M6).
    if outcome and (outcome.carries_marker or outcome.money == order.money):
        return Finding(outcome=outcome, snapshots=snapshots)
    return Finding(outcome=None, seen=_seen_instead(order, obj), snapshots=snapshots)


@refusing_misshapen
def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """Charge, root, refunds and disputes of a refund.

    What is captured, released or canceled otherwise (M18).
    """
    if order.action is not ActionKind.REFUND:
        kind, external_id = _subject(order)
        return read(credentials, kind, external_id)
    if not order.target_id.startswith("pi_"):
        obj, answer = fetch(credentials, ObjectKind.CHARGE, order.target_id)
        return charge_with_belongings(credentials, obj, answer, looks_for_disputes=True)
    found = read(credentials, ObjectKind.PAYMENT, order.target_id)
    refunds = _refunds_of(credentials, order)
    disputes = [each for one in found[1:2] for each in disputes_of(credentials, one.external_id)]
    return (*found[:2], *(snapshot(obj, seen) for obj, seen in refunds + disputes))


def _look_for_refund(credentials: Credentials, order: Order) -> Finding:
    refunds = _refunds_of(credentials, order)
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


def _refunds_of(credentials: Credentials, order: Order) -> Found:
    field = "payment_intent" if order.target_id.startswith("pi_") else "charge"
    return all_items(credentials, PATHS[ObjectKind.REFUND], **{field: order.target_id})


def _subject(order: Order) -> tuple[ObjectKind, str]:
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        return ObjectKind.SUBSCRIPTION, order.target_id
    return ObjectKind.PAYMENT, order.payment_id or order.target_id


def _answered(obj: dict[str, Any], answer: Answer) -> tuple[AnySnapshot, ...]:
    """The object and the charge inside it."""
    # A replay shows what was true when the first answer was made, which is no earlier than the
    # object itself; the time of the replay would let it overrule newer news.
    as_of = from_unix(obj["created"]) if answer.is_replay else answer.as_of
    field = "charge" if obj["object"] == "refund" else "latest_charge"
    charge = obj.get(field)
    if not isinstance(charge, dict):
        return (snapshot(obj, nested(obj, as_of)),)
    own = snapshot(obj, nested(obj, as_of, **{field: ref(charge) or None}))
    # Whether a charge that was ever disputed still is stands on its disputes, which this answer
    # does not have.
    if charge.get("disputed"):
        return (own,)
    is_released = field == "latest_charge" and is_canceled(obj)
    return (own, snapshot(charge, replace(nested(charge, as_of), is_released=is_released)))


def _seen_instead(order: Order, obj: Obj) -> str:
    """What is there instead of the order's result; empty while nothing has happened at all."""
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        return f"{obj['id']} canceled" if obj["status"] == "canceled" else ""
    if obj["status"] == "requires_capture":
        return ""
    amount = obj["amount"] if obj["status"] == "canceled" else obj.get("amount_received") or 0
    return f"{obj['id']} {obj['status']} {money_of(amount, obj)}"


def _described(refund: Obj) -> str:
    return f"{refund['id']} {refund['status']} {money_of(refund['amount'], refund)}"
