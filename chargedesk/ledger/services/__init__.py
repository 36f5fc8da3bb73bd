"""The ledger's doors: one per object, each taking a batch inside the caller's tenant scope."""

from chargedesk.ledger.services.charges import record_charges
from chargedesk.ledger.services.customers import record_customers, record_payment_methods
from chargedesk.ledger.services.fraud_warnings import record_fraud_warnings
from chargedesk.ledger.services.invoices import record_invoice_payments, record_invoices
from chargedesk.ledger.services.offers import record_coupons, record_prices, record_products
from chargedesk.ledger.services.payments import record_payments
from chargedesk.ledger.services.recorded import Incident, Recorded
from chargedesk.ledger.services.refunds import link_refund, record_disputes, record_refunds
from chargedesk.ledger.services.snapshots import record_snapshots
from chargedesk.ledger.services.subscriptions import record_subscriptions

__all__ = [
    "Incident",
    "Recorded",
    "link_refund",
    "record_charges",
    "record_coupons",
    "record_customers",
    "record_disputes",
    "record_fraud_warnings",
    "record_invoice_payments",
    "record_invoices",
    "record_payment_methods",
    "record_payments",
    "record_prices",
    "record_products",
    "record_refunds",
    "record_snapshots",
    "record_subscriptions",
]
