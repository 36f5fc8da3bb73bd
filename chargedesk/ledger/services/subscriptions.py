"""The door for subscriptions."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chargedesk.ledger.models import ObjectName, Subscription
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.prepare import Mentioned
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import ObjectKind, SubscriptionSnapshot


def record_subscriptions(
    connection: Connection, snapshots: Sequence[SubscriptionSnapshot]
) -> Recorded:
    """Store a batch of subscriptions; two statements. The product is that of the first item."""
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.customer(snapshot.customer_id, born=snapshot.created_at)
    return _MIRROR.record(connection, snapshots, mentioned=mentioned)[0]


def _links(row: Row, snapshot: Any, ids: RowIds) -> None:
    items = [asdict(item) for item in snapshot.items]
    row["items"] = items
    row["gateway_customer_id"] = ids.of(ObjectKind.CUSTOMER, snapshot.customer_id)
    row["product_id"] = ids.of(ObjectKind.PRODUCT, items[0]["product_id"]) if items else None


_MIRROR = Mirror(
    model=Subscription,
    kind=ObjectKind.SUBSCRIPTION,
    change=ObjectName.SUBSCRIPTION,
    linked=("items", "gateway_customer_id", "product_id"),
    links=_links,
)
