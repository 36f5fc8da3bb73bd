"""What the notes only assume, asked of a shop of yours (docs/guides/first-run-woocommerce.md)."""

import pytest

from gateways.capabilities import ActionKind
from gateways.contract import Credentials
from gateways.errors import AlreadyDoneError, DeclinedError
from gateways.snapshots import ChargeSnapshot, ObjectKind, SubscriptionSnapshot
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.client import get
from tests.gateways.live import LiveAccount, live_account

pytestmark = pytest.mark.live

ENVIRONMENT = {"shop_url": "SHOP_URL", "consumer_key": "KEY", "consumer_secret": "SECRET"}


@pytest.fixture(scope="module")
def account() -> LiveAccount:
    """The shop of the environment. A shop has no test mode: only its owner knows it is a copy."""
    return live_account(ADAPTER, "WOOCOMMERCE_TEST", ENVIRONMENT)


def test_the_keys_have_the_rights_they_need(account: LiveAccount) -> None:
    found = account.has_the_rights()
    assert all(each.is_granted for each in found.permissions)


def test_keys_that_only_read_are_seen_as_such(account: LiveAccount) -> None:
    values = {
        **account.credentials.values,
        "consumer_key": account.named("READ_KEY"),
        "consumer_secret": account.named("READ_SECRET"),
    }
    found = ADAPTER.check(Credentials(values=values, api_base=account.credentials.api_base))
    for each in found.permissions:
        assert each.is_granted == each.name.endswith(".read"), each.name


def test_every_kind_can_be_listed(account: LiveAccount) -> None:
    account.lists_everything()


def test_a_walk_by_time_leaves_its_moment_out_and_loses_nothing(account: LiveAccount) -> None:
    orders = [each for each, _ in get(account.credentials, "/orders", per_page="100").items()]
    newest = orders[0]
    moment = {"before": str(newest["date_created_gmt"]), "dates_are_gmt": "true"}
    older = [each["id"] for each, _ in get(account.credentials, "/orders", **moment).items()]
    assert newest["id"] not in older

    by_time = [(str(each["date_created_gmt"]), each["id"]) for each in orders]
    assert by_time == sorted(by_time, reverse=True)


def test_the_shop_tells_its_currency(account: LiveAccount) -> None:
    told = get(account.credentials, "/data/currencies/current").object()
    assert told["code"] == account.currency


def test_a_refund_carries_its_marker_and_is_refused_a_second_time(account: LiveAccount) -> None:
    order = account.order(ActionKind.REFUND, account.named("ORDER"), minor=100)
    made = account.sent_and_found(order)
    assert (made.money, made.carries_marker) == (order.money, True)
    with pytest.raises(AlreadyDoneError):
        account.send(order)


def test_an_over_refund_is_refused_before_it_is_sent(account: LiveAccount) -> None:
    paid = account.read(ObjectKind.CHARGE, account.named("ORDER"), ChargeSnapshot)
    with pytest.raises(DeclinedError):
        account.send(
            account.order(ActionKind.REFUND, paid.external_id, minor=paid.amount_minor + 1)
        )


def test_an_order_that_no_plug_in_can_refund_is_refused(account: LiveAccount) -> None:
    order = account.order(ActionKind.REFUND, account.named("TRANSFER_ORDER"), minor=100)
    with pytest.raises(DeclinedError):
        ADAPTER.read_before_money(account.credentials, order)


def test_a_payment_request_is_found_among_the_customers_orders(account: LiveAccount) -> None:
    order = account.order(
        ActionKind.REQUEST_PAYMENT,
        account.named("CUSTOMER"),
        minor=1100,
        details={"description": "Live test", "return_url": "https://shop.example/"},
    )
    made = account.sent_and_found(order)
    assert made.money == order.money
    assert made.url


def test_a_subscription_is_paused_resumed_and_ended(account: LiveAccount) -> None:
    order = account.order(ActionKind.PAUSE_SUBSCRIPTION, account.named("SUBSCRIPTION"))
    assert account.sent_and_found(order).carries_marker
    paused = account.read(ObjectKind.SUBSCRIPTION, order.target_id, SubscriptionSnapshot)
    resume = account.order(
        ActionKind.RESUME_SUBSCRIPTION, order.target_id, details={"pause": paused.pause}
    )
    assert account.sent_and_found(resume).carries_marker
    later = account.order(ActionKind.CANCEL_SUBSCRIPTION, order.target_id, at_period_end=True)
    assert account.sent_and_found(later).carries_marker
    now = account.order(ActionKind.CANCEL_SUBSCRIPTION, order.target_id)
    assert account.sent_and_found(now).carries_marker
