"""Subscriptions, invoices and invoice payments in the shapes of the pinned version."""

import pytest

from chargedesk.kit.clock import from_unix
from gateways.snapshots import Interval, InvoiceStatus, SubscriptionStatus
from gateways.stripe.mapping.billing import invoice, invoice_payment, subscription
from gateways.stripe.mapping.catalogue import coupon, price
from tests.gateways.stripe.recorded import recorded, seen


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"status": "incomplete"}, SubscriptionStatus.PENDING),
        ({"status": "trialing"}, SubscriptionStatus.TRIALING),
        ({"status": "active", "pause_collection": None}, SubscriptionStatus.ACTIVE),
        ({"status": "active", "pause_collection": {"behavior": "void"}}, SubscriptionStatus.PAUSED),
        ({"status": "past_due"}, SubscriptionStatus.PAST_DUE),
        ({"status": "unpaid"}, SubscriptionStatus.PAST_DUE),
        ({"status": "paused"}, SubscriptionStatus.PAUSED),
        ({"status": "canceled"}, SubscriptionStatus.CANCELED),
        ({"status": "incomplete_expired"}, SubscriptionStatus.EXPIRED),
        ({"status": "resting"}, SubscriptionStatus.UNKNOWN),
    ],
)
def test_subscription_status(changed: dict[str, object], status: SubscriptionStatus) -> None:
    assert subscription(recorded("subscription_active", **changed), seen()).status is status


def test_period_spans_the_items() -> None:
    obj = recorded("subscription_active")
    first = obj["items"]["data"][0]
    other = {**first, "id": "si_2", "current_period_start": 1, "current_period_end": 4102444800}
    obj["items"]["data"] = [first, other]
    found = subscription(obj, seen())
    assert found.period_start == from_unix(1)
    assert found.period_end == from_unix(4102444800)
    assert found.amount_minor == sum(
        (item.amount_minor or 0) * item.quantity for item in found.items
    )


def test_price_of_a_period_is_not_guessed() -> None:
    obj = recorded("subscription_active")
    obj["items"]["data"][0]["price"]["unit_amount"] = None
    assert subscription(obj, seen()).amount_minor is None


def test_coupons_stand_in_the_source_of_a_discount() -> None:
    discount = {"id": "di_1", "object": "discount", "source": {"type": "coupon", "coupon": "TEN"}}
    found = subscription(recorded("subscription_active", discounts=[discount]), seen())
    assert found.coupon_ids == ("TEN",)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"status": "draft"}, InvoiceStatus.DRAFT),
        ({"status": "open", "amount_paid": 0}, InvoiceStatus.OPEN),
        ({"status": "open", "amount_paid": 5}, InvoiceStatus.PARTIALLY_PAID),
        ({"status": "paid"}, InvoiceStatus.PAID),
        ({"status": "void"}, InvoiceStatus.VOID),
        ({"status": "uncollectible"}, InvoiceStatus.UNCOLLECTIBLE),
        ({"status": "framed"}, InvoiceStatus.UNKNOWN),
    ],
)
def test_invoice_status(changed: dict[str, object], status: InvoiceStatus) -> None:
    assert invoice(recorded("invoice_open", **changed), seen()).status is status


def test_invoice_names_its_subscription_tax_and_period() -> None:
    obj = recorded("invoice_paid", total_taxes=[{"amount": 19}, {"amount": 7}])
    found = invoice(obj, seen())
    assert found.subscription_id.startswith("sub_")
    assert found.tax_minor == 26
    assert found.period_start == from_unix(obj["lines"]["data"][0]["period"]["start"])
    assert found.lines[0]["amount_minor"] == obj["lines"]["data"][0]["amount"]


def test_invoice_payment_links_to_the_money_root() -> None:
    found = invoice_payment(recorded("invoice_payment_paid"), seen())
    assert found.invoice_id.startswith("in_")
    assert found.payment_id.startswith("pi_")


@pytest.mark.parametrize(("stripe", "ours"), [(25.0, "25"), (12.5, "12.5"), (100, "100")])
def test_percent_is_a_plain_decimal(stripe: float, ours: str) -> None:
    assert coupon(recorded("coupon_percent", percent_off=stripe), seen()).percent_off == ours


def test_tiered_price_has_no_amount() -> None:
    found = price(recorded("price_recurring", unit_amount=None, billing_scheme="tiered"), seen())
    assert found.amount_minor is None
    assert found.interval in {Interval.MONTH, Interval.YEAR}
