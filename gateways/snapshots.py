"""What an adapter returns: frozen pictures of a provider's objects, normalised.

Amounts are minor units by ISO 4217's exponent, in the snapshot's upper-case `currency`. Ids are
the provider's own.
Every snapshot has `as_of`: for a read, the response's own date minus the time the request took
(M18); for an event, the time the provider gives it. Status words are normalised
by the tables in each adapter's `mapping.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class ObjectKind(StrEnum):
    """The kinds of object a gateway can hand over."""

    CUSTOMER = "customer"
    PAYMENT_METHOD = "payment_method"
    PAYMENT = "payment"
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    FRAUD_WARNING = "fraud_warning"
    PRODUCT = "product"
    PRICE = "price"
    COUPON = "coupon"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    INVOICE_PAYMENT = "invoice_payment"


class ChargeStatus(StrEnum):
    """What became of a charge."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class RefundStatus(StrEnum):
    """What became of a refund."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class SubscriptionStatus(StrEnum):
    """Where a subscription stands."""

    PENDING = "pending"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class InvoiceStatus(StrEnum):
    """Where a gateway invoice stands."""

    DRAFT = "draft"
    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    UNKNOWN = "unknown"


OPEN_DISPUTES = frozenset(
    {
        DisputeStatus.INQUIRY,
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.UNKNOWN,
    }
)
# What may still change by itself, or by the hand of somebody else: by kind, the statuses of it.
UNFINISHED: Mapping[ObjectKind, frozenset[str]] = {
    ObjectKind.CHARGE: frozenset(
        {
            ChargeStatus.PENDING,
            ChargeStatus.AUTHORIZED,
            ChargeStatus.DISPUTED,
            ChargeStatus.UNKNOWN,
        }
    ),
    ObjectKind.REFUND: frozenset({RefundStatus.PENDING, RefundStatus.UNKNOWN}),
    ObjectKind.DISPUTE: OPEN_DISPUTES,
    ObjectKind.SUBSCRIPTION: frozenset(SubscriptionStatus)
    - {SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED},
    ObjectKind.INVOICE: frozenset(
        {
            InvoiceStatus.DRAFT,
            InvoiceStatus.OPEN,
            InvoiceStatus.PARTIALLY_PAID,
            InvoiceStatus.UNKNOWN,
        }
    ),
}


class Interval(StrEnum):
    """How often a price recurs."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ONCE = "once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What every snapshot has.

    Attributes:
        external_id: the provider's id.
        as_of: the moment this picture shows (see the module's text).
        created_at: when the provider made the object; `as_of` if it does not say.
        raw: the provider's own bytes for this one object.
        deleted: the provider says that the object is gone.
        marker: our intent's id if the object carries it (M11), else None.
        told: only these fields were told of a record that the tenant keeps with us
            (`contract.TakesRecords`): the ledger's door brings them together with what it has.
            None: this is the whole picture.
    """

    external_id: str
    as_of: datetime
    created_at: datetime
    raw: bytes
    deleted: bool = False
    marker: UUID | None = None
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSnapshot(Snapshot):
    """A gateway's record of a customer.

    `tax_ids`: {external_id, type, value, status} with the provider's words; None where this picture
    does not tell them.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    username: str = ""
    country: str = ""
    language: str = ""
    currency: str = ""
    description: str = ""
    is_delinquent: bool = False
    default_payment_method: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    tax_ids: tuple[Mapping[str, str], ...] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethodSnapshot(Snapshot):
    """A card or account on file. `kind`: card, sepa_debit, paypal …"""

    customer_id: str
    kind: str
    brand: str = ""
    last4: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSnapshot(Snapshot):
    """The outer record on which money is limited (M10): payment intent, order, capture or invoice.

    Attributes:
        amount_minor: what was asked for.
        capturable_minor: what may still be captured.
        received_minor: what was captured.
    """

    customer_id: str = ""
    status: ChargeStatus
    amount_minor: int
    capturable_minor: int
    received_minor: int
    currency: str
    latest_charge_id: str = ""
    capture_before: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSnapshot(Snapshot):
    """One attempt to take money.

    Attributes:
        payment_id: external id of the outer record that limits the money (the money root); empty
            if the charge is its own root.
        customer_id: external id; `guest:<e-mail>` where the gateway has no customer record for a
            guest.
        amount_minor, captured_minor, refunded_minor: as the provider says now.
        fee_minor, net_minor, settled_currency: what the provider took and left, None until known.
        method_kind: card, sepa_debit …
        failure_code: the provider's word; failure_message: the provider's sentence.
        paid_through: the same money at the gateway behind this one, as `<gateway>:<id>` with the
            other's id of its charge or payment; empty if there is none or it is not told.
    """

    payment_id: str = ""
    customer_id: str = ""
    customer_name: str = ""
    customer_email: str = ""
    customer_phone: str = ""
    customer_country: str = ""
    invoice_id: str = ""
    subscription_id: str = ""
    status: ChargeStatus
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    fee_minor: int | None = None
    net_minor: int | None = None
    settled_currency: str = ""
    description: str = ""
    statement_descriptor: str = ""
    method_kind: str = ""
    method_brand: str = ""
    method_last4: str = ""
    failure_code: str = ""
    failure_message: str = ""
    capture_before: datetime | None = None
    is_disputed: bool = False
    is_live: bool = False
    receipt_url: str = ""
    paid_through: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSnapshot(Snapshot):
    """Money on its way back. `payment_id`, `charge_id`: external ids of root and charge."""

    charge_id: str = ""
    payment_id: str = ""
    status: RefundStatus
    amount_minor: int
    currency: str
    reason: str = ""
    failure_reason: str = ""
    arrives_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSnapshot(Snapshot):
    """A customer's bank (or the provider) asks the money back."""

    charge_id: str = ""
    payment_id: str = ""
    status: DisputeStatus
    amount_minor: int
    currency: str
    reason: str = ""
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWarningSnapshot(Snapshot):
    """The card's bank reports a charge as fraud; no money moves by it.

    Attributes:
        is_actionable: the provider says that a refund may still keep it from becoming a dispute.
        reason: the provider's word for what kind of fraud it is.
    """

    charge_id: str
    is_actionable: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSnapshot(Snapshot):
    """What is sold."""

    name: str
    description: str = ""
    url: str = ""
    is_active: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSnapshot(Snapshot):
    """What it costs. `amount_minor` is None where the price is tiered or free to choose."""

    product_id: str
    name: str = ""
    amount_minor: int | None
    currency: str
    interval: Interval
    interval_count: int = 1
    trial_days: int = 0
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponSnapshot(Snapshot):
    """A discount: `percent_off` as a decimal string, or `amount_off_minor` of `currency`."""

    name: str = ""
    percent_off: str = ""
    amount_off_minor: int | None = None
    currency: str = ""
    duration: str = ""
    duration_months: int | None = None
    is_valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionItem:
    """One line of a subscription. `amount_minor` is per unit."""

    external_id: str
    price_id: str
    product_id: str
    name: str
    amount_minor: int | None
    currency: str
    interval: Interval
    interval_count: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSnapshot(Snapshot):
    """A recurring agreement.

    Attributes:
        amount_minor: all items for one period, None if untold.
        pause: how it is paused, if it is: `collection` (it runs, and nothing is collected) or
            `whole` (it stands still).
        discounts: {external_id, coupon_id}, what `keep` and `discount` of an order name.
        turned_at: when its status changed last, where the gateway says so.
    """

    customer_id: str
    status: SubscriptionStatus
    items: tuple[SubscriptionItem, ...]
    amount_minor: int | None
    currency: str
    interval: Interval
    interval_count: int
    started_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    cancels_at_period_end: bool = False
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    latest_invoice_id: str = ""
    coupon_ids: tuple[str, ...] = ()
    pause: str = ""
    turned_at: datetime | None = None
    discounts: tuple[Mapping[str, str], ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSnapshot(Snapshot):
    """An invoice the gateway issued. `lines`: {description, amount_minor, quantity}."""

    customer_id: str = ""
    subscription_id: str = ""
    number: str = ""
    status: InvoiceStatus
    total_minor: int
    tax_minor: int = 0
    due_minor: int = 0
    paid_minor: int = 0
    currency: str
    due_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    billing_reason: str = ""
    hosted_url: str = ""
    pdf_url: str = ""
    lines: tuple[Mapping[str, str | int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaymentSnapshot(Snapshot):
    """The link from an invoice to what paid it: `payment_id` (money root) or `charge_id`."""

    invoice_id: str
    payment_id: str = ""
    charge_id: str = ""
    status: str
    amount_minor: int
    currency: str


AnySnapshot = (
    CustomerSnapshot
    | PaymentMethodSnapshot
    | PaymentSnapshot
    | ChargeSnapshot
    | RefundSnapshot
    | DisputeSnapshot
    | FraudWarningSnapshot
    | ProductSnapshot
    | PriceSnapshot
    | CouponSnapshot
    | SubscriptionSnapshot
    | InvoiceSnapshot
    | InvoicePaymentSnapshot
)
