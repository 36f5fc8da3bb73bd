"""The door for payments: the outer records on which money is limited, stored as money roots."""

from collections.abc import Sequence
from typing import Any

from chargedesk.ledger.models import MoneyRoot, ObjectName
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.prepare import ROOT, Mentioned
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import ObjectKind, PaymentSnapshot


def record_payments(connection: Connection, snapshots: Sequence[PaymentSnapshot]) -> Recorded:
    """Store a batch of payments as money roots; their sums stay. Two statements."""
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.customer(snapshot.customer_id, born=snapshot.created_at)
    return _MIRROR.record(connection, snapshots, mentioned=mentioned)[0]


def _links(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["gateway_customer_id"] = ids.of(ObjectKind.CUSTOMER, snapshot.customer_id)


_MIRROR = Mirror(
    model=MoneyRoot,
    kind=ROOT,
    change=ObjectName.MONEY_ROOT,
    linked=("gateway_customer_id",),
    links=_links,
    # A guest's payment does not name the customer its charge named.
    kept=frozenset({"gateway_customer_id"}),
    computed={
        "captured_minor": "0",
        "refunds_minor": "0",
        "provider_refunded_minor": "0",
        "held_minor": "0",
        "money_version": "0",
    },
    ignored=frozenset({"parent_id"}),
    updates={
        **{
            name: f"t.{name}"
            for name in ("captured_minor", "refunds_minor", "provider_refunded_minor", "held_minor")
        },
        # Whoever saw another state of the payment looks again (M14).
        "money_version": "t.money_version + {differs}::int",
    },
)
