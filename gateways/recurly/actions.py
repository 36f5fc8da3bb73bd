"""Sends frozen steps, and looks for what an unanswered one did."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import cast

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, FrozenStep, Order, Outcome
from gateways.errors import (
    GatewayError,
    InvalidOrderError,
    OutcomeUnknownError,
    PayloadError,
    UnavailableError,
)
from gateways.recurly.client import Answer, Method, call, get
from gateways.recurly.looking import look_up
from gateways.recurly.mapping import Obj, Seen, snapshot
from gateways.recurly.mapping.amounts import iso_code
from gateways.recurly.mapping.values import MISSHAPEN, created, refusing_misshapen, when
from gateways.recurly.orders import AMOUNTS
from gateways.recurly.orders.parts import plan_of
from gateways.recurly.outcomes import answered
from gateways.recurly.reading import path_of, read
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.timed import ending_before

_ABOUT_CUSTOMER = frozenset({ActionKind.CHARGE, ActionKind.CREATE_SUBSCRIPTION})


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
    with ending_before(latest):
        # An order that an earlier release froze may come without its codes.
        step = complete(credentials, order, step)
    answer = call(
        credentials,
        Method[step.method],
        step.path,
        params=on_the_wire(step.body),
        deadline=latest,
        key=step.key(order.intent_id),
    )
    try:
        obj = answer.object()
        seen = Seen(as_of=_time_of(obj, answer), raw=answer.text.encode())
        outcome = answered(order, obj, seen, is_replay=answer.is_replay)
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
def complete(credentials: Credentials, order: Order, step: FrozenStep) -> FrozenStep:
    """The call with the codes of account and plan, if it does not say them yet (M1).

    The contract wants them, an id does not tell them, and a plan's may change. The plan of a new
    subscription is looked at as well: InvalidOrderError for one that takes a fee for the start,
    because more would be taken than was shown.
    """
    account = cast(Mapping[str, object], step.body.get("account") or {})
    if order.action not in _ABOUT_CUSTOMER or "code" in account:
        return step
    code = get(credentials, path_of(ObjectKind.CUSTOMER, order.target_id)).object()["code"]
    if order.action is ActionKind.CHARGE:
        return replace(step, body={**step.body, "account": {**account, "code": code}})
    plan_id, currency = plan_of(order)
    plan = get(credentials, path_of(ObjectKind.PRODUCT, plan_id)).object()
    _refuse_fee(plan, currency)
    codes = {"account": {"code": code}, "plan_code": plan["code"]}
    return replace(step, body={**step.body, **codes})


def on_the_wire(body: Mapping[str, object]) -> dict[str, object]:
    """A frozen body as it is sent: amounts are numbers there."""
    return {name: _wire_value(name, value) for name, value in body.items()}


@refusing_misshapen
def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """Charge, root and refunds of a refund; else the customer or subscription it is about (M18).

    Chargebacks stand on the charge itself.
    """
    if order.action in _ABOUT_CUSTOMER:
        return read(credentials, ObjectKind.CUSTOMER, order.target_id)
    if order.action is not ActionKind.REFUND:
        return read(credentials, ObjectKind.SUBSCRIPTION, order.target_id)
    found = read(credentials, ObjectKind.CHARGE, order.target_id)
    if not order.payment_id:
        return found
    root = get(credentials, path_of(ObjectKind.PAYMENT, order.payment_id))
    seen = Seen(as_of=root.as_of, raw=root.text.encode())
    return (found[0], snapshot(ObjectKind.PAYMENT, root.object(), seen), *found[1:])


def _wire_value(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return on_the_wire(value)
    if isinstance(value, list):
        return [_wire_value(name, each) for each in value]
    return Decimal(str(value)) if name in AMOUNTS else value


def _refuse_fee(plan: Obj, currency: str) -> None:
    for each in plan.get("currencies") or ():
        if iso_code(each["currency"]) == currency and each.get("setup_fee"):
            raise InvalidOrderError(
                "This plan takes a fee for the start; begin it in Recurly.", parameter="price"
            )


def _with_what_changed(
    credentials: Credentials, order: Order, outcome: Outcome, answer: Answer
) -> Outcome:
    """Add the charge, which no answer to a refund shows, or the subscription with its plan.

    The outcome is known already: where this cannot be read in time, later news tells it.
    """
    if order.action is ActionKind.CHARGE:
        return outcome
    is_refund = order.action is ActionKind.REFUND
    kind = ObjectKind.CHARGE if is_refund else ObjectKind.SUBSCRIPTION
    try:
        own = read(credentials, kind, order.target_id if is_refund else outcome.object_id)[0]
    except GatewayError:
        return outcome
    # This read began after the answer, so it is no older, whatever whole seconds make of it.
    newest = replace(own, as_of=max(own.as_of, answer.as_of))
    kept = outcome.snapshots if is_refund else ()
    return replace(outcome, snapshots=(*kept, newest))


def _time_of(obj: Obj, answer: Answer) -> datetime:
    # A replay shows what was true when the first answer was made; the time of the replay would let
    # it overrule newer news.
    shown = obj.get("charge_invoice") or obj
    seen = Seen(as_of=answer.as_of, raw=b"")
    return (
        (when(shown.get("updated_at")) or created(shown, seen)) if answer.is_replay else seen.as_of
    )


__all__ = ["look_up", "on_the_wire", "read_before_money", "send"]
