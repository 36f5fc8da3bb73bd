"""Pure functions from a shop's objects to snapshots."""

from collections.abc import Callable

from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.woocommerce.mapping.catalogue import coupon, product
from gateways.woocommerce.mapping.orders import charge, checked_parent, refund
from gateways.woocommerce.mapping.people import customer
from gateways.woocommerce.mapping.subscriptions import subscription
from gateways.woocommerce.mapping.values import Obj, Seen, refusing_misshapen

_MAPPERS: dict[ObjectKind, Callable[[Obj, Seen], AnySnapshot]] = {
    ObjectKind.CHARGE: charge,
    ObjectKind.CUSTOMER: customer,
    ObjectKind.PRODUCT: product,
    ObjectKind.COUPON: coupon,
    ObjectKind.SUBSCRIPTION: subscription,
}


@refusing_misshapen
def snapshot(kind: ObjectKind, obj: Obj, seen: Seen) -> AnySnapshot:
    """The snapshot of an object; PayloadError if it lacks what it must have."""
    return _MAPPERS[kind](obj, seen)


@refusing_misshapen
def refund_snapshot(obj: Obj, seen: Seen, *, order_id: str = "", currency: str) -> AnySnapshot:
    """The snapshot of a refund; shop-wide lists name its order inside it."""
    return refund(obj, seen, order_id=order_id or checked_parent(obj), currency=currency)
