"""The pictures in an answer to an order: the object itself and the charge inside it."""

from dataclasses import replace
from typing import Any

from chargedesk.kit.clock import from_unix
from gateways.snapshots import AnySnapshot
from gateways.stripe.client import Answer
from gateways.stripe.mapping import kind_of, snapshot
from gateways.stripe.mapping.values import ref
from gateways.stripe.reading import is_canceled, nested


def answered(obj: dict[str, Any], answer: Answer) -> tuple[AnySnapshot, ...]:
    """The object and the charge inside it; nothing of an object that we do not mirror."""
    if kind_of(obj["object"]) is None:
        return ()
    # A replay shows what was true when the first answer was made, which is no earlier than the
    # object itself; the time of the replay would let it overrule newer news.
    as_of = from_unix(obj["created"]) if answer.is_replay else answer.as_of
    field = "charge" if obj["object"] == "refund" else "latest_charge"
    charge = obj.get(field)
    if not isinstance(charge, dict):
        return (snapshot(obj, nested(obj, as_of)),)
    own = snapshot(obj, nested(obj, as_of, **{field: ref(charge) or None}))
    # Whether a charge that was ever disputed still is stands on its disputes, which this answer
    # does not have.
    if charge.get("disputed"):
        return (own,)
    is_released = field == "latest_charge" and is_canceled(obj)
    return (own, snapshot(charge, replace(nested(charge, as_of), is_released=is_released)))
