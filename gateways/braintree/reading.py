"""Reads single objects with what belongs to them."""

import time
from collections.abc import Callable

from braintree.util.validation import is_invalid_path_segment

from gateways.braintree.client import (
    PRODUCTION,
    READ_SECONDS,
    Answer,
    environment_of,
    get,
)
from gateways.braintree.mapping import Obj, Seen, payment, product, sale_pictures, snapshot
from gateways.braintree.mapping.billing import customer_of
from gateways.braintree.mapping.people import METHODS
from gateways.braintree.mapping.shape import refusing_misshapen
from gateways.braintree.mapping.values import ids, many, text
from gateways.braintree.searching import Found, in_answer
from gateways.braintree.slices import children, tree
from gateways.contract import Credentials
from gateways.errors import NotFoundError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind, PaymentSnapshot

Snapshots = tuple[AnySnapshot, ...]


@refusing_misshapen
def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> Snapshots:
    """Read one object again, itself first.

    NotFoundError, also for ids that cannot be Braintree's (guests).
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise UnsupportedError(f"Braintree has no {kind}.")
    return reader(credentials, checked(external_id))


def checked(external_id: str) -> str:
    """The id, if the SDK would put it into an address; NotFoundError otherwise."""
    if is_invalid_path_segment(external_id):
        raise NotFoundError("Braintree has no such object at this merchant.")
    return external_id


def transaction(
    credentials: Credentials, external_id: str, *, within: float = READ_SECONDS
) -> Found:
    """One transaction, sale or credit."""
    path = f"/transactions/{checked(external_id)}"
    answer = get(credentials, path, within=within)
    return Found(obj=answer.object("transaction"), raw=answer.body, as_of=answer.as_of)


def refunds_of(credentials: Credentials, sale: Obj, *, within: float = READ_SECONDS) -> list[Found]:
    """The refunds a sale names, each read by id: a search may lag behind."""
    until = time.monotonic() + within
    return [
        transaction(credentials, each, within=until - time.monotonic())
        for each in ids(sale, "refund_ids")
    ]


def is_live(credentials: Credentials) -> bool:
    """Whether these keys open the production environment."""
    return environment_of(credentials) == PRODUCTION


@refusing_misshapen
def charge_with_belongings(
    credentials: Credentials, sale: Found, *, within: float = READ_SECONDS
) -> Snapshots:
    """A sale with its refunds and disputes."""
    refunds = refunds_of(credentials, sale.obj, within=within)
    return pictured(credentials, sale, refunds)


def pictured(credentials: Credentials, sale: Found, refunds: list[Found]) -> Snapshots:
    """The pictures of a sale, of its refunds, which were read already, and of its disputes."""
    live = is_live(credentials)
    seen = Seen(
        as_of=sale.as_of,
        raw=sale.raw,
        is_live=live,
        refunds=tuple(each.obj for each in refunds),
    )
    return (
        *sale_pictures(sale.obj, seen),
        *(
            snapshot("transaction", each.obj, Seen(as_of=each.as_of, raw=each.raw, is_live=live))
            for each in refunds
        ),
        *_disputes_in(sale),
    )


@refusing_misshapen
def payment_with_belongings(credentials: Credentials, sale: Found) -> Snapshots:
    """A sale that was held as the payment that it is, with its charge, refunds and disputes."""
    seen = Seen(as_of=sale.as_of, raw=sale.raw, is_live=is_live(credentials))
    belongings = charge_with_belongings(credentials, sale)
    return (
        payment(sale.obj, seen),
        *(each for each in belongings if not isinstance(each, PaymentSnapshot)),
    )


def plans(credentials: Credentials) -> list[Found]:
    """All plans; there is no search for them."""
    return in_answer(get(credentials, "/plans/"), "plan")


def subscription_seen(credentials: Credentials, found: Found, known_plans: dict[str, Obj]) -> Seen:
    """What other objects tell about a subscription: its customer and its plan."""
    customer_id = customer_of(found.obj)
    token = text(found.obj.get("payment_method_token"))
    if not customer_id and token:
        customer_id = _holder_of(credentials, token)
    plan = known_plans.get(text(found.obj.get("plan_id")), {})
    return Seen(as_of=found.as_of, raw=found.raw, customer_id=customer_id, plan=plan)


def _holder_of(credentials: Credentials, token: str) -> str:
    try:
        methods = _payment_method(credentials, checked(token))
    except NotFoundError:
        return ""
    return text(getattr(methods[0], "customer_id", ""))


def _transaction(credentials: Credentials, external_id: str) -> Snapshots:
    found = transaction(credentials, external_id)
    if found.obj.get("type") != "credit":
        return charge_with_belongings(credentials, found)
    own = snapshot("transaction", found.obj, Seen(as_of=found.as_of, raw=found.raw))
    of = text(found.obj.get("refunded_transaction_id"))
    if not of:
        return (own,)
    sale = charge_with_belongings(credentials, transaction(credentials, of))
    return (own, *(each for each in sale if each.external_id != external_id))


def _payment(credentials: Credentials, external_id: str) -> Snapshots:
    return payment_with_belongings(credentials, transaction(credentials, external_id))


def _customer(credentials: Credentials, external_id: str) -> Snapshots:
    answer = get(credentials, f"/customers/{external_id}")
    own = Seen(as_of=answer.as_of, raw=answer.body)
    return (snapshot("customer", answer.object("customer"), own), *_methods_in(answer))


def _methods_in(answer: Answer) -> Snapshots:
    return tuple(
        snapshot(tag, tree(raw)[tag], Seen(as_of=answer.as_of, raw=raw))
        for field, (tag, _) in METHODS.items()
        for _, raw in children(answer.body, (field.replace("_", "-"),))
    )


def _payment_method(credentials: Credentials, external_id: str) -> Snapshots:
    answer = get(credentials, f"/payment_methods/any/{external_id}")
    tag, obj = next(iter(tree(answer.body).items()))
    return (snapshot(tag, obj, Seen(as_of=answer.as_of, raw=answer.body)),)


def _subscription(credentials: Credentials, external_id: str) -> Snapshots:
    answer = get(credentials, f"/subscriptions/{external_id}")
    obj = answer.object("subscription")
    found = Found(obj=obj, raw=answer.body, as_of=answer.as_of)
    known_plans = {each.obj["id"]: each.obj for each in plans(credentials)}
    own = snapshot("subscription", obj, subscription_seen(credentials, found, known_plans))
    return (own,)


def _dispute(credentials: Credentials, external_id: str) -> Snapshots:
    answer = get(credentials, f"/disputes/{external_id}")
    obj = answer.object("dispute")
    own = snapshot("dispute", obj, Seen(as_of=answer.as_of, raw=answer.body))
    of = transaction(credentials, text((obj.get("transaction") or {}).get("id")))
    belongings = charge_with_belongings(credentials, of)
    return (own, *(each for each in belongings if each.external_id != own.external_id))


def _disputes_in(sale: Found) -> Snapshots:
    raws = [raw for _, raw in children(sale.raw, ("disputes",))]
    told = {"transaction": {"id": sale.obj["id"]}}
    return tuple(
        snapshot("dispute", {**told, **obj}, Seen(as_of=sale.as_of, raw=raw))
        for obj, raw in zip(many(sale.obj, "disputes"), raws, strict=True)
        if obj.get("id")
    )


def _plan(credentials: Credentials, external_id: str) -> tuple[AnySnapshot, AnySnapshot]:
    for found in plans(credentials):
        if found.obj.get("id") == external_id:
            seen = Seen(as_of=found.as_of, raw=found.raw)
            return snapshot("plan", found.obj, seen), product(found.obj, seen)
    raise NotFoundError("Braintree has no such plan at this merchant.")


def _product(credentials: Credentials, external_id: str) -> Snapshots:
    price, sold = _plan(credentials, external_id)
    return sold, price


_READERS: dict[ObjectKind, Callable[[Credentials, str], Snapshots]] = {
    ObjectKind.CHARGE: _transaction,
    ObjectKind.REFUND: _transaction,
    ObjectKind.PAYMENT: _payment,
    ObjectKind.CUSTOMER: _customer,
    ObjectKind.PAYMENT_METHOD: _payment_method,
    ObjectKind.SUBSCRIPTION: _subscription,
    ObjectKind.DISPUTE: _dispute,
    ObjectKind.PRICE: _plan,
    ObjectKind.PRODUCT: _product,
}
