"""Subscriptions, invoices, plans and coupons (reference C3, C4)."""

from datetime import timedelta

import pytest

from chargedesk.kit import clock
from gateways.recurly import ADAPTER
from gateways.recurly.mapping.billing import invoice, subscription
from gateways.recurly.mapping.catalogue import coupon, prices, recurrence
from gateways.snapshots import (
    Interval,
    InvoiceStatus,
    ObjectKind,
    PriceSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from tests.contracts.recurly.harness import RecurlyHarness
from tests.gateways.recurly.recorded import recorded, seen


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("future", SubscriptionStatus.PENDING),
        ("active", SubscriptionStatus.ACTIVE),
        ("canceled", SubscriptionStatus.ACTIVE),
        ("paused", SubscriptionStatus.PAUSED),
        ("expired", SubscriptionStatus.EXPIRED),
        ("failed", SubscriptionStatus.EXPIRED),
        ("from_the_future", SubscriptionStatus.UNKNOWN),
    ],
)
def test_every_state(state: str, expected: SubscriptionStatus) -> None:
    assert subscription(recorded("subscription_active", state=state), seen()).status is expected


def test_a_trial_lasts_until_its_end() -> None:
    later = (clock.now() + timedelta(days=1)).isoformat()
    for ends, expected in (
        (later, SubscriptionStatus.TRIALING),
        ("2020-01-01T00:00:00Z", SubscriptionStatus.ACTIVE),
    ):
        obj = recorded("subscription_trial", trial_ends_at=ends)
        assert subscription(obj, seen()).status is expected


def test_an_open_invoice_past_due_makes_it_past_due() -> None:
    found = subscription(recorded("subscription_active"), seen(is_past_due=True))
    assert found.status is SubscriptionStatus.PAST_DUE


def test_canceled_runs_until_its_end() -> None:
    obj = recorded("subscription_canceled", expires_at="2026-12-01T00:00:00Z")
    found = subscription(obj, seen())
    assert found.cancels_at_period_end
    assert found.cancel_at is not None
    assert found.cancel_at.isoformat() == "2026-12-01T00:00:00+00:00"
    assert found.ended_at is None


@pytest.mark.parametrize(
    ("unit", "length", "expected"),
    [
        ("months", 1, (Interval.MONTH, 1)),
        ("months", 3, (Interval.MONTH, 3)),
        ("months", 12, (Interval.YEAR, 1)),
        ("months", 24, (Interval.YEAR, 2)),
        ("days", 7, (Interval.WEEK, 1)),
        ("days", 10, (Interval.DAY, 10)),
    ],
)
def test_how_often_a_plan_bills(unit: str, length: int, expected: tuple[Interval, int]) -> None:
    plan = recorded("plan", interval_unit=unit, interval_length=length)
    assert recurrence(plan) == expected


def test_a_plan_has_one_price_per_currency() -> None:
    plan = recorded("plan")
    more = [*plan["currencies"], {"currency": "JPY", "unit_amount": 500}]
    found = prices({**plan, "currencies": more}, seen())
    assert [(each.currency, each.amount_minor) for each in found] == [("EUR", 2000), ("JPY", 500)]
    assert found[0].external_id == f"{plan['id']}:EUR"


def test_a_price_that_depends_is_not_told() -> None:
    plan = recorded("plan")
    segments = [*plan["currencies"], *plan["currencies"]]
    assert [each.amount_minor for each in prices({**plan, "currencies": segments}, seen())] == [
        None
    ]
    assert prices({**plan, "pricing_model": "ramp"}, seen())[0].amount_minor is None


def test_a_fixed_coupon_has_an_amount() -> None:
    discount = {"type": "fixed", "currencies": [{"currency": "EUR", "amount": 5}]}
    found = coupon(recorded("coupon_percent", discount=discount, state="maxed_out"), seen())
    assert (found.amount_off_minor, found.currency, found.percent_off) == (500, "EUR", "")
    assert not found.is_valid


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"state": "pending"}, InvoiceStatus.OPEN),
        ({"state": "past_due", "balance": 20}, InvoiceStatus.PARTIALLY_PAID),
        ({"state": "paid", "refundable_amount": 5}, InvoiceStatus.PAID),
        ({"state": "paid", "refundable_amount": 0}, InvoiceStatus.REFUNDED),
        ({"state": "closed", "type": "credit", "refundable_amount": 0}, InvoiceStatus.PAID),
        ({"state": "failed"}, InvoiceStatus.UNCOLLECTIBLE),
        ({"state": "voided"}, InvoiceStatus.VOID),
    ],
)
def test_states_of_invoices(changed: dict[str, object], expected: InvoiceStatus) -> None:
    assert invoice(recorded("invoice_paid", **changed), seen()).status is expected


def test_a_listed_subscription_knows_its_plan(recurly: RecurlyHarness) -> None:
    recurly.make("subscription", code="yearly-year")
    (found,) = ADAPTER.page(recurly.credentials(), ObjectKind.SUBSCRIPTION).snapshots
    assert isinstance(found, SubscriptionSnapshot)
    assert (found.interval, found.interval_count) == (Interval.YEAR, 1)
    assert found.amount_minor == 2000
    price = ADAPTER.read(recurly.credentials(), ObjectKind.PRICE, found.items[0].price_id)[0]
    assert isinstance(price, PriceSnapshot)
    assert price.amount_minor == 2000
