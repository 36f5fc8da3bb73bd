"""The pictures in an answer to an order: the object itself and those that came inside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from chargedesk.kit.clock import from_unix
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.stripe.client import Answer
from gateways.stripe.mapping import kind_of, snapshot
from gateways.stripe.mapping.values import ref
from gateways.stripe.reading import is_canceled, nested

Inside = Callable[[dict[str, Any], datetime], tuple[AnySnapshot, ...]]


def answered(obj: dict[str, Any], answer: Answer) -> tuple[AnySnapshot, ...]:
    """The object and what it carries; nothing of an object that we do not mirror."""
    kind = kind_of(obj["object"])
    # The answer to a removal says no more than that the object is gone.
    if kind is None or obj.get("deleted"):
        return ()
    # A replay shows what was true when the first answer was made, which is no earlier than the
    # object itself; the time of the replay would let it overrule newer news.
    as_of = from_unix(obj["created"]) if answer.is_replay else answer.as_of
    return _INSIDE.get(kind, _alone)(obj, as_of)


def _alone(obj: dict[str, Any], as_of: datetime) -> tuple[AnySnapshot, ...]:
    return (snapshot(obj, nested(obj, as_of)),)


def _with_charge(field: str) -> Inside:
    def pictures(obj: dict[str, Any], as_of: datetime) -> tuple[AnySnapshot, ...]:
        charge = obj.get(field)
        if not isinstance(charge, dict):
            return _alone(obj, as_of)
        own = snapshot(obj, nested(obj, as_of, **{field: ref(charge) or None}))
        # Whether a charge that was ever disputed still is stands on its disputes, which this
        # answer does not have.
        if charge.get("disputed"):
            return (own,)
        is_released = field == "latest_charge" and is_canceled(obj)
        return (own, snapshot(charge, replace(nested(charge, as_of), is_released=is_released)))

    return pictures


def _with_invoice(obj: dict[str, Any], as_of: datetime) -> tuple[AnySnapshot, ...]:
    invoice = obj.get("latest_invoice")
    if not isinstance(invoice, dict):
        return _alone(obj, as_of)
    own = snapshot(obj, nested(obj, as_of, latest_invoice=ref(invoice) or None))
    return (own, *_with_payments(invoice, as_of))


def _with_payments(obj: dict[str, Any], as_of: datetime) -> tuple[AnySnapshot, ...]:
    payments = obj.get("payments") or {}
    own = snapshot(obj, nested(obj, as_of, payments=None))
    return (own, *(snapshot(each, nested(each, as_of)) for each in payments.get("data", ())))


_INSIDE: dict[ObjectKind, Inside] = {
    ObjectKind.INVOICE: _with_payments,
    ObjectKind.PAYMENT: _with_charge("latest_charge"),
    ObjectKind.REFUND: _with_charge("charge"),
    ObjectKind.SUBSCRIPTION: _with_invoice,
}
