"""Orders at the tenant's own system: frozen into one call, sent once, looked up if it can be."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.custom import outcomes
from gateways.custom.mapping import ID_NAMES
from gateways.custom.mapping.records import (
    BESIDES,
    Record,
    counts_as_gone,
    is_rest,
    listed,
    marker_in,
    money,
    text,
)
from gateways.custom.reading import asked_for, told_pictures
from gateways.errors import OutcomeUnknownError, PayloadError, UnsupportedError
from gateways.function_kinds import FUNCTION_KINDS, id_named
from gateways.functions import Answered, frozen_call, order_out, page_in
from gateways.snapshots import AnySnapshot, ObjectKind, RefundSnapshot

# What an answer without the object means for it.
_DONE: Mapping[ActionKind, Mapping[str, str]] = {
    ActionKind.CAPTURE: {"status": "paid"},
    ActionKind.VOID: {"status": "void"},
    ActionKind.PAUSE_SUBSCRIPTION: {"status": "suspended"},
    ActionKind.RESUME_SUBSCRIPTION: {"status": "active"},
}
# Known by state and amount (M6): an answer that shows another one contradicts its own yes.
_KNOWN_BY_STATE = frozenset({ActionKind.CAPTURE, ActionKind.VOID, ActionKind.CANCEL_SUBSCRIPTION})


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
    """What the tenant's system shows of the order's object, of what it made, or says of it."""
    answer, snapshots = asked_for(credentials, order)
    outcome = outcomes.outcome_shown(order, snapshots)
    contradicting = ""
    if outcome is None and answer.get("done") is True:
        contradicting = outcomes.contradicting(order, snapshots)
        outcome = None if contradicting else _told_done(order, answer)
    seen = "" if outcome else contradicting or outcomes.described(order, snapshots)
    return Finding(outcome=outcome, seen=seen, snapshots=snapshots)


def _told_done(order: Order, answer: Mapping[str, Any]) -> Outcome | None:
    """`{"done": true}`: its own word on an order that no record shows (a letter, a page)."""
    kind = FUNCTION_KINDS[order.action]
    if kind.makes:
        return None
    if kind.gives_url:
        return _page(order, answer)
    return Outcome(state="succeeded", object_id=order.target_id, money=order.money)


def _page(order: Order, answer: Mapping[str, Any]) -> Outcome:
    url, until = page_in(answer)
    named = str(answer.get("id") or "")[:255]
    return Outcome(state="succeeded", object_id=named, money=order.money, url=url, expires_at=until)


def _outcome(order: Order, step: FrozenStep, answered: Answered) -> Outcome:
    kind = FUNCTION_KINDS[order.action]
    if kind.gives_url:
        return _page(order, answered.body)
    if order.action is ActionKind.REFUND:
        return _refund_outcome(order, _pictures(order, step, answered))
    if kind.makes is not None:
        return _made_outcome(order, step, answered)
    # Of an invoice no record is kept here.
    snapshots = _pictures(order, step, answered) if kind.about in ID_NAMES else ()
    if order.action in _KNOWN_BY_STATE and not outcomes.outcome_shown(order, snapshots):
        raise OutcomeUnknownError("What your own system did is not what was ordered.")
    return Outcome(
        state="succeeded", object_id=order.target_id, money=order.money, snapshots=snapshots
    )


def _pictures(order: Order, step: FrozenStep, answered: Answered) -> tuple[AnySnapshot, ...]:
    kind = FUNCTION_KINDS[order.action].about
    sent = _object(step.body, kind)
    told = {**_implied(order, sent), **_told(answered.body, kind, order.target_id)}
    if order.action is ActionKind.REFUND:
        told |= _refund_told(order, step, sent, answered.body)
    told[ID_NAMES[kind]] = order.target_id
    # What was sent stands in for what the answer leaves out; the ledger knows better.
    return told_pictures(kind, told, base=sent, as_of=answered.as_of)


def _made_outcome(order: Order, step: FrozenStep, answered: Answered) -> Outcome:
    """The charge or subscription the answer names, with our key; what differs is no success."""
    made = FUNCTION_KINDS[order.action].makes
    record = answered.body.get(made.value) if made else None
    if made is None or not id_named(answered.body, made) or not isinstance(record, Mapping):
        raise OutcomeUnknownError("Your own system's answer does not name what it made.")
    _refuse_another_order_s(record, order)
    told = {**_expected(order), **record, "idempotency_key": step.body["idempotency_key"]}
    snapshots = told_pictures(made, told, base={}, as_of=answered.as_of)
    outcome = outcomes.outcome_shown(order, snapshots)
    if outcome is None:
        raise OutcomeUnknownError("What your own system made is not what was ordered.")
    return outcome


def _expected(order: Order) -> dict[str, Any]:
    """What stands for what the answer leaves out: as it was ordered."""
    expected: dict[str, Any] = {"customer_id": order.target_id}
    if order.money is not None:
        status = "authorized" if order.action is ActionKind.AUTHORIZE else "paid"
        expected |= {"amount": order.money.plain, "currency": order.money.currency.code}
        return {**expected, "status": status}
    return {
        **expected,
        "product_id": order.details.get("price"),
        "quantity": order.details.get("quantity"),
    }


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
    if order.action is ActionKind.CHANGE_SUBSCRIPTION:
        implied |= {"product_id": order.details["price"], "quantity": order.details["quantity"]}
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
    _refuse_another_order_s(refund, order)
    refund["idempotency_key"] = step.body["idempotency_key"]
    charge = _told_charge(answer)
    others = listed(charge)
    ours = _ours_among(others, refund, sent, order.money)
    _refuse_another_order_s(ours or {}, order)
    refund = {**(ours or {}), **refund}
    refund.setdefault("amount", order.money.plain)
    refund.setdefault("refund_id", step.body["idempotency_key"])
    code = order.money.currency.code
    currencies = {text(each, "currency").upper() for each in (refund, charge)}
    if money(refund, "amount", code) != order.money or currencies - {"", code}:
        # Not what was ordered: people must look (M12).
        raise PayloadError("Your own system's refund has another amount than was ordered.")
    others = [each for each in others if each is not ours]
    told: dict[str, Any] = {"refunds": [*others, refund]}
    if "amount_refunded" not in charge:
        told[BESIDES] = _besides(sent)
    return told


def _told_charge(answer: Mapping[str, Any]) -> Record:
    charge = answer.get(ObjectKind.CHARGE.value)
    return charge if isinstance(charge, Mapping) else {}


def _refuse_another_order_s(made: Record, order: Order) -> None:
    """A system that takes two like orders for one names what the first one made (M7)."""
    if marker_in(text(made, "idempotency_key")) not in {None, order.intent_id}:
        raise PayloadError("It was made by another order.")


def _ours_among(
    listed_there: list[Mapping[str, Any]],
    refund: Mapping[str, Any],
    sent: Mapping[str, Any],
    ordered: Money,
) -> Mapping[str, Any] | None:
    """Our refund in the charge's list: by our key or its id, or the only new one of our amount."""
    name = refund.get("refund_id")
    for each in listed_there:
        is_named = bool(name) and each.get("refund_id") == name
        if is_named or each.get("idempotency_key") == refund["idempotency_key"]:
            return each
    if name:
        return None
    known = {each.get("refund_id") for each in listed(sent)}
    new = [
        each
        for each in listed_there
        if each.get("refund_id") not in known
        and not each.get("idempotency_key")
        and not is_rest(each)
        and money(each, "amount", ordered.currency.code) == ordered
    ]
    return new[0] if len(new) == 1 else None


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
