"""Orders besides refunds: payment requests, pausing and resuming."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.errors import InvalidOrderError, OutcomeUnknownError
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    ObjectKind,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from gateways.woocommerce import ADAPTER, client
from tests.conftest import Running
from tests.contracts.woocommerce.harness import WooCommerceHarness


@pytest.fixture
def shop(sandbox: Running) -> WooCommerceHarness:
    """A shop of its own."""
    return WooCommerceHarness(sandbox.url)


def _send(shop: WooCommerceHarness, order: Order) -> Outcome:
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(shop.credentials(), order, step, deadline=deadline)


def _subscription(shop: WooCommerceHarness, number: str) -> SubscriptionSnapshot:
    found = ADAPTER.read(shop.credentials(), ObjectKind.SUBSCRIPTION, number)[0]
    assert isinstance(found, SubscriptionSnapshot)
    return found


def test_a_request_is_an_unpaid_order_of_that_customer(shop: WooCommerceHarness) -> None:
    order = shop.make_order(ActionKind.REQUEST_PAYMENT)
    outcome = _send(shop, order)
    (asked,) = outcome.snapshots
    assert isinstance(asked, ChargeSnapshot)
    assert (asked.status, asked.captured_minor) == (ChargeStatus.PENDING, 0)
    assert (asked.customer_id, asked.marker) == (order.target_id, order.intent_id)
    assert "A new zip" in asked.description
    assert outcome.expires_at is None


def test_an_amount_the_shop_would_round_is_not_asked_for(shop: WooCommerceHarness) -> None:
    """M13: 12.345 would become another amount on the page."""
    shop.make("charge")
    order = replace(shop.make_order(ActionKind.REQUEST_PAYMENT), money=Money.of(12345, "KWD"))
    with pytest.raises(InvalidOrderError, match="would round"):
        ADAPTER.read_before_money(shop.credentials(), order)


def test_a_renewal_that_copies_the_mark_of_a_subscription_is_no_request(
    shop: WooCommerceHarness,
) -> None:
    """M7: the plug-in copies meta data; a charge must not carry the marker of a pause."""
    made = shop.make("charge", meta={"_chargedesk_intent": str(new_id())})
    assert ADAPTER.read(shop.credentials(), ObjectKind.CHARGE, str(made["id"]))[0].marker is None


def test_a_subscription_stands_still_and_runs_again(shop: WooCommerceHarness) -> None:
    order = shop.make_order(ActionKind.PAUSE_SUBSCRIPTION)
    _send(shop, order)
    paused = _subscription(shop, order.target_id)
    assert (paused.status, paused.pause) == (SubscriptionStatus.PAUSED, "whole")
    assert paused.marker == order.intent_id
    resume = replace(order, action=ActionKind.RESUME_SUBSCRIPTION, intent_id=new_id())
    _send(shop, resume)
    running = _subscription(shop, order.target_id)
    assert (running.status, running.pause) == (SubscriptionStatus.ACTIVE, "")


def test_a_turn_that_the_shop_forbids_is_unknown_and_then_not_found(
    shop: WooCommerceHarness,
) -> None:
    """M5: the same 500 for a refusal and for a crash; what is there tells."""
    order = replace(
        shop.make_order(ActionKind.RESUME_SUBSCRIPTION),
        target_id=str(shop.make("subscription", status="cancelled")["id"]),
    )
    with pytest.raises(OutcomeUnknownError):
        _send(shop, order)
    found = ADAPTER.look_up(shop.credentials(), order, ADAPTER.freeze(order)[0])
    assert found.outcome is None
    assert found.seen


@pytest.mark.parametrize(
    "changed",
    [{"target_id": "guest:a@example.com"}, {"details": {}}, {"money": None}],
)
def test_what_lacks_something_is_not_frozen(
    shop: WooCommerceHarness, changed: dict[str, Any]
) -> None:
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(shop.make_order(ActionKind.REQUEST_PAYMENT), **changed))


@pytest.mark.parametrize("action", [ActionKind.PAUSE_SUBSCRIPTION, ActionKind.RESUME_SUBSCRIPTION])
def test_what_was_turned_back_meanwhile_is_shown_to_a_person(
    shop: WooCommerceHarness, action: ActionKind
) -> None:
    """M7: our mark is there, so this is not “nothing found”, which would prove the opposite."""
    order = shop.make_order(action)
    _send(shop, order)
    back = {
        ActionKind.PAUSE_SUBSCRIPTION: ActionKind.RESUME_SUBSCRIPTION,
        ActionKind.RESUME_SUBSCRIPTION: ActionKind.PAUSE_SUBSCRIPTION,
    }[action]
    (step,) = ADAPTER.freeze(replace(order, action=back, intent_id=new_id()))
    turned = {name: value for name, value in step.body.items() if name != "meta_data"}
    # The customer does it in the shop, so that our mark stays.
    until = time.monotonic() + 10
    client.change(shop.credentials(), step.method, step.path, deadline=until, body=turned)
    found = ADAPTER.look_up(shop.credentials(), order, ADAPTER.freeze(order)[0])
    assert found.outcome is None
    assert found.seen
