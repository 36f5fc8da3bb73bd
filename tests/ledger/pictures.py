"""Snapshots as an adapter would hand them over; a test says only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    ChargeStatus,
    CouponSnapshot,
    CustomerSnapshot,
    DisputeSnapshot,
    DisputeStatus,
    FraudWarningSnapshot,
    Interval,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
    PaymentMethodSnapshot,
    PaymentSnapshot,
    PriceSnapshot,
    ProductSnapshot,
    RefundSnapshot,
    RefundStatus,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


def customer(external_id: str = "cus_1", **facts: Any) -> CustomerSnapshot:
    """A gateway customer."""
    plain = CustomerSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b'{"object": "customer"}',
        name="Ada Example",
        email="ada@shop.example",
    )
    return replace(plain, **facts)


def payment(external_id: str = "pi_1", **facts: Any) -> PaymentSnapshot:
    """A payment that has been captured."""
    plain = PaymentSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b'{"object": "payment_intent"}',
        customer_id="cus_1",
        status=ChargeStatus.SUCCEEDED,
        amount_minor=5000,
        capturable_minor=0,
        received_minor=5000,
        currency="EUR",
    )
    return replace(plain, **facts)


def charge(external_id: str = "ch_1", **facts: Any) -> ChargeSnapshot:
    """A captured charge of 50.00 EUR."""
    plain = ChargeSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b'{"object": "charge"}',
        payment_id="pi_1",
        customer_id="cus_1",
        status=ChargeStatus.SUCCEEDED,
        amount_minor=5000,
        captured_minor=5000,
        refunded_minor=0,
        currency="EUR",
        method_last4="4242",
    )
    return replace(plain, **facts)


def refund(external_id: str = "re_1", **facts: Any) -> RefundSnapshot:
    """A refund of 10.00 EUR."""
    plain = RefundSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b'{"object": "refund"}',
        charge_id="ch_1",
        payment_id="pi_1",
        status=RefundStatus.SUCCEEDED,
        amount_minor=1000,
        currency="EUR",
    )
    return replace(plain, **facts)


def dispute(external_id: str = "dp_1", **facts: Any) -> DisputeSnapshot:
    """A dispute that waits for an answer."""
    plain = DisputeSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b'{"object": "dispute"}',
        charge_id="ch_1",
        payment_id="pi_1",
        status=DisputeStatus.NEEDS_RESPONSE,
        amount_minor=5000,
        currency="EUR",
    )
    return replace(plain, **facts)


def fraud_warning(external_id: str = "issfr_1", **facts: Any) -> FraudWarningSnapshot:
    """A warning of the card's bank."""
    plain = FraudWarningSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b'{"object": "radar.early_fraud_warning"}',
        charge_id="ch_1",
        is_actionable=True,
        reason="unauthorized_use_of_card",
    )
    return replace(plain, **facts)


def payment_method(external_id: str = "pm_1", **facts: Any) -> PaymentMethodSnapshot:
    """A card on file."""
    plain = PaymentMethodSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b"{}",
        customer_id="cus_1",
        kind="card",
        brand="visa",
        last4="4242",
    )
    return replace(plain, **facts)


def product(external_id: str = "prod_1", **facts: Any) -> ProductSnapshot:
    """Something sold."""
    plain = ProductSnapshot(
        external_id=external_id, as_of=START, created_at=START, raw=b"{}", name="Team plan"
    )
    return replace(plain, **facts)


def price(external_id: str = "price_1", **facts: Any) -> PriceSnapshot:
    """20.00 EUR a month."""
    plain = PriceSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b"{}",
        product_id="prod_1",
        amount_minor=2000,
        currency="EUR",
        interval=Interval.MONTH,
    )
    return replace(plain, **facts)


def coupon(external_id: str = "WELCOME", **facts: Any) -> CouponSnapshot:
    """A discount of a tenth."""
    plain = CouponSnapshot(
        external_id=external_id, as_of=START, created_at=START, raw=b"{}", percent_off="10"
    )
    return replace(plain, **facts)


def subscription(external_id: str = "sub_1", **facts: Any) -> SubscriptionSnapshot:
    """An active subscription to the team plan."""
    item = SubscriptionItem(
        external_id="si_1",
        price_id="price_1",
        product_id="prod_1",
        name="Team plan",
        amount_minor=2000,
        currency="EUR",
        interval=Interval.MONTH,
        interval_count=1,
        quantity=1,
    )
    plain = SubscriptionSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b"{}",
        customer_id="cus_1",
        status=SubscriptionStatus.ACTIVE,
        items=(item,),
        amount_minor=2000,
        currency="EUR",
        interval=Interval.MONTH,
        interval_count=1,
        period_start=START,
        period_end=START + timedelta(days=31),
        coupon_ids=("WELCOME",),
    )
    return replace(plain, **facts)


def invoice(external_id: str = "in_1", **facts: Any) -> InvoiceSnapshot:
    """A paid invoice with one line."""
    plain = InvoiceSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b"{}",
        customer_id="cus_1",
        subscription_id="sub_1",
        number="EX-0001",
        status=InvoiceStatus.PAID,
        total_minor=5000,
        paid_minor=5000,
        currency="EUR",
        lines=({"description": "Team plan", "amount_minor": 5000, "quantity": 1},),
    )
    return replace(plain, **facts)


def invoice_payment(external_id: str = "inpay_1", **facts: Any) -> InvoicePaymentSnapshot:
    """What paid that invoice."""
    plain = InvoicePaymentSnapshot(
        external_id=external_id,
        as_of=START,
        created_at=START,
        raw=b"{}",
        invoice_id="in_1",
        payment_id="pi_1",
        status="paid",
        amount_minor=5000,
        currency="EUR",
    )
    return replace(plain, **facts)


def one_of_each() -> list[AnySnapshot]:
    """Everything one customer can have."""
    money: list[AnySnapshot] = [payment(), charge(), refund(), dispute(), fraud_warning()]
    offers: list[AnySnapshot] = [product(), price(), coupon()]
    return [
        *money,
        *offers,
        customer(),
        payment_method(),
        subscription(),
        invoice(),
        invoice_payment(),
    ]
