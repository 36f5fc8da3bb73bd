"""The doors for invoices the gateways issued, and for what paid them."""

from collections.abc import Sequence
from typing import Any

from chargedesk.ledger.models import GatewayInvoice, InvoicePayment, ObjectName
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.prepare import ROOT, Mentioned
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import InvoicePaymentSnapshot, InvoiceSnapshot, ObjectKind


def record_invoices(connection: Connection, snapshots: Sequence[InvoiceSnapshot]) -> Recorded:
    """Store a batch of gateway invoices; two statements."""
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.customer(snapshot.customer_id, born=snapshot.created_at)
    return _INVOICES.record(connection, snapshots, mentioned=mentioned)[0]


def record_invoice_payments(
    connection: Connection, snapshots: Sequence[InvoicePaymentSnapshot]
) -> Recorded:
    """Store a batch of links from invoices to the money roots that paid them; one statement."""
    return _PAYMENTS.record(connection, snapshots)[0]


def _invoice_links(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["gateway_customer_id"] = ids.of(ObjectKind.CUSTOMER, snapshot.customer_id)
    row["subscription_id"] = ids.of(ObjectKind.SUBSCRIPTION, snapshot.subscription_id)


def _payment_links(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["invoice_id"] = ids.of(ObjectKind.INVOICE, snapshot.invoice_id)
    row["root_id"] = ids.of(ROOT, snapshot.payment_id or snapshot.charge_id)


_INVOICES = Mirror(
    model=GatewayInvoice,
    kind=ObjectKind.INVOICE,
    change=ObjectName.INVOICE,
    linked=("gateway_customer_id", "subscription_id"),
    links=_invoice_links,
)
_PAYMENTS = Mirror(
    model=InvoicePayment,
    kind=ObjectKind.INVOICE_PAYMENT,
    change=ObjectName.INVOICE_PAYMENT,
    linked=("invoice_id", "root_id"),
    links=_payment_links,
)
