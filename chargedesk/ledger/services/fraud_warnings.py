"""The door for warnings of fraud: each hangs on its charge, and touches no money."""

from collections.abc import Sequence
from typing import Any

from chargedesk.ledger.models import FraudWarning, ObjectName
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import FraudWarningSnapshot, ObjectKind


def record_fraud_warnings(
    connection: Connection, snapshots: Sequence[FraudWarningSnapshot]
) -> Recorded:
    """Store a batch of warnings; one statement. The charge of one may come later."""
    recorded, _ = _WARNINGS.record(connection, snapshots)
    return recorded


def _links(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["charge_id"] = ids.of(ObjectKind.CHARGE, snapshot.charge_id)


_WARNINGS = Mirror(
    model=FraudWarning,
    kind=ObjectKind.FRAUD_WARNING,
    change=ObjectName.FRAUD_WARNING,
    linked=("charge_id",),
    links=_links,
)
