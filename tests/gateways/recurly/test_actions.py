"""Orders at the sandbox: what refunds become, and what a look-up makes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.errors import (
    AlreadyDoneError,
    DeclinedError,
    DeclineReason,
    InvalidOrderError,
    UnsupportedError,
)
from gateways.recurly import ADAPTER
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    ObjectKind,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
    SubscriptionSnapshot,
)
from tests.conftest import Running
from tests.contracts.recurly.harness import RecurlyHarness


def _send(recurly: RecurlyHarness, order: Order) -> Outcome:
    step = ADAPTER.freeze(order)[0]
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(recurly.credentials(), order, step, deadline=deadline)


def _look_up(recurly: RecurlyHarness, order: Order) -> Finding:
    return ADAPTER.look_up(recurly.credentials(), order, ADAPTER.freeze(order)[0])


def _charge(recurly: RecurlyHarness, order: Order) -> ChargeSnapshot:
    found = ADAPTER.read(recurly.credentials(), ObjectKind.CHARGE, order.target_id)[0]
    assert isinstance(found, ChargeSnapshot)
    return found


def test_a_whole_refund_before_settlement_is_a_void(recurly: RecurlyHarness) -> None:
    """Recurly turns it into a void by itself; the order is done, and found again."""
    order = recurly.refund_of(recurly.make("charge", amount=2000, settled=False), 2000)
    outcome = _send(recurly, order)
    assert (outcome.state, outcome.money) == ("succeeded", order.money)
    assert outcome.carries_marker
    found = _look_up(recurly, order).outcome
    assert found is not None
    assert (found.object_id, found.money) == (outcome.object_id, order.money)
    assert _charge(recurly, order).status is ChargeStatus.CANCELED
    read = ADAPTER.read(recurly.credentials(), ObjectKind.REFUND, outcome.object_id)[0]
    assert read.marker == order.intent_id


def test_a_part_before_settlement_is_refused(recurly: RecurlyHarness) -> None:
    order = recurly.refund_of(recurly.make("charge", amount=2000, settled=False), 500)
    with pytest.raises(DeclinedError) as caught:
        _send(recurly, order)
    assert caught.value.provider_code == "cannot_refund_unsettled_transactions"


def test_a_pending_refund_fails_days_later(recurly: RecurlyHarness) -> None:
    """M16: the amount becomes available again."""
    charge = recurly.make("charge", amount=2000, refund_as="pending")
    order = recurly.refund_of(charge, 500)
    assert _send(recurly, order).state == "pending"
    assert _charge(recurly, order).refunded_minor == 500
    recurly.act(charge["id"], "fail_refund")
    found = _look_up(recurly, order).outcome
    assert found is not None
    assert found.state == "failed"
    assert _charge(recurly, order).refunded_minor == 0


def test_a_refund_from_recurlys_own_pages_is_counted_and_not_ours(recurly: RecurlyHarness) -> None:
    """M7, M11."""
    charge = recurly.make("charge", amount=2000)
    order = recurly.refund_of(charge, 500)
    recurly.act(charge["id"], "dashboard_refund", amount=500)
    finding = _look_up(recurly, order)
    assert finding.outcome is None
    assert "5.00 EUR" in finding.seen
    assert _charge(recurly, order).status is ChargeStatus.PARTIALLY_REFUNDED


def test_two_equal_orders_are_told_apart(recurly: RecurlyHarness) -> None:
    first = recurly.refund_of(recurly.make("charge", amount=2000), 500)
    second = replace(first, intent_id=new_id())
    ids = [_send(recurly, each).object_id for each in (first, second)]
    found = [_look_up(recurly, each).outcome for each in (first, second)]
    assert [each.object_id for each in found if each] == ids
    assert len(set(ids)) == 2


def test_before_money_the_charge_its_root_and_its_refunds_are_read(
    recurly: RecurlyHarness,
) -> None:
    """M18."""
    order = recurly.refund_of(recurly.make("charge", amount=2000), 500)
    _send(recurly, order)
    charge, root, refund = ADAPTER.read_before_money(recurly.credentials(), order)
    assert isinstance(charge, ChargeSnapshot)
    assert isinstance(root, PaymentSnapshot)
    assert isinstance(refund, RefundSnapshot)
    assert (charge.refunded_minor, root.external_id) == (500, order.payment_id)
    assert (refund.marker, refund.payment_id) == (order.intent_id, order.payment_id)
    assert refund.status is RefundStatus.SUCCEEDED


def test_the_outcome_shows_what_changed_and_is_newer_than_the_read_before(
    recurly: RecurlyHarness,
) -> None:
    """M18: else the refunded charge would be ignored as old news."""
    order = recurly.refund_of(recurly.make("charge", amount=2000), 500)
    before = ADAPTER.read_before_money(recurly.credentials(), order)[0]
    after = _send(recurly, order).snapshots
    (charge,) = [each for each in after if isinstance(each, ChargeSnapshot)]
    assert charge.refunded_minor == 500
    assert all(each.as_of > before.as_of for each in after)


def test_a_read_that_fails_afterwards_changes_no_outcome(recurly: RecurlyHarness) -> None:
    order = recurly.refund_of(recurly.make("charge", amount=2000), 500)
    recurly.control("faults", kind="error_500", method="GET", path_regex="/transactions/")
    outcome = _send(recurly, order)
    assert outcome.state == "succeeded"
    assert [type(each) for each in outcome.snapshots] == [RefundSnapshot]


def test_an_order_by_a_hint_of_a_refund_reads_its_charge(recurly: RecurlyHarness) -> None:
    """A payment webhook may be about the refund transaction; its charge is what has changed."""
    order = recurly.refund_of(recurly.make("charge", amount=2000), 500)
    outcome = _send(recurly, order)
    found = ADAPTER.read(recurly.credentials(), ObjectKind.CHARGE, outcome.object_id)
    assert [each.external_id for each in found] == [order.target_id, outcome.object_id]


def test_a_chargeback_is_not_refunded(recurly: RecurlyHarness) -> None:
    charge = recurly.make("charge", amount=2000)
    recurly.act(charge["id"], "dispute")
    with pytest.raises(DeclinedError) as caught:
        _send(recurly, recurly.refund_of(charge, 500))
    assert caught.value.reason is DeclineReason.DISPUTED


def test_a_site_without_credit_invoices_takes_no_marker(sandbox: Running) -> None:
    """So the refund is refused before it moves anything, and the check says why."""
    recurly = RecurlyHarness(sandbox.url, features=[])
    order = recurly.refund_of(recurly.make("charge", amount=2000), 500)
    with pytest.raises(DeclinedError) as caught:
        _send(recurly, order)
    assert caught.value.reason is DeclineReason.NOT_PERMITTED
    assert recurly.moved(order).minor == 0
    lacking = [
        each.name
        for each in ADAPTER.check(recurly.credentials()).permissions
        if not each.is_granted
    ]
    assert lacking == ["features.credit_memos"]


@pytest.mark.parametrize(("code", "minor"), [("JPY", 500), ("KWD", 12345), ("ISK", 700)])
def test_each_currency_moves_exactly(recurly: RecurlyHarness, code: str, minor: int) -> None:
    order = recurly.refund_of(recurly.make("charge", amount=minor * 3, currency=code), minor)
    assert _send(recurly, order).money == Money.of(minor, code)
    assert recurly.moved(order) == Money.of(minor, code)


def test_ending_now_and_again(recurly: RecurlyHarness) -> None:
    order = recurly.make_order(ActionKind.CANCEL_SUBSCRIPTION)
    _send(recurly, order)
    found = ADAPTER.read(recurly.credentials(), ObjectKind.SUBSCRIPTION, order.target_id)[0]
    assert isinstance(found, SubscriptionSnapshot)
    assert found.ended_at is not None
    with pytest.raises(AlreadyDoneError):
        _send(recurly, replace(order, intent_id=new_id()))


def test_an_end_that_is_planned_is_no_end_now(recurly: RecurlyHarness) -> None:
    """M6: state and order must be equal."""
    later = recurly.make_order(ActionKind.CANCEL_SUBSCRIPTION, at_period_end=True)
    _send(recurly, later)
    finding = _look_up(recurly, replace(later, at_period_end=False))
    assert finding.outcome is None
    assert finding.seen


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"money": None}, InvalidOrderError),
        ({"money": Money.of(0, "EUR")}, InvalidOrderError),
        ({"reason": "because"}, InvalidOrderError),
        ({"payment_id": ".."}, InvalidOrderError),
        ({"payment_id": ""}, UnsupportedError),
        ({"payment_id": "tx1"}, UnsupportedError),
    ],
)
def test_what_cannot_be_frozen(
    refund: Order, changed: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ADAPTER.freeze(replace(refund, **changed))  # type: ignore[arg-type]
