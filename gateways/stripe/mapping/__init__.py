"""Turns Stripe's objects into snapshots: pure functions, and a table from Stripe's word to each."""

from collections.abc import Callable

from gateways.errors import PayloadError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.mapping.billing import invoice, invoice_payment, subscription
from gateways.stripe.mapping.catalogue import coupon, price, product
from gateways.stripe.mapping.payments import charge, dispute, fraud_warning, payment, refund
from gateways.stripe.mapping.people import customer, payment_method
from gateways.stripe.mapping.shape import MISSHAPEN
from gateways.stripe.mapping.values import Obj, Seen

MAPPERS: dict[str, tuple[ObjectKind, Callable[[Obj, Seen], AnySnapshot]]] = {
    "charge": (ObjectKind.CHARGE, charge),
    "coupon": (ObjectKind.COUPON, coupon),
    "customer": (ObjectKind.CUSTOMER, customer),
    "dispute": (ObjectKind.DISPUTE, dispute),
    "invoice": (ObjectKind.INVOICE, invoice),
    "invoice_payment": (ObjectKind.INVOICE_PAYMENT, invoice_payment),
    "payment_intent": (ObjectKind.PAYMENT, payment),
    "payment_method": (ObjectKind.PAYMENT_METHOD, payment_method),
    "price": (ObjectKind.PRICE, price),
    "product": (ObjectKind.PRODUCT, product),
    "radar.early_fraud_warning": (ObjectKind.FRAUD_WARNING, fraud_warning),
    "refund": (ObjectKind.REFUND, refund),
    "subscription": (ObjectKind.SUBSCRIPTION, subscription),
}


def kind_of(word: str) -> ObjectKind | None:
    """Our kind for Stripe's `object` word; None for what we do not follow."""
    known = MAPPERS.get(word)
    return known[0] if known else None


def snapshot(obj: Obj, seen: Seen) -> AnySnapshot:
    """Read one object by its own `object` word.

    PayloadError if it is not one of ours or lacks what it must have.
    """
    try:
        return MAPPERS[obj["object"]][1](obj, seen)
    except MISSHAPEN as error:
        named = f"{obj.get('object', 'object')} {obj.get('id', '')}".strip()
        raise PayloadError(f"Stripe's {named} is not readable: {type(error).__name__}.") from error


__all__ = ["MAPPERS", "Obj", "Seen", "kind_of", "snapshot"]
