"""Orders besides refunds: what is sent, and what Recurly's answers prove."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.errors import DeclinedError, DeclineReason, InvalidOrderError
from gateways.recurly import ADAPTER, actions, client
from gateways.recurly.documents import parsed
from gateways.recurly.mapping import Seen
from gateways.recurly.outcomes import charge_in
from gateways.snapshots import (
    ChargeSnapshot,
    ObjectKind,
    PaymentSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from tests.contracts.recurly.harness import RecurlyHarness
from tests.gateways.recurly.specification import PATH, complaints, has_operation

SCHEMAS = {
    ActionKind.CHARGE: "PurchaseCreate",
    ActionKind.CREATE_SUBSCRIPTION: "SubscriptionCreate",
    ActionKind.CHANGE_SUBSCRIPTION: "SubscriptionChangeCreate",
    ActionKind.PAUSE_SUBSCRIPTION: "SubscriptionPause",
    ActionKind.APPLY_COUPON: "CouponRedemptionCreate",
}


def _send(recurly: RecurlyHarness, order: Order) -> Outcome:
    (step,) = ADAPTER.freeze(order)
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(recurly.credentials(), order, step, deadline=deadline)


def _subscription(recurly: RecurlyHarness, external_id: str) -> SubscriptionSnapshot:
    found = ADAPTER.read(recurly.credentials(), ObjectKind.SUBSCRIPTION, external_id)[0]
    assert isinstance(found, SubscriptionSnapshot)
    return found


@pytest.mark.skipif(PATH is None, reason="Recurly's document is not beside the repository")
@pytest.mark.parametrize("action", [*SCHEMAS, ActionKind.RESUME_SUBSCRIPTION])
def test_what_is_sent_is_as_the_document_says(
    recurly: RecurlyHarness, monkeypatch: pytest.MonkeyPatch, action: ActionKind
) -> None:
    """The body as it leaves, codes and amounts filled in."""
    sent: list[tuple[str, str, dict[str, Any]]] = []
    made = client.call

    def told(credentials: Any, method: Any, path: str, **more: Any) -> Any:
        sent.append((method.value, path, dict(more["params"])))
        return made(credentials, method, path, **more)

    monkeypatch.setattr(actions, "call", told)
    _send(recurly, recurly.make_order(action))
    ((method, path, body),) = sent
    assert has_operation(method, path)
    if action in SCHEMAS:
        assert complaints(SCHEMAS[action], _with_floats(body)) == []
    else:
        assert body == {}


def test_a_charge_is_what_was_ordered_whatever_the_account_has(recurly: RecurlyHarness) -> None:
    """M12: neither tax nor credit makes it another amount."""
    order = recurly.make_order(ActionKind.CHARGE)
    (step,) = ADAPTER.freeze(order)
    lines: Any = step.body["line_items"]
    assert [(each["unit_amount"], each["tax_exempt"]) for each in lines] == [("25.00", True)]
    assert step.body["credit_application_policy_override"] == {"mode": "none"}
    outcome = _send(recurly, order)
    assert (outcome.state, outcome.money) == ("succeeded", order.money)
    assert recurly.taken(order) == order.money


@pytest.mark.parametrize(("code", "minor"), [("JPY", 2500), ("KWD", 12345)])
def test_a_charge_in_another_currency_is_exact(
    recurly: RecurlyHarness, code: str, minor: int
) -> None:
    order = replace(recurly.make_order(ActionKind.CHARGE), money=Money.of(minor, code))
    outcome = _send(recurly, order)
    assert outcome.money == Money.of(minor, code)


def test_a_charge_keeps_its_marker_in_every_reading(recurly: RecurlyHarness) -> None:
    """M11: the list, the charge and its root all name the order that took the money."""
    order = recurly.make_order(ActionKind.CHARGE)
    outcome = _send(recurly, order)
    keys = recurly.credentials()
    charge, *_ = ADAPTER.read(keys, ObjectKind.CHARGE, outcome.object_id)
    assert isinstance(charge, ChargeSnapshot)
    root, under_root = ADAPTER.read(keys, ObjectKind.PAYMENT, charge.payment_id)
    assert isinstance(root, PaymentSnapshot)
    (listed,) = ADAPTER.page(keys, ObjectKind.CHARGE).snapshots
    markers = {each.marker for each in (charge, root, under_root, listed)}
    assert markers == {order.intent_id}


def test_a_refund_of_a_charge_of_ours_does_not_take_its_marker(recurly: RecurlyHarness) -> None:
    """M7: the two have notes of their own."""
    order = recurly.make_order(ActionKind.CHARGE)
    outcome = _send(recurly, order)
    charge = recurly.get(f"/transactions/{outcome.object_id}")
    refund = recurly.refund_of(charge, 500)
    _send(recurly, refund)
    found, *refunds = ADAPTER.read(recurly.credentials(), ObjectKind.CHARGE, outcome.object_id)
    assert found.marker == order.intent_id
    assert [each.marker for each in refunds] == [refund.intent_id]
    again = ADAPTER.look_up(recurly.credentials(), order, ADAPTER.freeze(order)[0]).outcome
    assert again is not None
    assert again.state == "succeeded"


def test_a_decline_says_why(recurly: RecurlyHarness) -> None:
    with pytest.raises(DeclinedError) as caught:
        _send(recurly, recurly.make_declined_order(ActionKind.CHARGE))
    assert caught.value.provider_code == "insufficient_funds"
    assert caught.value.reason is DeclineReason.INSUFFICIENT_BALANCE


@pytest.mark.parametrize(
    ("bill_state", "status", "expected"),
    [
        ("paid", "success", "succeeded"),
        ("paid", "chargeback", "succeeded"),
        ("processing", "processing", "pending"),
        ("past_due", "declined", "pending"),
        ("failed", "declined", "failed"),
        ("paid", "of_tomorrow", None),
    ],
)
def test_only_what_recurly_has_given_up_is_a_failed_charge(
    recurly: RecurlyHarness, bill_state: str, status: str, expected: str | None
) -> None:
    """M16: an invoice that waits for money may still be paid by the same card."""
    order = recurly.make_order(ActionKind.CHARGE)
    _send(recurly, order)
    (bill,) = recurly.get(f"/accounts/{order.target_id}/invoices")["data"]
    (row,) = bill["transactions"]
    shown = {**bill, "state": bill_state, "transactions": [{**row, "status": status}]}
    shown = parsed(json.dumps(shown))
    outcome = charge_in(order, shown, Seen(as_of=clock.now(), raw=b""))
    assert (outcome.state if outcome else None) == expected


def test_a_new_subscription_costs_what_was_shown_and_has_no_trial(recurly: RecurlyHarness) -> None:
    """M1: the plan got dearer since, and has a trial of its own."""
    order = recurly.make_order(ActionKind.CREATE_SUBSCRIPTION)
    dearer = recurly.make("plan", amount=9900, code=f"starter-{new_id()}")
    details = {**order.details, "price": f"{dearer['id']}:EUR"}
    outcome = _send(recurly, replace(order, details=details))
    made = _subscription(recurly, outcome.object_id)
    assert (made.amount_minor, made.status) == (3800, SubscriptionStatus.ACTIVE)
    assert made.marker == order.intent_id


def test_a_plan_with_a_fee_for_the_start_is_left_to_recurly(recurly: RecurlyHarness) -> None:
    """M12: it would take more than was shown."""
    order = recurly.make_order(ActionKind.CREATE_SUBSCRIPTION)
    plan = recurly.make("plan", amount=1900, setup_fee=500)
    details = {**order.details, "price": f"{plan['id']}:EUR"}
    with pytest.raises(InvalidOrderError, match="fee for the start"):
        _send(recurly, replace(order, details=details))
    assert recurly.get(f"/accounts/{order.target_id}/subscriptions")["data"] == []


def test_a_change_is_billed_at_once_or_not(recurly: RecurlyHarness) -> None:
    order = recurly.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    _send(recurly, order)
    changed = _subscription(recurly, order.target_id)
    assert (changed.amount_minor, changed.items[0].quantity) == (15000, 3)
    billed = recurly.get("/invoices")["data"]
    assert len(billed) == 1

    free = recurly.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    _send(recurly, replace(free, details={**free.details, "prorate": "none"}))
    assert len(recurly.get("/invoices")["data"]) == 1
    later = {**order.details, "prorate": "next_invoice"}
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(order, details=later))


def test_a_change_of_somebody_else_settles_nothing(recurly: RecurlyHarness) -> None:
    """M6, M7: an equal plan is no marker, so only the key tells."""
    order = recurly.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    _send(recurly, replace(order, intent_id=new_id()))
    (step,) = ADAPTER.freeze(order)
    assert ADAPTER.look_up(recurly.credentials(), order, step).outcome is None
    proof = ADAPTER.capabilities.proof(ActionKind.CHANGE_SUBSCRIPTION)
    assert proof is not None
    assert not proof.looks_up


def test_a_pause_begins_with_the_next_renewal_and_ends_either_way(recurly: RecurlyHarness) -> None:
    """Given up before it begins by one call, ended after by another."""
    for begins, pause in ((False, "planned"), (True, "whole")):
        order = recurly.make_order(ActionKind.PAUSE_SUBSCRIPTION)
        _send(recurly, order)
        if begins:
            recurly.act(order.target_id, "begin_pause")
        paused = _subscription(recurly, order.target_id)
        assert (paused.status, paused.pause) == (SubscriptionStatus.PAUSED, pause)
        resume = replace(
            order,
            action=ActionKind.RESUME_SUBSCRIPTION,
            intent_id=new_id(),
            details={"pause": pause},
        )
        _send(recurly, resume)
        running = _subscription(recurly, order.target_id)
        assert (running.status, running.pause) == (SubscriptionStatus.ACTIVE, "")


def test_coupons_come_and_go_one_by_one(recurly: RecurlyHarness) -> None:
    order = recurly.make_order(ActionKind.REMOVE_COUPON)
    before = _subscription(recurly, order.target_id)
    assert len(before.discounts) == 2
    _send(recurly, order)
    after = _subscription(recurly, order.target_id)
    assert [each["external_id"] for each in after.discounts] == order.details["keep"]


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        (ActionKind.CHARGE, {"payment_method": ""}),
        (ActionKind.CREATE_SUBSCRIPTION, {"price": "plan-without-currency"}),
        (ActionKind.CREATE_SUBSCRIPTION, {"trial_days": 7}),
        (ActionKind.CREATE_SUBSCRIPTION, {"coupon": "c1"}),
        (ActionKind.CREATE_SUBSCRIPTION, {"unit_minor": -1}),
        (ActionKind.CREATE_SUBSCRIPTION, {"price": "plan:XXQ"}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"item": "an-add-on"}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": 0}),
        (ActionKind.RESUME_SUBSCRIPTION, {"pause": ""}),
        (ActionKind.APPLY_COUPON, {"customer": ""}),
        (ActionKind.REMOVE_COUPON, {"discount": "."}),
    ],
)
def test_what_lacks_something_is_not_frozen(
    recurly: RecurlyHarness, action: ActionKind, changed: dict[str, Any]
) -> None:
    order = recurly.make_order(action)
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(order, details={**order.details, **changed}))


def _with_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_floats(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_floats(each) for each in value]
    return value if isinstance(value, str | bool | int) else float(value)
