"""Subscriptions and plans as snapshots (reference 6.3)."""

from datetime import date
from typing import Any, cast

import pytest
from braintree import Subscription
from braintree.util import Constants

from gateways.braintree.mapping import product, snapshot
from gateways.braintree.mapping.billing import SUBSCRIPTION_STATUSES
from gateways.errors import PayloadError
from gateways.snapshots import (
    Interval,
    PriceSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from tests.gateways.braintree.recorded import recorded, seen

YEARLY = {"id": "team_yearly", "name": "Team", "billing_frequency": 12}


def _subscription(name: str, *, plan: Any = YEARLY, **changed: object) -> SubscriptionSnapshot:
    obj = recorded(name, **changed)
    found = snapshot("subscription", obj, seen(customer_id="c1", plan=plan))
    return cast(SubscriptionSnapshot, found)


def test_the_table_knows_every_word_of_the_sdk() -> None:
    words = Constants.get_all_constant_values_from_class(Subscription.Status)
    assert set(words) == set(SUBSCRIPTION_STATUSES)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("subscription_active", SubscriptionStatus.ACTIVE),
        ("subscription_past_due", SubscriptionStatus.PAST_DUE),
        ("subscription_canceled", SubscriptionStatus.CANCELED),
    ],
)
def test_a_subscription_stands_as_its_status_says(name: str, status: SubscriptionStatus) -> None:
    found = _subscription(name)
    assert found.status is status
    assert (found.customer_id, found.amount_minor, found.currency) == ("c1", 1900, "EUR")
    assert (found.ended_at is not None) is (status is SubscriptionStatus.CANCELED)


def test_a_trial_lasts_until_the_first_billing() -> None:
    ahead = _subscription("subscription_trial", first_billing_date=date(2199, 1, 1))
    assert ahead.status is SubscriptionStatus.TRIALING
    assert ahead.trial_end is not None
    over = _subscription("subscription_trial", first_billing_date=date(2020, 1, 1))
    assert over.status is SubscriptionStatus.ACTIVE


@pytest.mark.parametrize(
    ("months", "interval", "count"),
    [
        (1, Interval.MONTH, 1),
        (3, Interval.MONTH, 3),
        (12, Interval.YEAR, 1),
        (24, Interval.YEAR, 2),
    ],
)
def test_the_plan_tells_the_interval(months: int, interval: Interval, count: int) -> None:
    plan = {**YEARLY, "billing_frequency": months}
    found = _subscription("subscription_active", plan=plan)
    assert (found.interval, found.interval_count) == (interval, count)
    assert found.items[0].name == "Team"


def test_the_last_cycle_ends_it() -> None:
    limited = {"never_expires": False, "number_of_billing_cycles": 2, "current_billing_cycle": 2}
    found = _subscription("subscription_active", **limited)
    assert found.cancels_at_period_end
    assert found.cancel_at == found.period_end
    assert not _subscription("subscription_active").cancels_at_period_end


def test_without_a_history_no_currency_is_guessed() -> None:
    with pytest.raises(PayloadError):
        _subscription("subscription_active", status_history=[])


def test_a_plan_is_a_product_and_its_price() -> None:
    plan = recorded("plan_price")
    price = cast(PriceSnapshot, snapshot("plan", plan, seen()))
    assert (price.amount_minor, price.currency, price.trial_days) == (2900, "EUR", 14)
    assert price.product_id == product(plan, seen()).external_id == "team_monthly"
