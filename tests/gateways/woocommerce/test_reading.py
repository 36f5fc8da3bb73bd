"""Lists that lose nothing, polling by time of change, and what belongs to an object."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways.contract import Credentials
from gateways.errors import NotFoundError, PayloadError, UnsupportedError
from gateways.snapshots import (
    ChargeSnapshot,
    CouponSnapshot,
    ObjectKind,
    RefundSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from gateways.woocommerce import ADAPTER
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.gateways.woocommerce.orders import refund_of, send
from tests.gateways.woocommerce.recorded import recorded

ORDERS = "/wp-json/wc/v3/orders"


def _walk(shop: WooCommerceHarness, kind: ObjectKind, **more: Any) -> list[str]:
    seen: list[str] = []
    cursor = ""
    while True:
        page = ADAPTER.page(shop.credentials(), kind, cursor=cursor, **more)
        seen += [each.external_id for each in page.snapshots]
        cursor = page.next_cursor
        if not cursor:
            return seen


def test_hundreds_of_one_second_are_walked_whole(shop: WooCommerceHarness) -> None:
    """An import gives many orders the same time; the cursor counts within the second."""
    made = shop.make_charges(203, step_s=0)
    older = str(shop.make("charge", created=1_700_000_000)["id"])
    seen = _walk(shop, ObjectKind.CHARGE)
    assert sorted(seen) == sorted([*made, older])
    assert len(seen) == len(set(seen))


def test_orders_that_come_meanwhile_shift_nothing(shop: WooCommerceHarness) -> None:
    made = shop.make_charges(150)
    first = ADAPTER.page(shop.credentials(), ObjectKind.CHARGE)
    assert first.total == 150
    for _ in range(3):
        shop.make("charge")
    rest = ADAPTER.page(shop.credentials(), ObjectKind.CHARGE, cursor=first.next_cursor)
    seen = [each.external_id for each in (*first.snapshots, *rest.snapshots)]
    assert set(seen) == made
    assert len(seen) == 150
    assert rest.next_cursor == ""


def test_baskets_are_no_charges(shop: WooCommerceHarness) -> None:
    basket = shop.make("charge", status="checkout-draft")
    assert _walk(shop, ObjectKind.CHARGE) == []
    with pytest.raises(NotFoundError):
        ADAPTER.read(shop.credentials(), ObjectKind.CHARGE, str(basket["id"]))


def test_customers_are_walked_by_pages_and_bounded_by_age(shop: WooCommerceHarness) -> None:
    shop.control("seed", provider="woocommerce", account=shop.account, customers=130)
    assert len(set(_walk(shop, ObjectKind.CUSTOMER))) == 130
    since = clock.now() - timedelta(minutes=9, seconds=30)
    assert len(_walk(shop, ObjectKind.CUSTOMER, since=since)) == 9


def test_refunds_know_their_order_and_its_currency(shop: WooCommerceHarness) -> None:
    """The shop-wide list names the order and not the currency, and shops sell in several."""
    orders = [shop.make("charge", currency=code, amount=9000) for code in ("eur", "jpy")]
    for order in orders:
        send(shop, refund_of(order))
    page = ADAPTER.page(shop.credentials(), ObjectKind.REFUND)
    found = {
        each.charge_id: (each.amount_minor, each.currency)
        for each in page.snapshots
        if isinstance(each, RefundSnapshot)
    }
    assert found == {str(orders[0]["id"]): (500, "EUR"), str(orders[1]["id"]): (500, "JPY")}
    read = ADAPTER.read(shop.credentials(), ObjectKind.REFUND, page.snapshots[0].external_id)
    assert read[0].external_id == page.snapshots[0].external_id
    assert isinstance(read[1], ChargeSnapshot)


def test_old_shops_have_refunds_with_their_orders_only(shop: WooCommerceHarness) -> None:
    _without(shop, "refund_list")
    order = shop.make("charge")
    send(shop, refund_of(order))
    with pytest.raises(UnsupportedError):
        ADAPTER.page(shop.credentials(), ObjectKind.REFUND)
    read = ADAPTER.read(shop.credentials(), ObjectKind.CHARGE, str(order["id"]))
    assert [type(each) for each in read] == [ChargeSnapshot, RefundSnapshot]


def test_shops_without_the_plug_in(shop: WooCommerceHarness) -> None:
    _without(shop, "subscriptions")
    with pytest.raises(UnsupportedError):
        ADAPTER.page(shop.credentials(), ObjectKind.SUBSCRIPTION)
    shop.make("charge")
    assert len(_polled(shop)) == 1


def test_a_failed_renewal_is_past_due(shop: WooCommerceHarness) -> None:
    late = shop.make("subscription", status="on-hold")
    shop.make("charge", status="completed", subscription=late["id"], created=1_700_000_000)
    shop.make("charge", status="failed", subscription=late["id"])
    paused = shop.make("subscription", status="on-hold")
    page = ADAPTER.page(shop.credentials(), ObjectKind.SUBSCRIPTION)
    found = {
        each.external_id: each.status
        for each in page.snapshots
        if isinstance(each, SubscriptionSnapshot)
    }
    assert found == {
        str(late["id"]): SubscriptionStatus.PAST_DUE,
        str(paused["id"]): SubscriptionStatus.PAUSED,
    }


def test_coupons_are_in_the_shops_currency(shop: WooCommerceHarness) -> None:
    shop.make("coupon", code="five", discount_type="fixed_cart")
    (found,) = ADAPTER.page(shop.credentials(), ObjectKind.COUPON).snapshots
    assert isinstance(found, CouponSnapshot)
    assert (found.amount_off_minor, found.currency) == (1000, "EUR")


def test_one_unreadable_order_stops_no_walk(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    good, odd = recorded("order_processing", id=1), recorded("order_processing", id=2, total="x")
    httpserver.expect_request(ORDERS).respond_with_json([good, odd])
    page = ADAPTER.page(credentials, ObjectKind.CHARGE)
    assert [each.external_id for each in page.snapshots] == ["1"]
    assert page.unreadable == ("2",)


def test_what_has_no_time_leads_nowhere_back(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    timeless = [recorded("order_processing", id=n, date_created_gmt=None) for n in range(1, 101)]
    httpserver.expect_request(ORDERS).respond_with_json(timeless)
    with pytest.raises(PayloadError):
        ADAPTER.page(credentials, ObjectKind.CHARGE)
    dated = [recorded("order_processing", id=200), *timeless[:99]]
    httpserver.clear()
    httpserver.expect_request(ORDERS).respond_with_json(dated)
    assert ADAPTER.page(credentials, ObjectKind.CHARGE).next_cursor.endswith("~1")


def test_one_odd_object_stops_no_poll(httpserver: HTTPServer, credentials: Credentials) -> None:
    good, odd = recorded("order_processing", id=1), {"id": "x"}
    httpserver.expect_request(ORDERS).respond_with_json([odd, good])
    page = ADAPTER.events(credentials, since=clock.now())
    assert [each.object_id for each in page.events] == ["1"]


def _without(shop: WooCommerceHarness, feature: str) -> None:
    shop.control("settings", **{f"woocommerce.{feature}.{shop.account}": 0})


# ---- polling


def _polled(shop: WooCommerceHarness, minutes: int = 5) -> list[Any]:
    since, cursor = clock.now() - timedelta(minutes=minutes), ""
    found: list[Any] = []
    while True:
        page = ADAPTER.events(shop.credentials(), since=since, cursor=cursor)
        found += page.events
        cursor = page.next_cursor
        if not cursor:
            return found


def test_what_was_changed_is_found_whatever_its_age(shop: WooCommerceHarness) -> None:
    old = shop.make("charge", created=1_700_000_000)
    shop.make("charge", created=1_700_000_000)
    send(shop, refund_of(old))
    (event,) = _polled(shop)
    assert (event.kind, event.object_id) == (ObjectKind.CHARGE, str(old["id"]))
    # Its refunds must be read, so that it is a hint.
    assert event.snapshot is None
    assert ADAPTER.parse_stored(event.raw)[0].event_id == event.event_id


def test_a_polled_order_is_a_picture_of_when_it_was_changed(shop: WooCommerceHarness) -> None:
    made = shop.make("charge")
    (event,) = _polled(shop)
    assert event.snapshot is not None
    assert event.snapshot.external_id == str(made["id"])
    assert event.snapshot.as_of == event.occurred_at
    (stored,) = ADAPTER.parse_stored(event.raw)
    assert stored.event_id == event.event_id
    assert stored.snapshot is not None
    assert stored.snapshot.as_of == event.snapshot.as_of


def test_a_second_that_fills_pages_is_polled_whole(shop: WooCommerceHarness) -> None:
    made = shop.make_charges(205, step_s=0)
    shop.make("subscription")
    shop.make("product")
    shop.make("coupon")
    found = _polled(shop, minutes=300)
    assert made == {each.object_id for each in found if each.kind is ObjectKind.CHARGE}
    assert {each.kind for each in found} == {
        *(ObjectKind.CHARGE, ObjectKind.PRODUCT, ObjectKind.COUPON)
    }


def test_the_same_state_is_the_same_news(shop: WooCommerceHarness) -> None:
    charge = shop.make("charge")
    first, again = _polled(shop), _polled(shop)
    assert [each.event_id for each in first] == [each.event_id for each in again]
    send(shop, refund_of(charge, Money.of(100, "EUR")))
    assert {each.event_id for each in _polled(shop)}.isdisjoint(each.event_id for each in first)
