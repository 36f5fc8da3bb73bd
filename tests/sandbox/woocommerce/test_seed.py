"""The demo's shop: enough orders, guests, and people who also pay elsewhere (design 8)."""

from collections import Counter
from typing import Any

import pytest

from sandbox.seed.stories import STORIES
from sandbox.woocommerce.seed import ACCOUNT, ALSO_HERE, KEY, SECRET
from tests.sandbox.program import Program
from tests.sandbox.woocommerce.shop import Shop


@pytest.fixture(scope="module")
def aurora(demo: Program) -> Shop:
    """The shop that always exists."""
    return Shop(demo, ACCOUNT, KEY, SECRET)


@pytest.fixture(scope="module")
def orders(aurora: Shop) -> list[dict[str, Any]]:
    """All its orders."""
    pages = [aurora.get("orders", per_page="100", page=str(n)) for n in range(1, 6)]
    return [each for page in pages for each in page]


def test_several_hundred_orders_of_guests_and_customers(orders: list[dict[str, Any]]) -> None:
    assert len(orders) > 300
    guests = [each for each in orders if not each["customer_id"]]
    assert 20 < len(guests) < len(orders) / 2
    statuses = Counter(each["status"] for each in orders)
    assert set(statuses) == {
        *("processing", "completed", "on-hold", "pending", "failed", "cancelled", "refunded")
    }
    assert {each["currency"] for each in orders} == {"EUR", "GBP", "JPY", "KWD"}


def test_enough_to_refund(orders: list[dict[str, Any]]) -> None:
    # Issue 3: "at least 20 refundable charges in a two-decimal currency".
    refundable = [
        each
        for each in orders
        if each["date_paid_gmt"]
        and not each["refunds"]
        and each["currency"] == "EUR"
        and each["payment_method"] != "bacs"
    ]
    assert len(refundable) >= 100


def test_people_of_the_inbox_also_buy_here(orders: list[dict[str, Any]]) -> None:
    emails = {each["billing"]["email"] for each in orders}
    assert {each.email for each in STORIES if each.slug in ALSO_HERE} <= emails


def test_the_money_agrees_with_the_orders(aurora: Shop, orders: list[dict[str, Any]]) -> None:
    money = aurora.money()
    paid = [each for each in orders if each["date_paid_gmt"]]
    assert {str(each["id"]) for each in paid} == set(money)
    assert any(each["refunded_minor"] for each in money.values())


def test_subscriptions_products_and_coupons(aurora: Shop) -> None:
    statuses = {each["status"] for each in aurora.get("subscriptions", per_page="100")}
    assert {"active", "on-hold", "pending-cancel", "cancelled"} <= statuses
    assert len(aurora.get("products")) == 6
    assert {each["discount_type"] for each in aurora.get("coupons")} == {"percent", "fixed_cart"}
