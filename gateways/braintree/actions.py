"""Sends frozen steps, and looks for what an unanswered one did."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from braintree import TransactionSearch

from chargedesk.kit import clock
from gateways.braintree.client import READ_SECONDS, Answer, Method, call, get
from gateways.braintree.mapping import Obj, Seen, held_pictures, sale_pictures, snapshot
from gateways.braintree.mapping.shape import MISSHAPEN, refusing_misshapen
from gateways.braintree.mapping.values import when
from gateways.braintree.merchant_accounts import account_for
from gateways.braintree.orders import sale_marker, subscription_id
from gateways.braintree.outcomes import TAGS, TAKING, carries_marker, money_of, outcome_of
from gateways.braintree.reading import (
    Snapshots,
    charge_with_belongings,
    checked,
    is_live,
    payment_with_belongings,
    pictured,
    plans,
    read,
    refunds_of,
    subscription_seen,
    transaction,
)
from gateways.braintree.refusals import KeyNotAllowedError
from gateways.braintree.searching import TRANSACTIONS, Found, in_answer, matching_ids
from gateways.braintree.slices import tree
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.errors import (
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    UnavailableError,
)
from gateways.snapshots import ObjectKind

_ABOUT_CUSTOMER = TAKING | {ActionKind.CREATE_SUBSCRIPTION}
# What is captured or given back was held, also where Braintree's whole seconds do not show it.
_OF_HELD = frozenset({ActionKind.CAPTURE, ActionKind.VOID})
_ACCOUNT = "merchant_account_id"


def send(
    credentials: Credentials, order: Order, step: FrozenStep, *, deadline: datetime
) -> Outcome:
    """Make one call, once; a merchant without request keys is sent the same without one.

    A 2xx that does not show a known outcome is an OutcomeUnknownError (M5).
    """
    left = (deadline - clock.now()).total_seconds()
    if left <= 0:
        raise UnavailableError("The time for this order has passed; nothing was sent.")
    until = time.monotonic() + left
    # An order that an earlier release froze may come without its merchant account.
    step = complete(credentials, order, step, until=until)
    answer = _called(credentials, step, until)
    try:
        obj = answer.object(TAGS[order.action])
        outcome = outcome_of(order, obj, snapshots=_answered(credentials, order, obj, answer))
    except (PayloadError, UnavailableError, *MISSHAPEN) as error:
        raise OutcomeUnknownError(
            "Braintree's answer shows no outcome.", request_id=answer.request_id
        ) from error
    if outcome is None:
        raise OutcomeUnknownError(
            "Braintree's answer shows no known status.", request_id=answer.request_id
        )
    if order.action is ActionKind.CREATE_SUBSCRIPTION:
        return replace(outcome, snapshots=_as_started(credentials, order, answer, until))
    if order.action is not ActionKind.REFUND:
        return outcome
    return replace(outcome, snapshots=_with_charge(credentials, order, outcome, until))


def _called(credentials: Credentials, step: FrozenStep, until: float) -> Answer:
    """What Braintree answered, to the call without its key if only the key was refused.

    That refusal is definite: nothing was done, and the second call is the first that can do
    anything. An unanswered one is looked for by its marker, with a key or without (M7).
    """
    method = Method[step.method]
    try:
        return call(credentials, method, step.path, params=step.body, deadline=until)
    except KeyNotAllowedError:
        return call(credentials, method, step.path, params=_keyless(step.body), deadline=until)


def _keyless(body: Mapping[str, object]) -> dict[str, object]:
    ((tag, told),) = body.items()
    kept = {
        name: value
        for name, value in cast(Mapping[str, object], told).items()
        if name != "api_request_key"
    }
    return {tag: kept} if kept else {}


@refusing_misshapen
def complete(
    credentials: Credentials, order: Order, step: FrozenStep, *, until: float | None = None
) -> FrozenStep:
    """The call with the merchant account that takes the order's currency, if it names none (M1).

    `until`: of `time.monotonic`. InvalidOrderError where no account, or no single one, takes it.
    """
    tag = TAGS[order.action]
    told = cast(Mapping[str, object], step.body.get(tag) or {})
    if order.action not in _ABOUT_CUSTOMER or _ACCOUNT in told:
        return step
    until = time.monotonic() + READ_SECONDS if until is None else until
    if order.action is ActionKind.CREATE_SUBSCRIPTION:
        # A sale names the customer beside the card; a subscription names the card only.
        _insist_on_holder(credentials, order, until)
    code = order.money.currency.code if order.money else str(order.details["currency"])
    account = account_for(credentials, code, until=until)
    return replace(step, body={tag: {**told, _ACCOUNT: account}})


@refusing_misshapen
def look_up(credentials: Credentials, order: Order) -> Finding:
    """Look for what an unanswered try did (M7)."""
    if order.action is ActionKind.REFUND:
        return _look_for_refund(credentials, order)
    if order.action in TAKING:
        return _look_for_sale(credentials, order)
    if order.action is ActionKind.CREATE_SUBSCRIPTION:
        return _look_for_subscription(credentials, order)
    tag = TAGS[order.action]
    answer = get(credentials, f"/{tag}s/{order.target_id}")
    obj = answer.object(tag)
    snapshots = _read_again(credentials, order, obj, answer)
    outcome = outcome_of(order, obj, snapshots=snapshots)
    # No call but a refund has room for our marker: state and amount must equal the order (M6).
    if outcome and outcome.money == order.money:
        return Finding(outcome=outcome, snapshots=snapshots)
    return Finding(outcome=None, seen=_seen_instead(order, obj), snapshots=snapshots)


def read_before_money(credentials: Credentials, order: Order) -> Snapshots:
    """The sale with its refunds and disputes, the subscription, or the customer (M18)."""
    if order.action in _ABOUT_CUSTOMER:
        return read(credentials, ObjectKind.CUSTOMER, order.target_id)
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        return read(credentials, ObjectKind.SUBSCRIPTION, order.target_id)
    kind = ObjectKind.PAYMENT if order.action in _OF_HELD else ObjectKind.CHARGE
    return read(credentials, kind, order.target_id)


def _look_for_refund(credentials: Credentials, order: Order) -> Finding:
    """By the refunds that the sale names: a search could still lag behind."""
    sale = transaction(credentials, order.target_id)
    refunds = refunds_of(credentials, sale.obj)
    snapshots = pictured(credentials, sale, refunds)
    for each in refunds:
        if carries_marker(order, each.obj):
            outcome = outcome_of(order, each.obj, snapshots=snapshots)
            seen = "" if outcome else _described(each.obj)
            return Finding(outcome=outcome, seen=seen, snapshots=snapshots)
    seen = "; ".join(_described(each.obj) for each in refunds)
    return Finding(outcome=None, seen=seen, snapshots=snapshots)


def _look_for_sale(credentials: Credentials, order: Order) -> Finding:
    """By our own order id: there is nothing else that names a sale, and a search may lag."""
    terms = [TransactionSearch.order_id == sale_marker(order)]
    wanted = matching_ids(credentials, TRANSACTIONS, terms)
    sales = [transaction(credentials, each) for each in wanted]
    ours = [each for each in sales if carries_marker(order, each.obj)]
    # A refused try may stand beside the one that took money.
    found = [(outcome_of(order, each.obj, snapshots=()), each) for each in ours]
    found.sort(key=lambda pair: pair[0] is None or pair[0].state == "failed")
    for outcome, sale in found[:1]:
        snapshots = charge_with_belongings(credentials, sale)
        if outcome:
            return Finding(outcome=replace(outcome, snapshots=snapshots), snapshots=snapshots)
        return Finding(outcome=None, seen=_described(sale.obj), snapshots=snapshots)
    return Finding(outcome=None)


def _insist_on_holder(credentials: Credentials, order: Order, until: float) -> None:
    path = f"/payment_methods/any/{checked(str(order.details['payment_method']))}"
    answer = get(credentials, path, within=until - time.monotonic())
    ((_, method),) = tree(answer.body).items()
    if method.get("customer_id") != order.target_id:
        raise InvalidOrderError(
            "This card is not one of this customer's.", parameter="payment_method"
        )


def _as_started(credentials: Credentials, order: Order, answer: Answer, until: float) -> Snapshots:
    """The new subscription, after asking for its plan, which tells how often it bills."""
    obj = answer.object("subscription")
    try:
        found = in_answer(get(credentials, "/plans/", within=until - time.monotonic()), "plan")
    except GatewayError:
        return ()
    plan = next((each.obj for each in found if each.obj["id"] == obj.get("plan_id")), {})
    seen = Seen(as_of=answer.as_of, raw=answer.body, customer_id=order.target_id, plan=plan)
    return (snapshot("subscription", obj, seen),)


def _look_for_subscription(credentials: Credentials, order: Order) -> Finding:
    """By the id that we chose for it: reads by id show every write at once."""
    try:
        answer = get(credentials, f"/subscriptions/{subscription_id(order)}")
    except NotFoundError:
        return Finding(outcome=None)
    obj = answer.object("subscription")
    found = Found(obj=obj, raw=answer.body, as_of=answer.as_of)
    known = {each.obj["id"]: each.obj for each in plans(credentials)}
    snapshots = (snapshot("subscription", obj, subscription_seen(credentials, found, known)),)
    outcome = outcome_of(order, obj, snapshots=snapshots)
    seen = "" if outcome else f"{obj['id']} {obj['status']}"
    return Finding(outcome=outcome, seen=seen, snapshots=snapshots)


def _answered(credentials: Credentials, order: Order, obj: Obj, answer: Answer) -> Snapshots:
    # A repeated key answers with the past, and nothing marks that: the object's own time of change
    # tells. It is never later than the answer, and never earlier than a read before the change.
    changed_at = when(obj.get("updated_at")) or answer.as_of
    as_of = min(changed_at, answer.as_of)
    if TAGS[order.action] == "subscription":
        # The plan and the customer stand on other objects; until they are read again the stored
        # subscription keeps its picture.
        return ()
    seen = Seen(as_of=as_of, raw=answer.body, is_live=is_live(credentials))
    return (held_pictures if order.action in _OF_HELD else sale_pictures)(obj, seen)


def _with_charge(
    credentials: Credentials, order: Order, outcome: Outcome, until: float
) -> Snapshots:
    """The refund, and the sale as it stands now.

    The answer has only the refund. Whatever happens to this read, the refund's outcome is known.
    """
    after = outcome.snapshots[0].as_of
    try:
        within = until - time.monotonic()
        sale = transaction(credentials, order.target_id, within=within)
        found = charge_with_belongings(credentials, sale, within=until - time.monotonic())
    except GatewayError:
        return outcome.snapshots
    # It was read after the refund, also where whole seconds say otherwise.
    later = tuple(replace(each, as_of=max(each.as_of, after)) for each in found)
    own = {outcome.object_id}
    return (*outcome.snapshots, *(each for each in later if each.external_id not in own))


def _read_again(credentials: Credentials, order: Order, obj: Obj, answer: Answer) -> Snapshots:
    found = Found(obj=obj, raw=answer.body, as_of=answer.as_of)
    if order.action is not ActionKind.CANCEL_SUBSCRIPTION:
        return payment_with_belongings(credentials, found)
    known = {each.obj["id"]: each.obj for each in plans(credentials)}
    return (snapshot("subscription", obj, subscription_seen(credentials, found, known)),)


def _seen_instead(order: Order, obj: Obj) -> str:
    """What is there instead of the order's result; empty while nothing has happened at all."""
    if order.action is ActionKind.CANCEL_SUBSCRIPTION:
        is_over = obj["status"] in {"Canceled", "Expired"}
        return f"{obj['id']} {obj['status']}" if is_over else ""
    return "" if obj["status"] == "authorized" else _described(obj)


def _described(obj: Obj) -> str:
    return f"{obj['id']} {obj['status']} {money_of(obj)}"
