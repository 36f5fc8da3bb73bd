"""Orders at the tenant's own system: frozen into one call, sent once, looked up if it can be."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.custom import outcomes
from gateways.custom.mapping import ID_NAMES
from gateways.custom.mapping.records import BESIDES, counts_as_gone, is_rest, listed, money
from gateways.custom.reading import kind_of, read_for, told_pictures
from gateways.errors import OutcomeUnknownError, PayloadError, UnsupportedError
from gateways.functions import Answered, frozen_call, order_out
from gateways.snapshots import AnySnapshot, ObjectKind, RefundSnapshot

# What an answer without the object means for it.
_DONE: Mapping[ActionKind, Mapping[str, str]] = {
    ActionKind.CAPTURE: {"status": "paid"},
    ActionKind.VOID: {"status": "void"},
}


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """The one call. UnsupportedError where there is no address for it."""
    if order.function is None:
        raise UnsupportedError(f"No address was given for {order.action}.")
    step = frozen_call(order, order.function)
    sent = dict(_object(step.body, ObjectKind.CHARGE))
    if not sent:
        return (step,)
    # Of refunds that the system told as a total only, it knows more than we do.
    sent["refunds"] = [each for each in listed(sent) if not is_rest(each)]
    return (replace(step, body={**step.body, "charge": sent}),)


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make the call, once. What a 2xx tells of the object is stored at once."""
    answered = order_out(credentials, step, deadline=deadline)
    try:
        return _outcome(order, step, answered)
    except PayloadError as error:
        raise OutcomeUnknownError(f"Your own system's answer is not readable: {error}") from error


def look_up(credentials: Credentials, order: Order) -> Finding:
    """What the tenant's system shows of the order's object."""
    snapshots = read_for(credentials, order)
    outcome = outcomes.outcome_shown(order, snapshots)
    seen = "" if outcome else outcomes.described(order, snapshots)
    return Finding(outcome=outcome, seen=seen, snapshots=snapshots)


def _outcome(order: Order, step: FrozenStep, answered: Answered) -> Outcome:
    kind = kind_of(order)
    sent = _object(step.body, kind)
    told = {**_implied(order, sent), **_told(answered.body, kind, order.target_id)}
    if order.action is ActionKind.REFUND:
        told |= _refund_told(order, step, sent, answered.body)
    told[ID_NAMES[kind]] = order.target_id
    # What was sent stands in for what the answer leaves out; the ledger knows better.
    snapshots = told_pictures(kind, told, base=sent, as_of=answered.as_of)
    if order.action is not ActionKind.REFUND:
        return Outcome(
            state="succeeded", object_id=order.target_id, money=order.money, snapshots=snapshots
        )
    return _refund_outcome(order, snapshots)


def _refund_outcome(order: Order, snapshots: tuple[AnySnapshot, ...]) -> Outcome:
    ours = next(
        each
        for each in snapshots
        if isinstance(each, RefundSnapshot) and each.marker == order.intent_id
    )
    if ours.status not in outcomes.REFUND_STATES:
        raise OutcomeUnknownError("Your own system's refund has a status we do not know.")
    # Of the refunds only ours is told here: the others are as they were.
    kept = tuple(each for each in snapshots if each is ours or not isinstance(each, RefundSnapshot))
    outcome = outcomes.outcome_shown(order, kept)
    if outcome is None:
        raise OutcomeUnknownError("Your own system's answer shows no outcome.")
    return replace(outcome, snapshots=kept)


def _implied(order: Order, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is so after a plain yes."""
    implied: dict[str, Any] = dict(_DONE.get(order.action, {}))
    if order.action is ActionKind.CAPTURE and order.money is not None:
        implied["amount_captured"] = order.money.plain
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        ends_later = {"cancel_at_period_end": "1"}
        implied |= ends_later if order.at_period_end else {"status": "canceled"}
    return implied


def _refund_told(
    order: Order, step: FrozenStep, sent: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, Any]:
    """The refund as one of the charge's refunds, with our key; and what was refunded besides."""
    if order.money is None:
        raise PayloadError("A refund has an amount.")
    named = answer.get("refund")
    refund = dict(named) if isinstance(named, Mapping) else {}
    refund["idempotency_key"] = step.body["idempotency_key"]
    refund.setdefault("amount", order.money.plain)
    refund.setdefault("refund_id", step.body["idempotency_key"])
    charge = answer.get(ObjectKind.CHARGE.value)
    others = listed(charge) if isinstance(charge, Mapping) else []
    told: dict[str, Any] = {"refunds": [*others, refund]}
    if not isinstance(charge, Mapping) or "amount_refunded" not in charge:
        told[BESIDES] = _besides(sent)
    return told


def _besides(sent: Mapping[str, Any]) -> str:
    code = str(sent["currency"])
    total = money(sent, "amount_refunded", code)
    for each in listed(sent):
        if counts_as_gone(each):
            total -= money(each, "amount", code)
    return total.plain if total.minor > 0 else "0"


def _told(answer: Mapping[str, Any], kind: ObjectKind, target_id: str) -> Mapping[str, Any]:
    told = answer.get(kind.value)
    if told is None:
        return {}
    if not isinstance(told, Mapping) or told.get(ID_NAMES[kind], target_id) != target_id:
        raise PayloadError("The answer is about another object.")
    return told


def _object(body: Mapping[str, object], kind: ObjectKind) -> Mapping[str, Any]:
    sent = body.get(kind.value)
    return sent if isinstance(sent, Mapping) else {}
