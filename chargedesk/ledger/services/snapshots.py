"""The door for a mixed batch: each kind goes to its own door, what others hang on first."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from chargedesk.ledger.services.charges import record_charges
from chargedesk.ledger.services.customers import record_customers, record_payment_methods
from chargedesk.ledger.services.documents import RowIds
from chargedesk.ledger.services.fraud_warnings import record_fraud_warnings
from chargedesk.ledger.services.invoices import record_invoice_payments, record_invoices
from chargedesk.ledger.services.offers import record_coupons, record_prices, record_products
from chargedesk.ledger.services.payments import record_payments
from chargedesk.ledger.services.prepare import Mentioned
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.ledger.services.refunds import record_disputes, record_refunds
from chargedesk.ledger.services.subscriptions import record_subscriptions
from chargedesk.ledger.services.told import whole_pictures
from chargedesk.tenants.models import Connection
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    CouponSnapshot,
    CustomerSnapshot,
    DisputeSnapshot,
    FraudWarningSnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    PaymentMethodSnapshot,
    PaymentSnapshot,
    PriceSnapshot,
    ProductSnapshot,
    RefundSnapshot,
    SubscriptionSnapshot,
)

# By the type of snapshot; no type checker can say that key and value belong together.
_ByKind = defaultdict[type[Any], list[Any]]

_DOORS: dict[type[Any], Callable[[Connection, Sequence[Any]], Recorded]] = {
    ProductSnapshot: record_products,
    PriceSnapshot: record_prices,
    CouponSnapshot: record_coupons,
    CustomerSnapshot: record_customers,
    PaymentMethodSnapshot: record_payment_methods,
    PaymentSnapshot: record_payments,
    ChargeSnapshot: record_charges,
    RefundSnapshot: record_refunds,
    DisputeSnapshot: record_disputes,
    FraudWarningSnapshot: record_fraud_warnings,
    SubscriptionSnapshot: record_subscriptions,
    InvoiceSnapshot: record_invoices,
    InvoicePaymentSnapshot: record_invoice_payments,
}


def record_snapshots(connection: Connection, snapshots: Sequence[AnySnapshot]) -> Recorded:
    """Store a batch of any kinds; the sum of what each door answered.

    Runs inside the caller's tenant scope.
    """
    by_kind: _ByKind = defaultdict(list)
    for snapshot in whole_pictures(connection, snapshots):
        by_kind[type(snapshot)].append(snapshot)
    if len(by_kind) > 1:
        _lock_every_root(connection, by_kind)
    doors = ((door, by_kind[kind]) for kind, door in _DOORS.items() if kind in by_kind)
    return sum((door(connection, theirs) for door, theirs in doors), Recorded())


def _lock_every_root(connection: Connection, by_kind: _ByKind) -> None:
    # All at once and in order: door after door would take them in circles with another batch.
    mentioned = Mentioned(connection, RowIds(connection.id))
    for charge in by_kind[ChargeSnapshot]:
        mentioned.charge(charge)
    for kind in (RefundSnapshot, DisputeSnapshot):
        for snapshot in by_kind[kind]:
            mentioned.money_back(snapshot)
    mentioned.settle()
