"""Walks over many objects: nothing lost, nothing doubled, whatever the times look like."""

from datetime import timedelta

import pytest

from chargedesk.kit import clock
from gateways.braintree import ADAPTER
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    CustomerSnapshot,
    ObjectKind,
    PaymentMethodSnapshot,
    SubscriptionSnapshot,
)
from tests.contracts.braintree.harness import BraintreeHarness

# What the stored cursor of an import has room for.
LONGEST_CURSOR = 500
DAY = 24 * 3600


def _walk(shop: BraintreeHarness, kind: ObjectKind) -> list[AnySnapshot]:
    found: list[AnySnapshot] = []
    cursor = ""
    while True:
        page = ADAPTER.page(shop.credentials(), kind, cursor=cursor)
        found += page.snapshots
        cursor = page.next_cursor
        assert len(cursor) <= LONGEST_CURSOR
        if not cursor:
            return found


@pytest.mark.parametrize(
    "ages",
    [
        [0] * 120,
        [number // 40 for number in range(120)],
        [number * 20 * DAY for number in range(60)],
        [0] * 60 + [3000 * DAY] * 55,
    ],
    ids=["one second", "three seconds", "years", "a long pause"],
)
def test_every_sale_comes_once(shop: BraintreeHarness, ages: list[int]) -> None:
    who = shop.make("customer")["id"]
    made = {shop.make("charge", customer=who, age=age)["id"] for age in ages}
    found = [each.external_id for each in _walk(shop, ObjectKind.CHARGE)]
    assert len(found) == len(set(found))
    assert set(found) == made


def test_refunds_are_a_list_of_their_own(shop: BraintreeHarness) -> None:
    sale = shop.make("charge")
    refund = shop.act(sale["id"], "dashboard_refund", amount=500)["object"]
    assert [each.external_id for each in _walk(shop, ObjectKind.REFUND)] == [refund["id"]]
    (charge,) = _walk(shop, ObjectKind.CHARGE)
    assert isinstance(charge, ChargeSnapshot)
    assert charge.refunded_minor == 500


def test_disputes_are_paged(shop: BraintreeHarness) -> None:
    who = shop.make("customer")["id"]
    made = {
        shop.act(shop.make("charge", customer=who)["id"], "dispute")["object"]["id"]
        for _ in range(55)
    }
    found = [each.external_id for each in _walk(shop, ObjectKind.DISPUTE)]
    assert len(found) == len(made)
    assert set(found) == made


def test_a_customer_comes_with_what_is_on_file(shop: BraintreeHarness) -> None:
    who = shop.make("customer", name="Robin Sample")
    read = ADAPTER.read(shop.credentials(), ObjectKind.CUSTOMER, who["id"])
    assert isinstance(read[0], CustomerSnapshot)
    assert isinstance(read[1], PaymentMethodSnapshot)
    assert read[0].default_payment_method == read[1].external_id
    assert read[0].address["city"] == "Example City"
    (alone,) = ADAPTER.read(shop.credentials(), ObjectKind.PAYMENT_METHOD, read[1].external_id)
    assert isinstance(alone, PaymentMethodSnapshot)
    assert (alone.customer_id, alone.kind, alone.expires) == (who["id"], "card", "2029-08")


def test_a_subscription_knows_its_customer(shop: BraintreeHarness) -> None:
    """It names a payment method only, and that belongs to somebody."""
    who = shop.make("customer")["id"]
    shop.make("subscription", customer=who)
    (found,) = _walk(shop, ObjectKind.SUBSCRIPTION)
    assert isinstance(found, SubscriptionSnapshot)
    assert found.customer_id == who


def test_a_list_is_bounded_by_since(shop: BraintreeHarness) -> None:
    shop.make("charge", age=10 * DAY)
    recent = shop.make("charge")
    since = clock.now() - timedelta(days=1)
    page = ADAPTER.page(shop.credentials(), ObjectKind.CHARGE, since=since)
    assert [each.external_id for each in page.snapshots] == [recent["id"]]
