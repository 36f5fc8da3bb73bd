"""Sends frozen steps, and looks for what an unanswered one did."""

import time
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.errors import GatewayError, OutcomeUnknownError, PayloadError, UnavailableError
from gateways.recurly.client import Answer, Method, call, ending_before, get
from gateways.recurly.mapping import Obj, Seen, snapshot
from gateways.recurly.mapping.values import MISSHAPEN, created, marker, refusing_misshapen, when
from gateways.recurly.orders import AMOUNT
from gateways.recurly.outcomes import described, is_canceled, outcome_of_refunds, refund_in
from gateways.recurly.reading import path_of, read, refunds_of, subscription_with_plan
from gateways.snapshots import AnySnapshot, ObjectKind


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make one call, once, and read afterwards what it changed.

    A 2xx that does not show a known outcome is an OutcomeUnknownError (M5).
    """
    left = (deadline - clock.now()).total_seconds()
    if left <= 0:
        raise UnavailableError("The time for this order has passed; nothing was sent.")
    latest = time.monotonic() + left
    answer = call(
        credentials,
        Method[step.method],
        step.path,
        params=_on_the_wire(step),
        deadline=latest,
        key=step.key(order.intent_id),
    )
    try:
        outcome = _outcome(order, answer)
    except (PayloadError, UnavailableError, *MISSHAPEN) as error:
        raise OutcomeUnknownError(
            "Recurly's answer shows no outcome.", request_id=answer.request_id
        ) from error
    if outcome is None:
        raise OutcomeUnknownError(
            "Recurly's answer shows no known status.", request_id=answer.request_id
        )
    with ending_before(latest):
        return _with_what_changed(credentials, order, outcome, answer)


@refusing_misshapen
def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for what an unanswered try did (M7)."""
    if order.action is ActionKind.REFUND:
        return _look_for_refund(credentials, order)
    answer = get(credentials, path_of(ObjectKind.SUBSCRIPTION, order.target_id))
    obj = answer.object()
    snapshots = subscription_with_plan(credentials, obj, answer)
    if is_canceled(order, obj):
        # There is no place for our marker; the state equals the order (M6).
        return Finding(outcome=_canceled(obj, snapshots, is_replay=False), snapshots=snapshots)
    seen = f"{obj['id']} canceled at the end of its term" if obj["state"] == "canceled" else ""
    return Finding(outcome=None, seen=seen, snapshots=snapshots)


@refusing_misshapen
def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """Charge, root and refunds of a refund; what is canceled otherwise (M18).

    Chargebacks stand on the charge itself.
    """
    if order.action is not ActionKind.REFUND:
        return read(credentials, ObjectKind.SUBSCRIPTION, order.target_id)
    found = read(credentials, ObjectKind.CHARGE, order.target_id)
    if not order.payment_id:
        return found
    root = get(credentials, path_of(ObjectKind.PAYMENT, order.payment_id))
    seen = Seen(as_of=root.as_of, raw=root.text.encode())
    return (found[0], snapshot(ObjectKind.PAYMENT, root.object(), seen), *found[1:])


def _look_for_refund(credentials: Credentials, order: Order) -> Finding:
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


def _on_the_wire(step: FrozenStep) -> dict[str, object]:
    body = dict(step.body)
    if AMOUNT in body:
        body[AMOUNT] = Decimal(str(body[AMOUNT]))
    return body


def _outcome(order: Order, answer: Answer) -> Outcome | None:
    obj = answer.object()
    seen = Seen(as_of=_time_of(obj, answer), raw=answer.text.encode())
    if order.action is ActionKind.REFUND:
        if obj["object"] != "invoice" or not obj["id"]:
            return None
        return refund_in(order, obj, seen, is_replay=answer.is_replay)
    if obj["object"] != "subscription" or not obj["id"] or not is_canceled(order, obj):
        return None
    own = snapshot(ObjectKind.SUBSCRIPTION, obj, seen)
    return _canceled(obj, (own,), is_replay=answer.is_replay)


def _with_what_changed(
    credentials: Credentials, order: Order, outcome: Outcome, answer: Answer
) -> Outcome:
    """Add the charge, which no answer to a refund shows, or the subscription with its plan.

    The outcome is known already: where this cannot be read in time, later news tells it.
    """
    is_refund = order.action is ActionKind.REFUND
    kind = ObjectKind.CHARGE if is_refund else ObjectKind.SUBSCRIPTION
    try:
        own = read(credentials, kind, order.target_id)[0]
    except GatewayError:
        return outcome
    # This read began after the answer, so it is no older, whatever whole seconds make of it.
    newest = replace(own, as_of=max(own.as_of, answer.as_of))
    kept = outcome.snapshots if is_refund else ()
    return replace(outcome, snapshots=(*kept, newest))


def _time_of(obj: Obj, answer: Answer) -> datetime:
    # A replay shows what was true when the first answer was made; the time of the replay would let
    # it overrule newer news.
    seen = Seen(as_of=answer.as_of, raw=b"")
    return (when(obj.get("updated_at")) or created(obj, seen)) if answer.is_replay else seen.as_of


def _canceled(obj: Obj, snapshots: tuple[AnySnapshot, ...], *, is_replay: bool) -> Outcome:
    return Outcome(
        state="succeeded",
        object_id=str(obj["id"]),
        is_replay=is_replay,
        snapshots=snapshots,
    )
