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
from gateways.snapshots import ChargeSnapshot, ObjectKind
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
