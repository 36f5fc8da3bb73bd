"""What the ledger tells its readers: frozen facts, amounts as Money, times as aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chargedesk.kit.money import Money
from chargedesk.ledger.models.money import status_given_back
from gateways.snapshots import ChargeStatus

# No money of the customer's is with us.
_NOTHING_TAKEN = frozenset({ChargeStatus.REFUNDED, ChargeStatus.CANCELED, ChargeStatus.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """The account something comes from; `fresh_at` is the last time it told us anything."""

    id: UUID
    provider: str
    label: str
    is_live: bool
    state: str
    state_reason: str
    fresh_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierFacts:
    """Something by which the person is known; `source` is `gateway`, `agent` or `helpdesk`."""

    kind: str
    value: str
    source: str
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethodFacts:
    """A card or account on file."""

    id: UUID
    external_id: str
    kind: str
    brand: str
    last4: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayCustomerFacts:
    """One gateway's record of the person."""

    id: UUID
    external_id: str
    connection: ConnectionFacts
    name: str
    email: str
    phone: str
    country: str
    language: str
    description: str
    is_stub: bool
    is_delinquent: bool
    is_deleted: bool
    created_at: datetime
    metadata: Mapping[str, str]
    payment_methods: tuple[PaymentMethodFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalFacts:
    """What the person paid and got back in one currency."""

    paid: Money
    refunded: Money
    charges: int
    failed_charges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFacts:
    """The record on which money is limited (M10), the outer one of a purchase known twice.

    `available` is for showing; before money moves it is computed again under the lock. `is_agreed`
    is False where the provider's total and the refund rows differ (M11).
    """

    id: UUID
    external_id: str
    status: str
    captured: Money
    refunded: Money
    held: Money
    available: Money
    capturable: Money
    capture_before: datetime | None
    money_version: int
    is_agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFacts:
    """Money on its way back; `intent_id` is the order of ours that made it."""

    id: UUID
    external_id: str
    status: str
    amount: Money
    reason: str
    failure_reason: str
    created_at: datetime
    arrives_by: datetime | None
    intent_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFacts:
    """The customer's bank asks the money back."""

    id: UUID
    external_id: str
    status: str
    is_open: bool
    amount: Money
    reason: str
    created_at: datetime
    respond_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWarningFacts:
    """The card's bank reported the charge as fraud. `is_actionable`: as the provider says."""

    id: UUID
    external_id: str
    is_actionable: bool
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFacts:
    """An invoice the gateway issued. `lines`: {description, amount_minor, quantity}."""

    id: UUID
    external_id: str
    connection_id: UUID
    number: str
    status: str
    total: Money
    due: Money
    paid: Money
    due_at: datetime | None
    created_at: datetime
    billing_reason: str
    hosted_url: str
    pdf_url: str
    subscription_id: UUID | None
    lines: tuple[Mapping[str, Any], ...]

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been paid by `now`."""
        return self.status in {"open", "partially_paid"} and bool(self.due_at and self.due_at < now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFacts:
    """A recurring agreement. `items` as stored: name, quantity, amount_minor, currency, …"""

    id: UUID
    external_id: str
    connection_id: UUID
    status: str
    product_name: str
    amount: Money | None
    currency: str
    interval: str
    interval_count: int
    items: tuple[Mapping[str, Any], ...]
    created_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    trial_end: datetime | None
    cancel_at: datetime | None
    cancels_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    has_coupon: bool = False
    is_paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinFacts:
    """The other record of a purchase known twice. `description` is as its provider wrote it."""

    charge_id: UUID
    external_id: str
    description: str
    connection_id: UUID
    connection_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFacts:
    """One attempt to take money, with what happened to the money since.

    Of a purchase known twice, the inner record has the outer one in `part_of`, and the outer one
    the inner one in `paid_through`, with what that one says went back in `inside_refunded`.
    """

    id: UUID
    external_id: str
    connection_id: UUID
    gateway_customer_id: UUID | None
    customer_id: UUID | None
    created_at: datetime
    as_of: datetime
    status: str
    amount: Money
    captured: Money
    refunded: Money
    fee: Money | None
    net: Money | None
    description: str
    statement_descriptor: str
    method_kind: str
    method_brand: str
    method_last4: str
    failure_code: str
    failure_message: str
    is_disputed: bool
    is_live: bool
    receipt_url: str
    metadata: Mapping[str, str]
    root: RootFacts
    refunds: tuple[RefundFacts, ...]
    disputes: tuple[DisputeFacts, ...]
    fraud_warnings: tuple[FraudWarningFacts, ...]
    invoice: InvoiceFacts | None
    inside_refunded: Money
    part_of: TwinFacts | None = None
    paid_through: TwinFacts | None = None

    @property
    def given_back(self) -> Money:
        """What went back in all, also behind this provider's back."""
        return max(self.refunded, self.inside_refunded)

    @property
    def true_status(self) -> str:
        """The status, with what went back behind this provider's back."""
        return status_given_back(
            self.status, self.captured.minor, self.refunded.minor, self.inside_refunded.minor
        )

    @property
    def open_dispute(self) -> DisputeFacts | None:
        """The dispute that still waits for its end."""
        return next((dispute for dispute in self.disputes if dispute.is_open), None)

    @property
    def fraud_warning(self) -> FraudWarningFacts | None:
        """The newest word of the card's bank that this is fraud."""
        return self.fraud_warnings[-1] if self.fraud_warnings else None

    @property
    def can_avoid_dispute(self) -> bool:
        """Whether a refund or void now may keep a warning of fraud from becoming a dispute.

        Our own news of a refund or a dispute may be ahead of the provider's warning.
        """
        warned = self.fraud_warning is not None and self.fraud_warning.is_actionable
        is_over = bool(self.disputes) or self.true_status in _NOTHING_TAKEN
        return warned and not is_over

    @property
    def product_name(self) -> str:
        """What was bought: the invoice's first line, or the charge's description."""
        lines = self.invoice.lines if self.invoice else ()
        return str(lines[0].get("description") or "") if lines else self.description


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeFacts:
    """Another person with the same e-mail address, and the gateways that know them."""

    customer_id: UUID
    name: str
    email: str
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedFacts:
    """Somebody who was merged into the person shown: who they were, who did it, when and why."""

    merge_id: UUID
    customer_id: UUID
    name: str
    email: str
    gateways: tuple[str, ...]
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Everything the sidebar shows about one person.

    `customer_id` is who the asked-for person is now, after merges; `charges` are the newest;
    `charge_count` counts all attempts; `alike` are others who may be this person, `joined` those
    who were made one with it, the newest first.
    """

    customer_id: UUID
    name: str
    email: str
    created_at: datetime
    identifiers: tuple[IdentifierFacts, ...]
    gateway_customers: tuple[GatewayCustomerFacts, ...]
    totals: tuple[TotalFacts, ...]
    charges: tuple[ChargeFacts, ...]
    subscriptions: tuple[SubscriptionFacts, ...]
    invoices: tuple[InvoiceFacts, ...]
    alike: tuple[AlikeFacts, ...]
    joined: tuple[JoinedFacts, ...]

    @property
    def charge_count(self) -> int:
        """All attempts in all currencies."""
        return sum(total.charges for total in self.totals)

    @property
    def is_delinquent(self) -> bool:
        """Whether a gateway says that payments are behind."""
        return any(record.is_delinquent for record in self.gateway_customers)
