"""Stored truth: what the gateways say, whose it is, and what changed."""

from chargedesk.ledger.models.changes import Change, ObjectName
from chargedesk.ledger.models.customers import (
    Customer,
    CustomerMerge,
    GatewayCustomer,
    Identifier,
    IdentifierKind,
    IdentifierSource,
    PaymentMethod,
)
from chargedesk.ledger.models.invoices import GatewayInvoice, InvoicePayment
from chargedesk.ledger.models.money import Charge, Dispute, FraudWarning, Hold, MoneyRoot, Refund
from chargedesk.ledger.models.offers import Coupon, Price, Product
from chargedesk.ledger.models.subscriptions import Subscription
from chargedesk.ledger.models.summaries import CustomerTotal

__all__ = [
    "Change",
    "Charge",
    "Coupon",
    "Customer",
    "CustomerMerge",
    "CustomerTotal",
    "Dispute",
    "FraudWarning",
    "GatewayCustomer",
    "GatewayInvoice",
    "Hold",
    "Identifier",
    "IdentifierKind",
    "IdentifierSource",
    "InvoicePayment",
    "MoneyRoot",
    "ObjectName",
    "PaymentMethod",
    "Price",
    "Product",
    "Refund",
    "Subscription",
]
