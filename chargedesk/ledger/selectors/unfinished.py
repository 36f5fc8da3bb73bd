"""What of a connection is not at its end yet, in the order of its rows: read again every night."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Dispute, GatewayInvoice, Refund, Subscription
from chargedesk.ledger.models.mirrored import unfinished_statuses
from gateways.snapshots import ObjectKind

# `Any`: the manager of a model that is chosen at run time.
_MODELS: Mapping[ObjectKind, Any] = {
    ObjectKind.CHARGE: Charge,
    ObjectKind.REFUND: Refund,
    ObjectKind.DISPUTE: Dispute,
    ObjectKind.SUBSCRIPTION: Subscription,
    ObjectKind.INVOICE: GatewayInvoice,
}


def unfinished(
    connection_id: UUID, kind: ObjectKind, *, after: str, limit: int
) -> list[tuple[UUID, str]]:
    """The next `limit` unfinished objects: row id and external id. `after`: a row id, or empty.

    One statement, by an index that holds nothing but what is unfinished.
    """
    rows = _MODELS[kind].objects.filter(
        tenant_id=scoping.current_tenant(),
        connection_id=connection_id,
        status__in=unfinished_statuses(kind),
        is_deleted=False,
    )
    if after:
        rows = rows.filter(id__gt=UUID(after))
    return list(rows.order_by("id").values_list("id", "external_id")[:limit])
