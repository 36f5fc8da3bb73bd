"""The base of every row that mirrors an object of a gateway."""

import zlib
from typing import Any
from uuid import UUID

from django.db import models

from chargedesk.base.models import TenantRow
from chargedesk.kit import ids
from gateways.snapshots import UNFINISHED, ObjectKind


def mirrored_id(connection_id: UUID, kind: str, external_id: str) -> UUID:
    """The id of the row that mirrors this object: derived, so that a link needs no look-up."""
    return ids.derived_id(connection_id, kind, external_id)


class Mirrored(TenantRow):
    """A row that mirrors one object of one connection.

    `as_of` is the provider's time of the picture: news older than it is ignored (M18). `raw` holds
    the provider's bytes, compressed with zlib. Links between mirrored rows carry no database
    constraint: news arrives in any order; that to the connection has none, as that to the tenant.
    """

    connection = models.ForeignKey(
        "tenants.Connection",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    external_id = models.CharField(max_length=255)
    as_of = models.DateTimeField()
    occurred_at = models.DateTimeField()
    is_deleted = models.BooleanField(default=False)
    raw = models.BinaryField(default=b"")
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True

    def raw_payload(self) -> bytes:
        """The provider's own bytes."""
        return zlib.decompress(bytes(self.raw)) if self.raw else b""


def by_external_id(name: str) -> models.Index:
    """An index that finds an external id in all of a tenant's connections.

    It is not unique: ids derive from connection and external id, so the primary key keeps each
    object once, and an upsert can be arbitrated by one unique index only. It does not begin with
    the tenant, as none does that a look-up by id could use: statistics know nothing of a new
    tenant, so the planner would expect one row of it and, while its history is imported, read them
    all for each batch.
    """
    return models.Index(fields=["external_id", "tenant", "connection"], name=name)


def of_live(*fields: str, name: str) -> models.Index:
    """An index that begins with the tenant, for lists: used by saying `is_deleted=False`."""
    return models.Index(fields=["tenant", *fields], name=name, condition=models.Q(is_deleted=False))


def unfinished_statuses(kind: ObjectKind) -> list[str]:
    """The statuses of what is not at its end, as the index below names them."""
    return sorted(str(each) for each in UNFINISHED[kind])


def of_unfinished(kind: ObjectKind, *, name: str) -> models.Index:
    """An index that holds only what is not at its end, for the nightly check: few rows of many."""
    return models.Index(
        fields=["tenant", "connection", "id"],
        name=name,
        condition=models.Q(status__in=unfinished_statuses(kind), is_deleted=False),
    )


def link(to: str, **options: Any) -> Any:
    """A foreign key to a row that may not have arrived yet: without a database constraint."""
    options = {"null": True, "related_name": "+", **options}
    return models.ForeignKey(
        to, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, **options
    )
