"""Asks the tenant's look-up address for one object."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateways.contract import Credentials, Order
from gateways.custom.mapping import ID_NAMES as RECORD_IDS
from gateways.custom.mapping import pictures
from gateways.custom.mapping.records import STATUS, UNTOLD
from gateways.errors import NotFoundError, PayloadError, UnavailableError
from gateways.function_kinds import FUNCTION_KINDS, ID_NAMES
from gateways.functions import LOOK_UP, Answered, look_up
from gateways.snapshots import AnySnapshot, ObjectKind

_LONGEST_ID = 255


def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    """One object as the tenant's system shows it now. NotFoundError, UnsupportedError."""
    return _found(_answered(credentials, kind, external_id, {}), kind, external_id)


def read_before_money(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """The object of an order; nothing without a look-up address (M18: what was told is all)."""
    is_kept = FUNCTION_KINDS[order.action].about in RECORD_IDS
    if LOOK_UP not in credentials.functions.urls or not is_kept:
        return ()
    return read_for(credentials, order)


def read_for(credentials: Credentials, order: Order) -> tuple[AnySnapshot, ...]:
    """The object of an order; nothing where no record of its kind is kept with us."""
    return asked_for(credentials, order)[1]


def asked_for(
    credentials: Credentials, order: Order
) -> tuple[Mapping[str, Any], tuple[AnySnapshot, ...]]:
    """The whole answer about an order, and the pictures in it: the order's key tells which."""
    kind = FUNCTION_KINDS[order.action]
    key = f"{order.intent_id}-{order.action}"
    about = {"of": order.action.value, "idempotency_key": key}
    answer = _answered(credentials, kind.about, order.target_id, about)
    found = _found(answer, kind.about, order.target_id) if kind.about in RECORD_IDS else ()
    made = kind.makes
    if made not in RECORD_IDS or not isinstance(answer.body.get(made.value), Mapping):
        return answer.body, found
    record = answer.body[made.value]
    for name in (RECORD_IDS[made], STATUS):
        # Whatever stood for a status that is not told would be a guess at the outcome (M4).
        if not isinstance(record.get(name), str):
            raise UnavailableError(f"Your own system shows a {made.value} without its {name}.")
    return answer.body, (*found, *_pictured(made, record, answer.as_of))


def told_pictures(
    kind: ObjectKind, told: Mapping[str, Any], *, base: Mapping[str, Any], as_of: datetime
) -> tuple[AnySnapshot, ...]:
    """Pictures of what a system told, over `base`, which it may leave out; the door decides.

    Only the object itself carries `told`: the ledger brings it together with its own record.
    """
    found = pictures(kind, {**base, **told}, stored=b"", as_of=as_of)
    return (replace(found[0], told=told), *found[1:])


def _answered(
    credentials: Credentials, kind: ObjectKind, external_id: str, about: Mapping[str, object]
) -> Answered:
    if not external_id or len(external_id) > _LONGEST_ID or not external_id.isprintable():
        raise NotFoundError("There is no such record.")
    return look_up(credentials, {**about, kind.value: {ID_NAMES[kind]: external_id}})


def _found(answer: Answered, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    name, told = ID_NAMES[kind], answer.body.get(kind.value)
    if not isinstance(told, Mapping) or told.get(name, external_id) != external_id:
        raise UnavailableError("Your own system does not show the record that was asked for.")
    return _pictured(kind, {**told, name: external_id}, answer.as_of)


def _pictured(
    kind: ObjectKind, told: Mapping[str, Any], as_of: datetime
) -> tuple[AnySnapshot, ...]:
    base = {} if isinstance(told.get(STATUS), str) else {STATUS: UNTOLD}
    try:
        return told_pictures(kind, told, base=base, as_of=as_of)
    except PayloadError as error:
        raise UnavailableError(f"Your own system's record is not readable: {error}") from error
