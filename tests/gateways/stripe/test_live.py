"""What the notes only assume, asked of Stripe itself: `pytest -m live`, STRIPE_TEST_KEY set."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, FrozenStep, Order, Outcome
from gateways.errors import InvalidOrderError, OutcomeUnknownError
from gateways.snapshots import (
    ChargeSnapshot,
    InvoiceSnapshot,
    ObjectKind,
    SubscriptionSnapshot,
)
from gateways.stripe import ADAPTER
from gateways.stripe.client import Method, call

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def account() -> Credentials:
    """The account of STRIPE_TEST_KEY; a live key is refused."""
    key = os.environ["STRIPE_TEST_KEY"]
    assert key.startswith(("sk_test_", "rk_test_"))
    return Credentials(values={"api_key": key})


def _charge(account: Credentials, *, capture: str) -> dict[str, Any]:
    params = {
        "amount": 1000,
        "currency": "eur",
        "confirm": True,
        "capture_method": capture,
        "payment_method": "pm_card_visa",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    deadline = time.monotonic() + 30
    path = "/v1/payment_intents"
    return call(account, Method.POST, path, params=params, deadline=deadline).object()


def _order(account: Credentials, action: ActionKind, *, minor: int) -> Order:
    made = _charge(account, capture="automatic" if action is ActionKind.REFUND else "manual")
    return Order(
        action=action,
        intent_id=new_id(),
        target_id=made["latest_charge"],
        payment_id=made["id"],
        money=Money.of(minor, "EUR"),
    )


def _step(order: Order) -> FrozenStep:
    return ADAPTER.freeze(order)[0]


def _send(account: Credentials, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=20)
    return ADAPTER.send(account, order, _step(order), deadline=deadline)


def test_every_right_is_seen_and_the_account_named(account: Credentials) -> None:
    found = ADAPTER.check(account)
    assert found.account_id.startswith("acct_")
    assert not found.is_live
    assert any(each.is_granted for each in found.permissions)


def test_every_kind_can_be_listed(account: Credentials) -> None:
    for kind in ADAPTER.capabilities.reads:
        assert ADAPTER.page(account, kind).unreadable == ()


def test_a_refund_is_replayed_and_found_at_once(account: Credentials) -> None:
    order = _order(account, ActionKind.REFUND, minor=250)
    first = _send(account, order)
    again = _send(account, order)
    found = ADAPTER.look_up(account, order, _step(order)).outcome
    assert again.is_replay
    assert found is not None
    assert first.object_id == again.object_id == found.object_id
    assert found.money == order.money


def test_another_body_under_the_same_key_proves_nothing(account: Credentials) -> None:
    order = _order(account, ActionKind.REFUND, minor=250)
    _send(account, order)
    with pytest.raises(OutcomeUnknownError):
        _send(account, replace(order, money=Money.of(251, "EUR")))


def test_an_over_refund_is_an_invalid_order(account: Credentials) -> None:
    with pytest.raises(InvalidOrderError):
        _send(account, _order(account, ActionKind.REFUND, minor=1001))


def test_the_released_rest_of_a_capture_is_no_refund(account: Credentials) -> None:
    order = _order(account, ActionKind.CAPTURE, minor=400)
    assert _send(account, order).money == order.money
    charge = ADAPTER.read(account, ObjectKind.CHARGE, order.target_id)[0]
    assert isinstance(charge, ChargeSnapshot)
    assert (charge.captured_minor, charge.refunded_minor) == (400, 0)


def test_a_void_gives_the_whole_amount_back(account: Credentials) -> None:
    order = _order(account, ActionKind.VOID, minor=1000)
    assert _send(account, order).money == order.money
    assert ADAPTER.look_up(account, order, _step(order)).outcome is not None


def _customer(account: Credentials) -> tuple[str, str]:
    """A new customer and the card on file."""
    deadline = time.monotonic() + 30
    params = {"name": "Live Test", "payment_method": "pm_card_visa"}
    who = call(account, Method.POST, "/v1/customers", params=params, deadline=deadline).object()
    listed = ADAPTER.read(account, ObjectKind.CUSTOMER, who["id"])
    return who["id"], listed[1].external_id


@pytest.mark.parametrize("action", [ActionKind.CHARGE, ActionKind.AUTHORIZE])
def test_a_card_on_file_is_charged_once_and_found_at_once(
    account: Credentials, action: ActionKind
) -> None:
    who, card = _customer(account)
    order = Order(
        action=action,
        intent_id=new_id(),
        target_id=who,
        money=Money.of(1000, "EUR"),
        details={"payment_method": card, "description": "Live test"},
    )
    first, again = _send(account, order), _send(account, order)
    found = ADAPTER.look_up(account, order, _step(order)).outcome
    assert again.is_replay
    assert found is not None
    assert first.object_id == again.object_id == found.object_id
    assert {each.marker for each in first.snapshots} == {order.intent_id}


def test_a_request_and_a_page_for_another_card_are_made_and_found(account: Credentials) -> None:
    who, _ = _customer(account)
    details = {
        "description": "Live test",
        "return_url": "https://shop.example/",
        "currency": "EUR",
    }
    for action, money in (
        (ActionKind.REQUEST_PAYMENT, Money.of(1000, "EUR")),
        (ActionKind.REQUEST_CARD_UPDATE, None),
    ):
        order = Order(
            action=action, intent_id=new_id(), target_id=who, money=money, details=details
        )
        outcome = _send(account, order)
        assert outcome.url.startswith("https://")
        assert outcome.money == money
        found = ADAPTER.look_up(account, order, _step(order)).outcome
        assert found is not None
        assert found.object_id == outcome.object_id


def test_a_subscription_is_changed_for_what_its_preview_said(account: Credentials) -> None:
    who, card = _customer(account)
    prices = [_price(account, amount) for amount in (1900, 5000)]
    details = {
        "price": prices[0],
        "quantity": 1,
        "trial_days": 0,
        "coupon": "",
        "payment_method": card,
    }
    create = Order(
        action=ActionKind.CREATE_SUBSCRIPTION, intent_id=new_id(), target_id=who, details=details
    )
    made = _send(account, create)
    subscription = made.snapshots[0]
    assert isinstance(subscription, SubscriptionSnapshot)
    change = Order(
        action=ActionKind.CHANGE_SUBSCRIPTION,
        intent_id=new_id(),
        target_id=made.object_id,
        details={
            "item": subscription.items[0].external_id,
            "price": prices[1],
            "quantity": 1,
            "prorate": "now",
            "proration_at": int(time.time()),
        },
    )
    shown = ADAPTER.preview(account, change)
    outcome = _send(account, change)
    invoice = next(each for each in outcome.snapshots if isinstance(each, InvoiceSnapshot))
    assert invoice.total_minor == shown.due_now.minor
    assert shown.next_invoice == Money.of(5000, "EUR")


def _price(account: Credentials, amount: int) -> str:
    deadline = time.monotonic() + 30
    params = {
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
        "product_data": {"name": "Live test"},
    }
    made = call(account, Method.POST, "/v1/prices", params=params, deadline=deadline).object()
    return str(made["id"])
