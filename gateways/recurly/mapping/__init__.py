"""Turns Recurly's objects into snapshots: pure functions."""

from collections.abc import Callable
from typing import TypeVar

from gateways.errors import PayloadError
from gateways.recurly.mapping.billing import invoice, subscription
from gateways.recurly.mapping.catalogue import coupon, prices, product
from gateways.recurly.mapping.payments import charge, payment, refund
from gateways.recurly.mapping.people import customer, payment_method
from gateways.recurly.mapping.values import MISSHAPEN, Obj, Seen
from gateways.snapshots import AnySnapshot, ObjectKind

Found = TypeVar("Found")

MAPPERS: dict[ObjectKind, Callable[[Obj, Seen], AnySnapshot]] = {
    ObjectKind.CUSTOMER: customer,
    ObjectKind.PAYMENT_METHOD: payment_method,
    ObjectKind.PAYMENT: payment,
    ObjectKind.CHARGE: charge,
    ObjectKind.REFUND: refund,
    ObjectKind.PRODUCT: product,
    ObjectKind.COUPON: coupon,
    ObjectKind.SUBSCRIPTION: subscription,
    ObjectKind.INVOICE: invoice,
}


def snapshot(kind: ObjectKind, obj: Obj, seen: Seen) -> AnySnapshot:
    """Read one object. PayloadError if it lacks what it must have."""
    return _readable(kind, obj, lambda: MAPPERS[kind](obj, seen))


def prices_of(plan: Obj, seen: Seen) -> tuple[AnySnapshot, ...]:
    """The prices of a plan. PayloadError likewise."""
    return _readable(ObjectKind.PRICE, plan, lambda: prices(plan, seen))


def _readable(kind: ObjectKind, obj: Obj, maps: Callable[[], Found]) -> Found:
    try:
        return maps()
    except MISSHAPEN as error:
        named = f"{kind} {obj.get('id', '')}".strip()
        raise PayloadError(f"Recurly's {named} is not readable: {type(error).__name__}.") from error


__all__ = ["MAPPERS", "Obj", "Seen", "prices_of", "snapshot"]
