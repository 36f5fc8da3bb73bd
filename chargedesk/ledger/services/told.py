"""Records that a tenant keeps with us: what was told is brought together with what is stored.

A record is told some fields at a time, by several programs at once, so each is read, brought
together and written under a lock of its own, taken before the money roots' (M17).
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as database

from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, GatewayCustomer, Product, Subscription
from chargedesk.ledger.models.mirrored import Mirrored, mirrored_id
from chargedesk.tenants.models import Connection
from gateways import registry
from gateways.contract import TakesRecords, records_taker
from gateways.errors import UnsupportedError
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    CustomerSnapshot,
    ObjectKind,
    PaymentSnapshot,
    PriceSnapshot,
    ProductSnapshot,
    RefundSnapshot,
    Snapshot,
    SubscriptionSnapshot,
)

_KINDS: Mapping[type[Snapshot], ObjectKind] = {
    ChargeSnapshot: ObjectKind.CHARGE,
    CustomerSnapshot: ObjectKind.CUSTOMER,
    ProductSnapshot: ObjectKind.PRODUCT,
    SubscriptionSnapshot: ObjectKind.SUBSCRIPTION,
}
_MODELS: Mapping[ObjectKind, type[Mirrored]] = {
    ObjectKind.CHARGE: Charge,
    ObjectKind.CUSTOMER: GatewayCustomer,
    ObjectKind.PRODUCT: Product,
    ObjectKind.SUBSCRIPTION: Subscription,
}
# Facts that stay true whenever they are told.
_TIMELESS = ("refunds", "refunded_besides")
_INSTANT = timedelta(microseconds=1)


def pictures_after(
    connection: Connection, kind: ObjectKind, external_id: str, fields: Mapping[str, Any]
) -> tuple[AnySnapshot, ...]:
    """The pictures of a record after `fields` were told now; the record stays locked.

    PayloadError if it makes no sense then, UnsupportedError where nobody tells records.
    """
    _lock([mirrored_id(connection.id, kind, external_id)])
    raw, known_at = _stored(connection, kind, external_id)
    as_of = max(clock.now(), known_at + _INSTANT) if known_at else clock.now()
    return _adapter(connection).pictures(kind, fields, stored=raw, as_of=as_of)


def whole_pictures(
    connection: Connection, snapshots: Sequence[AnySnapshot]
) -> Sequence[AnySnapshot]:
    """The same snapshots, with those that tell only some fields made whole."""
    told = [each for each in snapshots if each.told is not None]
    if not told:
        return snapshots
    _lock([mirrored_id(connection.id, _KINDS[type(each)], each.external_id) for each in told])
    made: dict[tuple[type[Snapshot], str], AnySnapshot] = {}
    for each in told:
        known = made.get((type(each), each.external_id))
        before = (known.raw, known.as_of) if known else _stored_of(connection, each)
        for picture in _brought_together(connection, each, before):
            made[type(picture), picture.external_id] = picture
    names = {each.external_id for each in told}
    kept = [each for each in snapshots if each.told is None and not _hangs_on(each, names)]
    return [*kept, *made.values()]


def _hangs_on(snapshot: AnySnapshot, told: Collection[str]) -> bool:
    """Whether it belongs to an object that was told: the adapter could only guess at it."""
    if isinstance(snapshot, RefundSnapshot):
        return snapshot.charge_id in told
    return isinstance(snapshot, PaymentSnapshot | PriceSnapshot) and snapshot.external_id in told


def _brought_together(
    connection: Connection, told: AnySnapshot, before: tuple[bytes, datetime | None]
) -> tuple[AnySnapshot, ...]:
    kind, fields, as_of = _KINDS[type(told)], told.told or {}, told.as_of
    raw, known_at = before
    if known_at is not None and known_at >= as_of:
        # Newer news came meanwhile: of what was told, only that stays which is never out of date.
        fields = {name: fields[name] for name in _TIMELESS if name in fields}
        as_of = known_at + _INSTANT
        if not fields:
            return ()
    return _adapter(connection).pictures(kind, fields, stored=raw, as_of=as_of)


def _stored_of(connection: Connection, told: AnySnapshot) -> tuple[bytes, datetime | None]:
    return _stored(connection, _KINDS[type(told)], told.external_id)


def _stored(
    connection: Connection, kind: ObjectKind, external_id: str
) -> tuple[bytes, datetime | None]:
    rows = _MODELS[kind]._default_manager.filter(  # noqa: SLF001  Django's name for a model's manager
        pk=mirrored_id(connection.id, kind, external_id), is_deleted=False
    )
    found = rows.values_list("raw", "as_of").first()
    if found is None:
        return b"", None
    return zlib.decompress(bytes(found[0])) if found[0] else b"", found[1]


def _lock(row_ids: Sequence[UUID]) -> None:
    with database.cursor() as cursor:
        for row_id in sorted(set(row_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(row_id)])


def _adapter(connection: Connection) -> TakesRecords:
    adapter = records_taker(registry.adapter(connection.provider))
    if adapter is None:
        raise UnsupportedError("This connection's records are read at its gateway.")
    return adapter
