"""What the notes only assume, asked of Stripe itself: `pytest -m live`, STRIPE_TEST_KEY set."""

import time
from dataclasses import replace
from typing import Any

import pytest

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.errors import InvalidOrderError, OutcomeUnknownError
from gateways.snapshots import (
    ChargeSnapshot,
    InvoiceSnapshot,
    ObjectKind,
    SubscriptionSnapshot,
)
from gateways.stripe import ADAPTER
from gateways.stripe.client import Method, call
from tests.gateways.live import LiveAccount, live_account

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def account() -> LiveAccount:
    """The account of STRIPE_TEST_KEY; a live key is refused."""
    found = live_account(ADAPTER, "STRIPE_TEST", {"api_key": "KEY"})
    assert found.credentials.values["api_key"].startswith(("sk_test_", "rk_test_"))
    return found


def test_every_right_is_seen_and_the_account_named(account: LiveAccount) -> None:
    found = account.has_the_rights()
    assert found.account_id.startswith("acct_")
    assert not found.is_live


def test_every_kind_can_be_listed(account: LiveAccount) -> None:
    account.lists_everything()


def test_a_refund_is_replayed_and_found_at_once(account: LiveAccount) -> None:
    order = _paid(account, ActionKind.REFUND, minor=250)
    first, again = account.sent_and_found(order), account.send(order)
    assert again.is_replay
    assert first.object_id == again.object_id
    assert first.money == order.money


def test_another_body_under_the_same_key_proves_nothing(account: LiveAccount) -> None:
    order = _paid(account, ActionKind.REFUND, minor=250)
    account.send(order)
    with pytest.raises(OutcomeUnknownError):
        account.send(replace(order, money=Money.of(251, "EUR")))


def test_an_over_refund_is_an_invalid_order(account: LiveAccount) -> None:
    with pytest.raises(InvalidOrderError):
        account.send(_paid(account, ActionKind.REFUND, minor=1001))


def test_the_released_rest_of_a_capture_is_no_refund(account: LiveAccount) -> None:
    order = _paid(account, ActionKind.CAPTURE, minor=400)
    assert account.send(order).money == order.money
    charge = account.read(ObjectKind.CHARGE, order.target_id, ChargeSnapshot)
    assert (charge.captured_minor, charge.refunded_minor) == (400, 0)


def test_a_void_gives_the_whole_amount_back(account: LiveAccount) -> None:
    order = _paid(account, ActionKind.VOID, minor=1000)
    assert account.sent_and_found(order).money == order.money


@pytest.mark.parametrize("action", [ActionKind.CHARGE, ActionKind.AUTHORIZE])
def test_a_card_on_file_is_charged_once_and_found_at_once(
    account: LiveAccount, action: ActionKind
) -> None:
    order = account.charging(action, _customer(account), minor=1000)
    first, again = account.sent_and_found(order), account.send(order)
    assert again.is_replay
    assert first.object_id == again.object_id
    assert {each.marker for each in first.snapshots} == {order.intent_id}


def test_a_request_and_a_page_for_another_card_are_made_and_found(account: LiveAccount) -> None:
    who = _customer(account)
    details = {
        "description": "Live test",
        "return_url": "https://shop.example/",
        "currency": "EUR",
    }
    for action, minor in (
        (ActionKind.REQUEST_PAYMENT, 1000),
        (ActionKind.REQUEST_CARD_UPDATE, None),
    ):
        order = account.order(action, who, minor=minor, details=details)
        outcome = account.sent_and_found(order)
        assert outcome.url
        assert outcome.money == order.money


def test_a_subscription_is_changed_for_what_its_preview_said(account: LiveAccount) -> None:
    who = _customer(account)
    prices = [_price(account, amount) for amount in (1900, 5000)]
    details = {
        "price": prices[0],
        "quantity": 1,
        "trial_days": 0,
        "coupon": "",
        "payment_method": account.card_of(who),
    }
    made = account.send(account.order(ActionKind.CREATE_SUBSCRIPTION, who, details=details))
    subscription = made.snapshots[0]
    assert isinstance(subscription, SubscriptionSnapshot)
    wanted = {
        "item": subscription.items[0].external_id,
        "price": prices[1],
        "quantity": 1,
        "prorate": "now",
        "proration_at": int(time.time()),
    }
    change = account.order(ActionKind.CHANGE_SUBSCRIPTION, made.object_id, details=wanted)
    shown = ADAPTER.preview(account.credentials, change)
    outcome = account.send(change)
    invoice = next(each for each in outcome.snapshots if isinstance(each, InvoiceSnapshot))
    assert invoice.total_minor == shown.due_now.minor
    assert shown.next_invoice == Money.of(5000, "EUR")


def _paid(account: LiveAccount, action: ActionKind, *, minor: int) -> Order:
    """An order about a new payment of 10.00."""
    params = {
        "amount": 1000,
        "currency": "eur",
        "confirm": True,
        "capture_method": "automatic" if action is ActionKind.REFUND else "manual",
        "payment_method": "pm_card_visa",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    made = _made(account, "/v1/payment_intents", params)
    return account.order(action, made["latest_charge"], minor=minor, payment_id=made["id"])


def _customer(account: LiveAccount) -> str:
    """A new customer with a card on file."""
    params = {"name": "Live Test", "payment_method": "pm_card_visa"}
    return str(_made(account, "/v1/customers", params)["id"])


def _price(account: LiveAccount, amount: int) -> str:
    product = _made(account, "/v1/products", {"name": "Live test"})["id"]
    params = {
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
        "product": product,
    }
    return str(_made(account, "/v1/prices", params)["id"])


def _made(account: LiveAccount, path: str, params: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    answer = call(account.credentials, Method.POST, path, params=params, deadline=deadline)
    return answer.object()
