"""Sends frozen steps, and looks for what an unanswered one did."""

import time
from datetime import datetime

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.errors import (
    CredentialsError,
    GatewayError,
    OutcomeUnknownError,
    PayloadError,
    UnavailableError,
)
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.woocommerce.client import Answer, change, get, get_before
from gateways.woocommerce.documents import Obj
from gateways.woocommerce.mapping import refund_snapshot, snapshot
from gateways.woocommerce.mapping.amounts import iso_code, iso_minor
from gateways.woocommerce.mapping.values import (
    MISSHAPEN,
    Seen,
    ident,
    meta_marker,
    reason_marker,
    refusing_misshapen,
)
from gateways.woocommerce.orders import (
    CANCEL_LATER,
    CANCEL_NOW,
    refuse_impossible,
    wanted_status,
)
from gateways.woocommerce.plugins import refuse_unsupported
from gateways.woocommerce.reading import (
    fetch,
    order_with_refunds,
    picture,
    plain_number,
    read,
    refund_snapshots,
    refunds_of,
)
from gateways.woocommerce.refusals import BAD_KEY, plain_text
from gateways.woocommerce.requests import look_for_request, refuse_rounded, requested

# The order is read once more after a refund, as long as nobody waits long for it.
_AFTERWARDS_SECONDS = 5.0


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make one call, once; a refund reads its order first, and refuses what cannot be.

    A 2xx that does not show a known outcome is an OutcomeUnknownError (M5).
    """
    left = (deadline - clock.now()).total_seconds()
    if left <= 0:
        raise UnavailableError("The time for this order has passed; nothing was sent.")
    until = time.monotonic() + left
    if order.action is ActionKind.REFUND:
        return _refund(credentials, order, step, until)
    answer = _sent(credentials, step, until)
    try:
        obj = answer.object()
        if order.action is ActionKind.REQUEST_PAYMENT:
            outcome = requested(order, obj, Seen(as_of=answer.as_of, raw=answer.body))
        else:
            outcome = _turned(order, obj, _subscription(credentials, obj, answer))
    except (GatewayError, *MISSHAPEN) as error:
        raise OutcomeUnknownError("The shop's answer shows no outcome.") from error
    if outcome is None or not outcome.carries_marker:
        raise OutcomeUnknownError("The shop's answer shows no outcome.")
    return outcome


def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for what an unanswered try did (M7)."""
    if order.action is ActionKind.REFUND:
        return _look_for_refund(credentials, order)
    if order.action is ActionKind.REQUEST_PAYMENT:
        return look_for_request(credentials, order)
    obj, raw, as_of = fetch(credentials, ObjectKind.SUBSCRIPTION, plain_number(order.target_id))
    seen = picture(credentials, ObjectKind.SUBSCRIPTION, (obj, raw), as_of)
    snapshots = (snapshot(ObjectKind.SUBSCRIPTION, obj, seen),)
    outcome = _turned(order, obj, snapshots)
    # With our mark it was turned, and somebody has turned it again since: that is not nothing.
    is_other = (
        obj.get("status") in {CANCEL_NOW, CANCEL_LATER} or meta_marker(obj) == order.intent_id
    )
    return Finding(
        outcome=outcome,
        seen=f"{obj['id']} {obj['status']}" if is_other and outcome is None else "",
        snapshots=snapshots,
    )


def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """Order and refunds of a refund, the customer of a request, or the subscription (M18).

    InvalidOrderError for a request of an amount that the shop would round, DeclinedError for a
    refund that its payment plug-in does not know how to make.
    """
    number = plain_number(order.target_id)
    if order.action is ActionKind.REFUND:
        found = order_with_refunds(credentials, number)
        # What the tenant's own system gives back needs no plug-in of the shop.
        if order.money is not None and order.function is None:
            refuse_unsupported(credentials, found[0])
        return found
    if order.action is ActionKind.REQUEST_PAYMENT:
        if order.money is not None:
            refuse_rounded(credentials, order.money)
        return read(credentials, ObjectKind.CUSTOMER, number)
    obj, raw, as_of = fetch(credentials, ObjectKind.SUBSCRIPTION, number)
    seen = picture(credentials, ObjectKind.SUBSCRIPTION, (obj, raw), as_of)
    return (snapshot(ObjectKind.SUBSCRIPTION, obj, seen),)


def _refund(credentials: Credentials, order: Order, step: FrozenStep, until: float) -> Outcome:
    path = f"/orders/{plain_number(order.target_id)}"
    before = get_before(credentials, path, until, query={}).object()
    refuse_impossible(order, before)
    answer = _sent(credentials, step, until)
    try:
        obj = answer.object()
        outcome = _refunded(order, before, obj, Seen(as_of=answer.as_of, raw=answer.body))
    except (GatewayError, *MISSHAPEN) as error:
        raise OutcomeUnknownError("The shop's answer shows no outcome.") from error
    if outcome is None:
        raise OutcomeUnknownError("The shop wrote the refund down and does not say it was paid.")
    charge = _charge_afterwards(credentials, path, until, answered_at=answer.as_of)
    return outcome if charge is None else _with(outcome, charge)


