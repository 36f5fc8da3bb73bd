"""What counts as done: our marker, or state and amount equal to the order (M6, M7)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.snapshots import ChargeSnapshot, RefundSnapshot
from gateways.stripe import ADAPTER
from tests.contracts.stripe.harness import StripeHarness


def _look_up(harness: StripeHarness, order: Order) -> Finding:
    return ADAPTER.look_up(harness.credentials(), order, ADAPTER.freeze(order)[0])


def _send(harness: StripeHarness, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(harness.credentials(), order, ADAPTER.freeze(order)[0], deadline=deadline)


def test_capture_by_somebody_else_of_the_same_amount_is_the_order(
    stripe_sandbox: StripeHarness,
) -> None:
    order = stripe_sandbox.make_order(ActionKind.CAPTURE)
    _send(stripe_sandbox, replace(order, intent_id=new_id()))
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is not None
    assert not found.outcome.carries_marker


def test_capture_by_somebody_else_of_another_amount_is_not(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.CAPTURE)
    _send(stripe_sandbox, replace(order, intent_id=new_id(), money=Money.of(100, "EUR")))
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is None
    assert "1.00 EUR" in found.seen


def test_captured_instead_of_released_is_told(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.VOID)
    _send(stripe_sandbox, replace(order, action=ActionKind.CAPTURE, intent_id=new_id()))
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is None
    assert "succeeded 90.00 EUR" in found.seen


def test_released_instead_of_captured_is_told(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.CAPTURE)
    void = replace(order, action=ActionKind.VOID, money=Money.of(9000, "EUR"), intent_id=new_id())
    _send(stripe_sandbox, void)
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is None
    assert "canceled" in found.seen


def test_a_replay_is_not_newer_than_the_news_after_it(stripe_sandbox: StripeHarness) -> None:
    """M18: a stored answer shows the past."""
    order = stripe_sandbox.make_order(ActionKind.REFUND)
    first = _send(stripe_sandbox, order)
    again = _send(stripe_sandbox, order)
    assert again.is_replay
    assert all(each.as_of <= each.created_at for each in again.snapshots[:1])
    assert {type(each) for each in first.snapshots} == {RefundSnapshot, ChargeSnapshot}


@pytest.mark.parametrize("state", ["pending", "succeeded"])
def test_a_refund_ends_as_stripe_says(stripe_sandbox: StripeHarness, state: str) -> None:
    order = stripe_sandbox.make_order(ActionKind.REFUND)
    stripe_sandbox.control("act", object=order.target_id, do="refund_as", refund_as=state)
    assert _send(stripe_sandbox, order).state == state
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is not None
    assert found.outcome.state == state


def test_a_refund_that_failed_days_later_is_told(stripe_sandbox: StripeHarness) -> None:
    """M16: what the look-up finds is our refund, and that it failed."""
    order = stripe_sandbox.make_order(ActionKind.REFUND)
    sent = _send(stripe_sandbox, order)
    stripe_sandbox.control("act", object=sent.object_id, do="fail_refund")
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is not None
    assert (found.outcome.state, found.outcome.object_id) == ("failed", sent.object_id)
    assert found.outcome.detail == "expired_or_canceled_card"


def test_a_refund_among_more_than_a_page_is_found(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.REFUND)
    small = replace(order, money=Money.of(1, "EUR"))
    _send(stripe_sandbox, small)
    for _ in range(101):
        _send(stripe_sandbox, replace(small, intent_id=new_id()))
    found = _look_up(stripe_sandbox, small)
    assert found.outcome is not None
    assert len(found.snapshots) == 102
