"""What counts as done: our marker, or state and amount equal to the order (M6, M7)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.braintree import ADAPTER
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.errors import AlreadyDoneError, DeclinedError, DeclineReason, GatewayError
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    DisputeSnapshot,
    ObjectKind,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
)
from tests.contracts.braintree.harness import BraintreeHarness


def _look_up(shop: BraintreeHarness, order: Order) -> Finding:
    return ADAPTER.look_up(shop.credentials(), order, ADAPTER.freeze(order)[0])


def _send(shop: BraintreeHarness, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(shop.credentials(), order, ADAPTER.freeze(order)[0], deadline=deadline)


def test_a_refund_answers_with_the_sale_as_it_stands_now(shop: BraintreeHarness) -> None:
    order = shop.make_order(ActionKind.REFUND)
    outcome = _send(shop, order)
    assert {type(each) for each in outcome.snapshots} == {RefundSnapshot, ChargeSnapshot}
    sale = next(each for each in outcome.snapshots if isinstance(each, ChargeSnapshot))
    assert (sale.refunded_minor, sale.status) == (2500, ChargeStatus.PARTIALLY_REFUNDED)


def test_a_refund_stays_known_when_the_sale_cannot_be_read(shop: BraintreeHarness) -> None:
    order = shop.make_order(ActionKind.REFUND)
    shop.control(
        "faults",
        account=shop.merchant,
        method="GET",
        path_regex=f"/transactions/{order.target_id}$",
        kind="error_500",
        times=1,
    )
    outcome = _send(shop, order)
    assert outcome.state == "pending"
    assert [type(each) for each in outcome.snapshots] == [RefundSnapshot]


def test_a_repeated_key_moves_nothing_more(shop: BraintreeHarness) -> None:
    """Reference 4.1: refund, void and capture take `api_request_key`."""
    for action in (ActionKind.REFUND, ActionKind.VOID, ActionKind.CAPTURE):
        order = shop.make_order(action)
        first, again = _send(shop, order), _send(shop, order)
        assert (first.object_id, first.money) == (again.object_id, again.money)
    assert shop.effects() == ["refund.created", "charge.voided", "charge.captured"]


@pytest.mark.parametrize(
    ("act", "state", "status"),
    [
        ("settle", "succeeded", RefundStatus.SUCCEEDED),
        ("fail_refund", "failed", RefundStatus.FAILED),
    ],
)
def test_a_pending_refund_ends_as_braintree_says(
    shop: BraintreeHarness, act: str, state: str, status: RefundStatus
) -> None:
    """M16: what is polled shows the end, and the sale has its money back if it failed."""
    order = shop.make_order(ActionKind.REFUND)
    sent = _send(shop, order)
    assert sent.state == "pending"
    shop.act(order.target_id, act)
    found = _look_up(shop, order)
    assert found.outcome is not None
    assert (found.outcome.state, found.outcome.object_id) == (state, sent.object_id)
    read = ADAPTER.read(shop.credentials(), ObjectKind.REFUND, sent.object_id)
    assert isinstance(read[0], RefundSnapshot)
    assert read[0].status is status
    sale = next(each for each in read if isinstance(each, ChargeSnapshot))
    assert sale.refunded_minor == shop.moved(order).minor


def test_a_lagging_search_hides_nothing_from_the_look_up(shop: BraintreeHarness) -> None:
    """Reference 4.1: "Search indexing delay: unsure, so prefer `find` of the original"."""
    order = shop.make_order(ActionKind.REFUND)
    shop.control(
        "faults",
        account=shop.merchant,
        path_regex="/refund$",
        kind="lookup_lag",
        times=1,
        delay_s=600,
    )
    sent = _send(shop, order)
    assert ADAPTER.page(shop.credentials(), ObjectKind.REFUND).snapshots == ()
    found = _look_up(shop, order)
    assert found.outcome is not None
    assert found.outcome.object_id == sent.object_id
    charges = ADAPTER.page(shop.credentials(), ObjectKind.CHARGE).snapshots
    assert [each.refunded_minor for each in charges if isinstance(each, ChargeSnapshot)] == [2500]


def test_a_sale_that_is_not_settled_is_not_voided_instead(shop: BraintreeHarness) -> None:
    """M12: reference 4.3 says "91506 -> void instead", which is a new intent of a person."""
    order = replace(
        shop.make_order(ActionKind.REFUND),
        target_id=shop.make("charge", outcome="submitted_for_settlement", amount=9000)["id"],
    )
    with pytest.raises(DeclinedError) as caught:
        _send(shop, order)
    assert caught.value.reason is DeclineReason.NOT_PERMITTED
    assert shop.effects() == []


def test_a_refund_of_everything_twice_is_already_done(shop: BraintreeHarness) -> None:
    order = replace(shop.make_order(ActionKind.REFUND), money=Money.of(9000, "EUR"))
    _send(shop, order)
    with pytest.raises(AlreadyDoneError):
        _send(shop, replace(order, intent_id=new_id()))


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        (ActionKind.REFUND, "refund.created"),
        (ActionKind.CAPTURE, "charge.captured"),
        (ActionKind.VOID, "charge.voided"),
        (ActionKind.CHARGE, "charge.created"),
        (ActionKind.AUTHORIZE, "charge.authorized"),
    ],
)
def test_a_merchant_without_keys_is_served_without_one(
    shop: BraintreeHarness, action: ActionKind, effect: str
) -> None:
    """Reference 4.1: 915231 means "key not allowed", so that request did nothing."""
    order = shop.make_order(action)
    shop.forbid_keys()
    outcome = _send(shop, order)
    assert outcome.state in {"succeeded", "pending"}
    assert shop.effects()[-1:] == [effect]
    found = _look_up(shop, order)
    assert found.outcome is not None
    assert found.outcome.object_id == outcome.object_id


def test_capture_by_somebody_else_of_the_same_amount_is_the_order(shop: BraintreeHarness) -> None:
    order = shop.make_order(ActionKind.CAPTURE)
    _send(shop, replace(order, intent_id=new_id()))
    found = _look_up(shop, order)
    assert found.outcome is not None
    assert not found.outcome.carries_marker


def test_capture_by_somebody_else_of_another_amount_is_not(shop: BraintreeHarness) -> None:
    order = shop.make_order(ActionKind.CAPTURE)
    _send(shop, replace(order, intent_id=new_id(), money=Money.of(100, "EUR")))
    found = _look_up(shop, order)
    assert found.outcome is None
    assert "1.00 EUR" in found.seen


def test_captured_instead_of_released_is_told(shop: BraintreeHarness) -> None:
    order = shop.make_order(ActionKind.VOID)
    _send(shop, replace(order, action=ActionKind.CAPTURE, intent_id=new_id()))
    found = _look_up(shop, order)
    assert found.outcome is None
    assert "submitted_for_settlement 90.00 EUR" in found.seen


def _expired(shop: BraintreeHarness) -> Order:
    order = shop.make_order(ActionKind.CAPTURE)
    shop.act(order.target_id, "expire")
    return order


def _ended(shop: BraintreeHarness) -> Order:
    order = shop.make_order(ActionKind.CANCEL_SUBSCRIPTION)
    return replace(order, target_id=shop.make("subscription", status="Expired")["id"])


@pytest.mark.parametrize("made", [_expired, _ended])
def test_what_ended_by_itself_is_told(
    shop: BraintreeHarness, made: Callable[[BraintreeHarness], Order]
) -> None:
    order = made(shop)
    with pytest.raises(GatewayError):
        _send(shop, order)
    found = _look_up(shop, order)
    assert found.outcome is None
    assert order.target_id in found.seen


@pytest.mark.parametrize("action", [ActionKind.CAPTURE, ActionKind.VOID])
def test_what_is_taken_in_the_second_it_was_held_can_be_captured_no_more(
    shop: BraintreeHarness, action: ActionKind
) -> None:
    """M10: times have whole seconds, so both look like one; the root must say that it is over."""
    order = replace(shop.make_order(action), money=Money.of(9000, "EUR"))
    answered = _send(shop, order).snapshots
    for snapshots in (answered, ADAPTER.read_before_money(shop.credentials(), order)):
        (held,) = (each for each in snapshots if isinstance(each, PaymentSnapshot))
        assert (held.external_id, held.capturable_minor) == (order.target_id, 0)


def test_before_money_the_disputes_are_read(shop: BraintreeHarness) -> None:
    """M18: "Reading before money means charge, refunds and disputes"."""
    order = shop.make_order(ActionKind.REFUND)
    shop.act(order.target_id, "dispute")
    read = ADAPTER.read_before_money(shop.credentials(), order)
    assert isinstance(read[0], ChargeSnapshot)
    assert read[0].status is ChargeStatus.DISPUTED
    assert any(isinstance(each, DisputeSnapshot) for each in read)
    assert all(each.raw for each in read)
