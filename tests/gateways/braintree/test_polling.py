"""What changed, found by the times of each status (reference 2.4: "No updated_at")."""

from datetime import timedelta

import pytest

from chargedesk.kit import clock
from gateways.braintree import ADAPTER
from gateways.contract import GatewayEvent
from gateways.snapshots import ChargeSnapshot, ChargeStatus, ObjectKind
from tests.contracts.braintree.harness import BraintreeHarness

OLD = 30 * 24 * 3600


def _polled(shop: BraintreeHarness) -> dict[str, GatewayEvent]:
    """Everything since a minute ago, by object."""
    found: list[GatewayEvent] = []
    cursor = ""
    since = clock.now() - timedelta(minutes=1)
    while True:
        page = ADAPTER.events(shop.credentials(), since=since, cursor=cursor)
        found += page.events
        cursor = page.next_cursor
        if not cursor:
            return {each.object_id: each for each in found}


@pytest.mark.parametrize(
    ("outcome", "act", "status"),
    [
        ("submitted_for_settlement", "settle", ChargeStatus.SUCCEEDED),
        ("uncaptured", "cancel", ChargeStatus.CANCELED),
        ("uncaptured", "expire", ChargeStatus.CANCELED),
        ("succeeded", "dispute", ChargeStatus.DISPUTED),
    ],
)
def test_an_old_sale_that_changed_is_news(
    shop: BraintreeHarness, outcome: str, act: str, status: ChargeStatus
) -> None:
    old = shop.make("charge", outcome=outcome, age=OLD)["id"]
    shop.make("charge", age=OLD)
    assert _polled(shop) == {}
    shop.act(old, act)
    found = _polled(shop)
    assert set(found) == {old}
    read = found[old].snapshot or ADAPTER.read(shop.credentials(), ObjectKind.CHARGE, old)[0]
    assert isinstance(read, ChargeSnapshot)
    assert read.status is status


def test_a_refund_made_elsewhere_is_news_that_is_read(shop: BraintreeHarness) -> None:
    """Reading it again brings its sale, which has no status of its own for this."""
    old = shop.make("charge", age=OLD)["id"]
    refund = shop.act(old, "dashboard_refund", amount=500)["object"]["id"]
    event = _polled(shop)[refund]
    assert (event.kind, event.snapshot) == (ObjectKind.REFUND, None)
    read = ADAPTER.read(shop.credentials(), ObjectKind.REFUND, refund)
    assert [each.external_id for each in read] == [refund, old]


def test_stored_news_is_read_as_it_was(shop: BraintreeHarness) -> None:
    made = shop.make("charge")["id"]
    event = _polled(shop)[made]
    assert event.snapshot is not None
    assert list(ADAPTER.parse_stored(event.raw)) == [event]


def test_the_same_news_has_the_same_id(shop: BraintreeHarness) -> None:
    made = shop.make("charge", outcome="uncaptured")["id"]
    first, again = _polled(shop)[made], _polled(shop)[made]
    assert first.event_id == again.event_id
    shop.act(made, "cancel")
    assert _polled(shop)[made].event_id != first.event_id


def test_news_comes_in_pages(shop: BraintreeHarness) -> None:
    who = shop.make("customer")["id"]
    made = {shop.make("charge", customer=who)["id"] for _ in range(60)}
    assert set(_polled(shop)) == made
