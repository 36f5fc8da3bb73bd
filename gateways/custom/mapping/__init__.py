"""Turns what a tenant told of its records into snapshots: brought together, then read."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gateways.custom.mapping import billing, payments, people
from gateways.custom.mapping.records import Seen, merged
from gateways.errors import PayloadError
from gateways.snapshots import AnySnapshot, ObjectKind

# The name of an object's id in its record, and of the object in what is told.
ID_NAMES = {
    ObjectKind.CHARGE: "transaction_id",
    ObjectKind.CUSTOMER: "customer_id",
    ObjectKind.SUBSCRIPTION: "subscription_id",
    ObjectKind.PRODUCT: "product_id",
}
_READERS: Mapping[ObjectKind, Callable[[Seen], tuple[AnySnapshot, ...]]] = {
    ObjectKind.CHARGE: payments.pictures,
    ObjectKind.CUSTOMER: people.pictures,
    ObjectKind.SUBSCRIPTION: billing.subscription_pictures,
    ObjectKind.PRODUCT: billing.product_pictures,
}


def pictures(
    kind: ObjectKind, fields: Mapping[str, Any], *, stored: bytes, as_of: datetime
) -> tuple[AnySnapshot, ...]:
    """The object first, then what belongs to it. PayloadError, with the field as parameter."""
    if kind not in _READERS:
        raise PayloadError(f"No records of {kind} are kept here.")
    before = _document(stored)
    record = merged(before, fields)
    raw = json.dumps(record, ensure_ascii=False, sort_keys=True).encode()
    try:
        return _READERS[kind](Seen(record=record, before=before, as_of=as_of, raw=raw))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise PayloadError(f"This {kind} makes no sense: {error!r}") from error


def _document(stored: bytes) -> dict[str, Any]:
    if not stored:
        return {}
    try:
        found = json.loads(stored)
    except ValueError as error:
        raise PayloadError("The stored record is not JSON.") from error
    return found if isinstance(found, dict) else {}
