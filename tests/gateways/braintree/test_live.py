"""What the notes only assume, asked of Braintree's sandbox (docs/guides/first-run-braintree.md)."""

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateways.braintree import ADAPTER
from gateways.braintree.client import Method, call
from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.errors import AlreadyDoneError, DeclinedError, InvalidOrderError
from gateways.snapshots import ChargeSnapshot, ObjectKind, RefundSnapshot
from tests.gateways.live import LiveAccount, live_account

pytestmark = pytest.mark.live

ENVIRONMENT = {
    "merchant_id": "MERCHANT_ID",
    "public_key": "PUBLIC_KEY",
    "private_key": "PRIVATE_KEY",
}
SEARCHES_LAG_SECONDS = 60


@pytest.fixture(scope="module")
def account() -> LiveAccount:
    """The merchant of the environment, always in Braintree's sandbox."""
    found = live_account(ADAPTER, "BRAINTREE_TEST", ENVIRONMENT)
    values = {**found.credentials.values, "environment": "sandbox"}
    return replace(found, credentials=replace(found.credentials, values=values))


def test_the_keys_have_the_rights_they_need(account: LiveAccount) -> None:
    assert not account.has_the_rights().is_live


def test_every_kind_can_be_listed_newest_first(account: LiveAccount) -> None:
    account.lists_everything()
    sales = ADAPTER.page(account.credentials, ObjectKind.CHARGE).snapshots
    times = [each.created_at for each in sales]
    assert times == sorted(times, reverse=True)


def test_a_sale_is_found_by_a_search(account: LiveAccount) -> None:
    for action in (ActionKind.CHARGE, ActionKind.AUTHORIZE):
        order = account.charging(action, account.named("CUSTOMER"), minor=1100)
        made = account.send(order)
        found = account.look_up_within(order, SEARCHES_LAG_SECONDS).outcome
        assert found is not None
        assert (found.object_id, found.money) == (made.object_id, order.money)


def test_another_customers_card_is_refused(account: LiveAccount) -> None:
    order = account.charging(ActionKind.CHARGE, account.named("CUSTOMER"), minor=1200)
    with pytest.raises((DeclinedError, InvalidOrderError)):
        account.send(replace(order, target_id=account.named("OTHER_CUSTOMER")))


def test_a_refund_is_made_once_and_named_by_its_sale_at_once(account: LiveAccount) -> None:
    sale = _settled(account, minor=1300)
    order = account.order(ActionKind.REFUND, sale, minor=250)
    first = account.sent_and_found(order)
    assert first.carries_marker
    assert first.money == order.money
    assert [each.external_id for each in _refunds(account, sale)] == [first.object_id]


def test_a_repeated_key_gives_back_once(account: LiveAccount) -> None:
    """Nothing relies on it; a merchant who may not use keys (915231) sees two refunds here."""
    sale = _settled(account, minor=1400)
    order = account.order(ActionKind.REFUND, sale, minor=250)
    assert account.send(order).object_id == account.send(order).object_id
    assert len(_refunds(account, sale)) == 1


def test_a_refund_without_an_order_id_takes_the_sales(account: LiveAccount) -> None:
    sale = _settled(account, minor=1500)
    body = {"transaction": {"amount": "1.00"}}
    made = _called(account, Method.POST, f"/transactions/{sale}/refund", body)
    parent = call(
        account.credentials,
        Method.GET,
        f"/transactions/{sale}",
        params={},
        deadline=time.monotonic() + 30,
    ).object("transaction")
    assert made["order_id"] == parent["order_id"] != ""
    # It must not look like one of ours.
    assert [each.marker for each in _refunds(account, sale)] == [None]


def test_an_over_refund_is_refused(account: LiveAccount) -> None:
    sale = _settled(account, minor=1600)
    with pytest.raises(DeclinedError):
        account.send(account.order(ActionKind.REFUND, sale, minor=1601))


def test_what_is_not_settled_is_not_refunded(account: LiveAccount) -> None:
    sale = account.send(_sale(account, ActionKind.CHARGE, minor=1700)).object_id
    with pytest.raises(DeclinedError):
        account.send(account.order(ActionKind.REFUND, sale, minor=100))


def test_the_released_rest_of_a_capture_is_no_refund(account: LiveAccount) -> None:
    held = account.send(_sale(account, ActionKind.AUTHORIZE, minor=1800)).object_id
    order = account.order(ActionKind.CAPTURE, held, minor=400)
    assert account.sent_and_found(order).money == order.money
    charge = account.read(ObjectKind.CHARGE, held, ChargeSnapshot)
    assert (charge.captured_minor, charge.refunded_minor) == (400, 0)


def test_a_void_gives_the_whole_amount_back(account: LiveAccount) -> None:
    held = account.send(_sale(account, ActionKind.AUTHORIZE, minor=1900)).object_id
    order = account.order(ActionKind.VOID, held, minor=1900)
    assert account.sent_and_found(order).money == order.money


def test_an_id_of_a_subscription_is_never_given_twice(account: LiveAccount) -> None:
    price = account.price_of(account.named("PLAN"))
    order = account.subscribing(account.named("CUSTOMER"), price)
    made = account.sent_and_found(order)
    with pytest.raises(AlreadyDoneError):
        account.send(order)
    account.sent_and_found(account.order(ActionKind.CANCEL_SUBSCRIPTION, made.object_id))
    with pytest.raises(AlreadyDoneError):
        account.send(order)


def _sale(account: LiveAccount, action: ActionKind, *, minor: int) -> Order:
    return account.charging(action, account.named("CUSTOMER"), minor=minor)


def _settled(account: LiveAccount, *, minor: int) -> str:
    """A sale that settled at once: Braintree's sandbox has a call for it."""
    sale = account.send(_sale(account, ActionKind.CHARGE, minor=minor)).object_id
    _called(account, Method.PUT, f"/transactions/{sale}/settle", {})
    return sale


def _called(
    account: LiveAccount, method: Method, path: str, body: Mapping[str, object]
) -> dict[str, object]:
    deadline = time.monotonic() + 60
    answer = call(account.credentials, method, path, params=body, deadline=deadline)
    return answer.object("transaction")


def _refunds(account: LiveAccount, sale: str) -> list[RefundSnapshot]:
    found = ADAPTER.read(account.credentials, ObjectKind.CHARGE, sale)
    return [each for each in found if isinstance(each, RefundSnapshot)]
