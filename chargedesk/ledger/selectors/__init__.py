"""Reading the ledger: facts for the card, lists and details, in few statements."""

from chargedesk.ledger.selectors.belongings import invoice_of, subscription_of
from chargedesk.ledger.selectors.card import card_facts
from chargedesk.ledger.selectors.charges import (
    ChargeFilter,
    ChargePage,
    charge_detail,
    charges,
    refunds_of,
    twins_of,
)
from chargedesk.ledger.selectors.facts import (
    AlikeFacts,
    CardFacts,
    ChargeFacts,
    ConnectionFacts,
    DisputeFacts,
    FraudWarningFacts,
    GatewayCustomerFacts,
    IdentifierFacts,
    InvoiceFacts,
    JoinedFacts,
    PaymentMethodFacts,
    RefundFacts,
    RootFacts,
    SubscriptionFacts,
    TotalFacts,
    TwinFacts,
)
from chargedesk.ledger.selectors.unfinished import unfinished

__all__ = [
    "AlikeFacts",
    "CardFacts",
    "ChargeFacts",
    "ChargeFilter",
    "ChargePage",
    "ConnectionFacts",
    "DisputeFacts",
    "FraudWarningFacts",
    "GatewayCustomerFacts",
    "IdentifierFacts",
    "InvoiceFacts",
    "JoinedFacts",
    "PaymentMethodFacts",
    "RefundFacts",
    "RootFacts",
    "SubscriptionFacts",
    "TotalFacts",
    "TwinFacts",
    "card_facts",
    "charge_detail",
    "charges",
    "invoice_of",
    "refunds_of",
    "subscription_of",
    "twins_of",
    "unfinished",
]
