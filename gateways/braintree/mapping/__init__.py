"""Turns Braintree's objects into snapshots: pure functions over what the SDK's parser reads."""

from collections.abc import Callable

from gateways.braintree.mapping.billing import price, product, subscription
from gateways.braintree.mapping.payments import charge, dispute, payment, refund, was_held
from gateways.braintree.mapping.people import KINDS, customer, payment_method
from gateways.braintree.mapping.shape import MISSHAPEN, refusing_misshapen
from gateways.braintree.mapping.values import Obj, Seen
from gateways.errors import PayloadError
from gateways.snapshots import AnySnapshot, ObjectKind

Mapper = Callable[[Obj, Seen], AnySnapshot]
# A transaction says itself which of the two it is.
TYPES: dict[str, tuple[ObjectKind, Mapper]] = {
    "sale": (ObjectKind.CHARGE, charge),
    "credit": (ObjectKind.REFUND, refund),
}
MAPPERS: dict[str, Mapper] = {
    "customer": customer,
    "dispute": dispute,
    "plan": price,
    "subscription": subscription,
}


def snapshot(tag: str, obj: Obj, seen: Seen) -> AnySnapshot:
    """Read one object by the name of its element; PayloadError if that is not one of ours.

    A plan is its price; `product` makes the other half of it.
    """
    try:
        if tag in KINDS:
            return payment_method(tag, obj, seen)
        return (TYPES[obj["type"]][1] if tag == "transaction" else MAPPERS[tag])(obj, seen)
    except MISSHAPEN as error:
        named = f"{tag} {obj.get('id', '')}".strip()
        raise PayloadError(f"Braintree's {named} is not readable: {error!r:.80}.") from error


@refusing_misshapen
def sale_pictures(obj: Obj, seen: Seen) -> tuple[AnySnapshot, ...]:
    """A transaction; a sale that was held also as the payment that could be captured."""
    is_payment = kind_of(obj) is ObjectKind.CHARGE and was_held(obj)
    return held_pictures(obj, seen) if is_payment else (snapshot("transaction", obj, seen),)


def held_pictures(obj: Obj, seen: Seen) -> tuple[AnySnapshot, AnySnapshot]:
    """A sale that is known to have been held, and the payment that could be captured."""
    return snapshot("transaction", obj, seen), payment(obj, seen)


def kind_of(obj: Obj) -> ObjectKind:
    """Whether a transaction is a charge or a refund; CHARGE where it does not say."""
    found = TYPES.get(str(obj.get("type")))
    return found[0] if found else ObjectKind.CHARGE


__all__ = [
    "TYPES",
    "Obj",
    "Seen",
    "held_pictures",
    "kind_of",
    "payment",
    "product",
    "sale_pictures",
    "snapshot",
    "was_held",
]
