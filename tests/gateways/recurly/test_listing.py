"""Pages and news of a site at the sandbox."""

from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from gateways.contract import Credentials, GatewayEvent
from gateways.errors import NotFoundError, UnavailableError
from gateways.recurly import ADAPTER
from gateways.recurly.documents import written
from gateways.snapshots import ChargeSnapshot, CustomerSnapshot, ObjectKind, RefundSnapshot
from tests.contracts.recurly.harness import RecurlyHarness
from tests.gateways.recurly.recorded import recorded


def _all(recurly: RecurlyHarness, kind: ObjectKind) -> list[object]:
    found: list[object] = []
    cursor = ""
    while True:
        page = ADAPTER.page(recurly.credentials(), kind, cursor=cursor)
        found += page.snapshots
        cursor = page.next_cursor
        if not cursor:
            return found


def _news(recurly: RecurlyHarness, minutes: int = 5) -> list[GatewayEvent]:
    found: list[GatewayEvent] = []
    cursor, since = "", clock.now() - timedelta(minutes=minutes)
    while True:
        page = ADAPTER.events(recurly.credentials(), since=since, cursor=cursor)
        found += page.events
        cursor = page.next_cursor
        if not cursor:
            return found


def test_more_than_a_page_with_what_went_back(recurly: RecurlyHarness) -> None:
    made = sorted(recurly.make_charges(230))
    for charge_id in made[:3]:
        recurly.act(charge_id, "dashboard_refund", amount=700)
    charges = [
        each for each in _all(recurly, ObjectKind.CHARGE) if isinstance(each, ChargeSnapshot)
    ]
    assert sorted(each.external_id for each in charges) == made
    refunded = {each.external_id: each.refunded_minor for each in charges if each.refunded_minor}
    assert refunded == dict.fromkeys(made[:3], 700)
    refunds = [
        each for each in _all(recurly, ObjectKind.REFUND) if isinstance(each, RefundSnapshot)
    ]
    assert sorted(each.charge_id for each in refunds) == made[:3]
    assert all(each.payment_id for each in refunds)


def test_a_listed_refund_has_its_marker(recurly: RecurlyHarness) -> None:
    """M11: whatever brings a refund, it links itself to its order."""
    charge = recurly.make("charge")
    order = recurly.refund_of(charge, 500)
    recurly.act(charge["id"], "dashboard_refund", amount=500)
    noted = f"Thank you.\nRefund reference: {order.intent_id}"
    recurly.act(charge["id"], "dashboard_refund", amount=600, notes=noted)
    (newest, other) = ADAPTER.page(recurly.credentials(), ObjectKind.REFUND).snapshots
    assert (newest.marker, other.marker) == (order.intent_id, None)


def test_a_customer_comes_with_cards_and_without_the_sign_in_token(
    recurly: RecurlyHarness,
) -> None:
    account = recurly.make("customer", email="ada@example.com")
    found = ADAPTER.read(recurly.credentials(), ObjectKind.CUSTOMER, account["id"])
    assert [type(each).__name__ for each in found] == ["CustomerSnapshot", "PaymentMethodSnapshot"]
    listed = ADAPTER.page(recurly.credentials(), ObjectKind.CUSTOMER).snapshots
    for each in (found[0], *listed):
        assert isinstance(each, CustomerSnapshot)
        assert account["hosted_login_token"].encode() not in each.raw
        assert b"ada@example.com" in each.raw
    by_code = ADAPTER.read(recurly.credentials(), ObjectKind.CUSTOMER, f"code-{account['code']}")
    assert by_code[0].external_id == account["id"]


def test_a_root_can_be_read_with_its_charges(recurly: RecurlyHarness) -> None:
    charge = recurly.make("charge")
    found = ADAPTER.read(recurly.credentials(), ObjectKind.PAYMENT, charge["invoice"]["id"])
    assert [each.external_id for each in found] == [charge["invoice"]["id"], charge["id"]]


def test_one_unreadable_object_stops_no_page(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    strange = recorded("plan", id="strange", currencies=[{"currency": "XXX", "unit_amount": 1}])
    good = recorded("plan", currencies=[])
    listed = {"object": "list", "has_more": False, "data": [strange, {"no": "id"}, good]}
    httpserver.expect_request("/plans").respond_with_json(listed)
    page = ADAPTER.page(credentials, ObjectKind.PRODUCT)
    assert [each.external_id for each in page.snapshots] == ["strange", good["id"]]
    assert page.unreadable == ("",)
    assert ADAPTER.page(credentials, ObjectKind.PRICE).unreadable == ("strange",)


def test_everything_that_changed_is_told_oldest_first(recurly: RecurlyHarness) -> None:
    charge = recurly.make("charge")
    subscription = recurly.make("subscription", age_days=0)
    told = _news(recurly)
    kinds = {each.object_id: each.kind for each in told}
    assert kinds[charge["id"]] is ObjectKind.CHARGE
    assert kinds[charge["invoice"]["id"]] is ObjectKind.INVOICE
    assert kinds[subscription["id"]] is ObjectKind.SUBSCRIPTION
    assert kinds[charge["account"]["id"]] is ObjectKind.CUSTOMER
    for each in told:
        (stored,) = ADAPTER.parse_stored(each.raw)
        assert stored == each


def test_a_change_is_told_again_and_rest_is_not(recurly: RecurlyHarness) -> None:
    charge = recurly.make("charge", created=int(clock.now().timestamp()) - 3600)
    assert charge["id"] not in {each.object_id for each in _news(recurly)}
    recurly.act(charge["id"], "dashboard_refund", amount=100)
    before = {each.event_id for each in _news(recurly)}
    assert charge["id"] in {each.object_id for each in _news(recurly)}
    assert {each.event_id for each in _news(recurly)} == before


def test_more_than_a_page_of_news(recurly: RecurlyHarness) -> None:
    made = recurly.make_charges(205)
    told = [
        each.object_id for each in _news(recurly, minutes=600) if each.kind is ObjectKind.CHARGE
    ]
    assert sorted(told) == sorted(made)


@pytest.mark.parametrize("kind", ["authorization", "verify", "from_the_future"])
def test_what_moves_no_money_is_not_followed(
    httpserver: HTTPServer, credentials: Credentials, kind: str
) -> None:
    obj = recorded("transaction_success", type=kind)
    listed = {"object": "list", "has_more": False, "data": [obj]}
    httpserver.expect_request("/transactions").respond_with_data(written(listed))
    httpserver.expect_request(f"/transactions/{obj['id']}").respond_with_data(written(obj))
    page = ADAPTER.events(credentials, since=clock.now())
    assert page.events == ()
    with pytest.raises(NotFoundError):
        ADAPTER.read(credentials, ObjectKind.CHARGE, obj["id"])


@pytest.mark.parametrize("cursor", ["somewhere~", "payment~https://elsewhere.example/x", "~x"])
def test_a_place_that_is_none_is_refused(recurly: RecurlyHarness, cursor: str) -> None:
    with pytest.raises(UnavailableError):
        ADAPTER.events(recurly.credentials(), since=clock.now(), cursor=cursor)
