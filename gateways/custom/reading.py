"""Asks the tenant's look-up address for one object."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateways.contract import Credentials, Order
from gateways.custom.mapping import ID_NAMES, pictures
from gateways.errors import NotFoundError, PayloadError, UnavailableError
from gateways.functions import LOOK_UP, look_up
from gateways.snapshots import AnySnapshot, ObjectKind

SUBJECTS = {"charge": ObjectKind.CHARGE, "subscription": ObjectKind.SUBSCRIPTION}
_LONGEST_ID = 255


def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    """One object as the tenant's system shows it now. NotFoundError, UnsupportedError."""
    return _asked(credentials, kind, external_id, {})


def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """The object of an order; nothing without a look-up address (M18: what was told is all)."""
    if LOOK_UP not in credentials.functions.urls:
        return ()
    return read_for(credentials, order)


def read_for(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """The object of an order, the order named: its key tells which refund is meant."""
    kind = kind_of(order)
    about = {"of": order.action.value, "idempotency_key": f"{order.intent_id}-{order.action}"}
    return _asked(credentials, kind, order.target_id, about)


def kind_of(order: Order) -> ObjectKind:
    """What an order is about."""
    is_subscription = order.action.value.endswith("subscription")
    return ObjectKind.SUBSCRIPTION if is_subscription else ObjectKind.CHARGE


def told_pictures(
    kind: ObjectKind, told: Mapping[str, Any], *, base: Mapping[str, Any], as_of: datetime
) -> tuple[AnySnapshot, ...]:
    """Pictures of what a system told, over `base`, which it may leave out; the door decides.

    Only the object itself carries `told`: the ledger brings it together with its own record.
    """
    found = pictures(kind, {**base, **told}, stored=b"", as_of=as_of)
    return (replace(found[0], told=told), *found[1:])


def _asked(
    credentials: Credentials, kind: ObjectKind, external_id: str, about: Mapping[str, object]
) -> tuple[AnySnapshot, ...]:
    if not external_id or len(external_id) > _LONGEST_ID or not external_id.isprintable():
        raise NotFoundError("There is no such record.")
    name = ID_NAMES[kind]
    answer = look_up(credentials, {**about, kind.value: {name: external_id}})
    told = answer.body.get(kind.value)
    if not isinstance(told, Mapping) or told.get(name, external_id) != external_id:
        raise UnavailableError("Your own system does not show the record that was asked for.")
    try:
        return told_pictures(kind, {**told, name: external_id}, base={}, as_of=answer.as_of)
    except PayloadError as error:
        raise UnavailableError(f"Your own system's record is not readable: {error}") from error