def _sent(credentials: Credentials, step: FrozenStep, until: float) -> Answer:
    try:
        return change(credentials, step.method, step.path, deadline=until, body=step.body)
    except CredentialsError as error:
        if error.provider_code != BAD_KEY:
            raise
        # The same keys have just read the object: what they lack is the right to write.
        raise CredentialsError(
            "The keys may read and not write.",
            missing="write",
            provider_code=error.provider_code,
            provider_message=error.provider_message,
        ) from error


def _refunded(order: Order, parent: Obj, obj: Obj, seen: Seen) -> Outcome | None:
    """The outcome a refund shows; None while the shop does not confirm the payment."""
    if obj.get("refunded_payment") is not True or not obj.get("amount"):
        return None
    code = iso_code(parent["currency"])
    return Outcome(
        state="succeeded",
        object_id=ident(obj),
        money=Money.of(iso_minor(obj["amount"], code), code),
        carries_marker=reason_marker(obj.get("reason")) == order.intent_id,
        snapshots=(refund_snapshot(obj, seen, order_id=ident(parent), currency=code),),
    )


def _charge_afterwards(
    credentials: Credentials, path: str, until: float, *, answered_at: datetime
) -> AnySnapshot | None:
    """The order with its new state; the refund stands whether or not it can be read."""
    soon = min(until, time.monotonic() + _AFTERWARDS_SECONDS)
    try:
        answer = get_before(credentials, path, soon, query={})
        # It shows the refund, however long the reading took (M18).
        seen = Seen(as_of=max(answer.as_of, answered_at), raw=answer.body)
        return snapshot(ObjectKind.CHARGE, answer.object(), seen)
    except GatewayError:
        return None


def _with(outcome: Outcome, charge: AnySnapshot) -> Outcome:
    return Outcome(
        state=outcome.state,
        object_id=outcome.object_id,
        money=outcome.money,
        carries_marker=outcome.carries_marker,
        snapshots=(*outcome.snapshots, charge),
    )


@refusing_misshapen
def _look_for_refund(credentials: Credentials, order: Order) -> Finding:
    number = plain_number(order.target_id)
    # The order first: a refund that comes in between is in the rows and not in its sum, which
    # only asks for another read.
    parent, raw, as_of = fetch(credentials, ObjectKind.CHARGE, number)
    rows = refunds_of(credentials, number)
    snapshots = (
        snapshot(ObjectKind.CHARGE, parent, Seen(as_of=as_of, raw=raw)),
        *refund_snapshots(parent, rows),
    )
    for obj, seen in rows:
        if reason_marker(obj.get("reason")) == order.intent_id:
            outcome = _refunded(order, parent, obj, seen)
            words = "" if outcome else _described(obj, parent)
            return Finding(outcome=outcome, seen=words, snapshots=snapshots)
    told = (*(_described(obj, parent) for obj, _ in rows), *_notes_of(credentials, order))
    return Finding(outcome=None, seen="; ".join(told), snapshots=snapshots)


def _notes_of(credentials: Credentials, order: Order) -> list[str]:
    """What a payment plug-in wrote down about this very order, in words of its own.

    They tell people whether it was done; they are free texts, so they settle nothing.
    """
    notes = get(credentials, f"/orders/{plain_number(order.target_id)}/notes").items()
    told = [str(each.get("note") or "") for each, _ in notes]
    return [plain_text(each) for each in told if reason_marker(each) == order.intent_id]


def _described(obj: Obj, parent: Obj) -> str:
    paid = "paid" if obj.get("refunded_payment") is True else "payment not confirmed"
    return f"{obj['id']} {obj.get('amount') or '?'} {parent['currency']} {paid}"


def _subscription(credentials: Credentials, obj: Obj, answer: Answer) -> tuple[AnySnapshot, ...]:
    seen = picture(credentials, ObjectKind.SUBSCRIPTION, (obj, answer.body), answer.as_of)
    return (snapshot(ObjectKind.SUBSCRIPTION, obj, seen),)


def _turned(order: Order, obj: Obj, snapshots: tuple[AnySnapshot, ...]) -> Outcome | None:
    """The outcome a subscription shows; None if it is not as ordered."""
    is_ours = meta_marker(obj) == order.intent_id
    # Without a paid period that could end, the shop cancels at once.
    is_ending = order.action is ActionKind.CANCEL_SUBSCRIPTION
    is_over = is_ending and is_ours and obj.get("status") == CANCEL_NOW
    if obj.get("status") != wanted_status(order) and not is_over:
        return None
    if str(obj["id"]) != order.target_id:
        raise PayloadError("The shop answered with another object.")
    return Outcome(
        state="succeeded", object_id=ident(obj), carries_marker=is_ours, snapshots=snapshots
    )
