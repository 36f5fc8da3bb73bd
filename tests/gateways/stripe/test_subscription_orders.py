"""Subscriptions at Stripe: what a change costs, what stays, what settles it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.errors import DeclinedError, InvalidOrderError
from gateways.snapshots import (
    AnySnapshot,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    ObjectKind,
    SubscriptionSnapshot,
)
from gateways.stripe import ADAPTER
from tests.contracts.stripe.harness import StripeHarness
from tests.gateways.stripe.contract import assert_in_contract

CHANGE = Order(
    action=ActionKind.CHANGE_SUBSCRIPTION,
    intent_id=new_id(),
    target_id="sub_1",
    details={
        "item": "si_1",
        "price": "price_2",
        "quantity": 3,
        "prorate": "now",
        "proration_at": 1790000000,
    },
)
CREATE = Order(
    action=ActionKind.CREATE_SUBSCRIPTION,
    intent_id=new_id(),
    target_id="cus_1",
    details={
        "price": "price_1",
        "quantity": 2,
        "trial_days": 14,
        "coupon": "TEN",
        "payment_method": "pm_1",
    },
)
KEEPING = {"coupon": "TEN", "discount": "di_2", "keep": ["di_1"]}


def _send(harness: StripeHarness, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(harness.credentials(), order, ADAPTER.freeze(order)[0], deadline=deadline)


def _look_up(harness: StripeHarness, order: Order) -> Finding:
    return ADAPTER.look_up(harness.credentials(), order, ADAPTER.freeze(order)[0])


def _read(harness: StripeHarness, order: Order) -> SubscriptionSnapshot:
    found = ADAPTER.read(harness.credentials(), ObjectKind.SUBSCRIPTION, order.target_id)[0]
    assert isinstance(found, SubscriptionSnapshot)
    return found


def _taken(harness: StripeHarness) -> int:
    """What the account has taken so far, in minor units."""
    page = ADAPTER.page(harness.credentials(), ObjectKind.CHARGE)
    return sum(getattr(each, "captured_minor", 0) for each in page.snapshots)


# ---- frozen


@pytest.mark.parametrize(
    ("order", "operation", "params"),
    [
        (CREATE, "subscription_create", "SubscriptionCreateParams"),
        (CHANGE, "subscription_update", "SubscriptionUpdateParams"),
        *(
            (
                replace(CHANGE, action=action, details={**KEEPING, "pause": "collection"}),
                "subscription_update",
                "SubscriptionUpdateParams",
            )
            for action in (
                ActionKind.PAUSE_SUBSCRIPTION,
                ActionKind.RESUME_SUBSCRIPTION,
                ActionKind.APPLY_COUPON,
                ActionKind.REMOVE_COUPON,
            )
        ),
        (
            replace(CHANGE, action=ActionKind.RESUME_SUBSCRIPTION, details={"pause": "whole"}),
            "subscription_resume",
            "SubscriptionResumeParams",
        ),
    ],
)
def test_every_parameter_is_in_the_providers_contract(
    order: Order, operation: str, params: str
) -> None:
    assert_in_contract(operation, params, ADAPTER.freeze(order)[0].body)


def test_a_new_subscription_says_all_it_is() -> None:
    """M1."""
    body = ADAPTER.freeze(CREATE)[0].body
    assert body["items"] == [{"price": "price_1", "quantity": 2}]
    assert body["trial_period_days"] == 14
    assert body["discounts"] == [{"coupon": "TEN"}]
    assert body["payment_behavior"] == "error_if_incomplete"
    plain = ADAPTER.freeze(replace(CREATE, details={**CREATE.details, "trial_days": 0}))[0].body
    assert "trial_period_days" not in plain
    assert plain["trial_from_plan"] is False


@pytest.mark.parametrize(
    ("prorate", "behaviour"),
    [("now", "always_invoice"), ("next_invoice", "create_prorations"), ("none", "none")],
)
def test_a_change_is_reckoned_as_of_its_preview(prorate: str, behaviour: str) -> None:
    order = replace(CHANGE, details={**CHANGE.details, "prorate": prorate})
    body = ADAPTER.freeze(order)[0].body
    assert body["items"] == [{"id": "si_1", "price": "price_2", "quantity": 3}]
    assert body["proration_behavior"] == behaviour
    assert body.get("proration_date") == (None if prorate == "none" else 1790000000)


def test_discounts_that_stay_are_sent_again() -> None:
    """The list replaces the one that was there."""
    apply = replace(CHANGE, action=ActionKind.APPLY_COUPON, details=KEEPING)
    assert ADAPTER.freeze(apply)[0].body["discounts"] == [{"discount": "di_1"}, {"coupon": "TEN"}]
    remove = replace(apply, action=ActionKind.REMOVE_COUPON)
    assert ADAPTER.freeze(remove)[0].body["discounts"] == [{"discount": "di_1"}]
    last = replace(remove, details={**KEEPING, "keep": []})
    assert ADAPTER.freeze(last)[0].body["discounts"] == ""


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        (ActionKind.CHANGE_SUBSCRIPTION, {"item": ""}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"price": ""}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": 0}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": "2"}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"quantity": True}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"prorate": "later"}),
        (ActionKind.CHANGE_SUBSCRIPTION, {"proration_at": None}),
        (ActionKind.RESUME_SUBSCRIPTION, {"pause": ""}),
        (ActionKind.APPLY_COUPON, {"coupon": ""}),
        (ActionKind.APPLY_COUPON, {"coupon": "TEN", "keep": "di_1"}),
        (ActionKind.REMOVE_COUPON, {"discount": "di_1", "keep": ["di_1"]}),
        (ActionKind.CREATE_SUBSCRIPTION, {"trial_days": -1}),
    ],
)
def test_an_impossible_order_is_refused_before_the_first_try(
    action: ActionKind, changed: dict[str, object]
) -> None:
    details = {**CREATE.details, **CHANGE.details, **changed}
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(CHANGE, action=action, details=details))


# ---- what it costs


def test_a_change_now_takes_what_its_preview_said(stripe_sandbox: StripeHarness) -> None:
    """M14: preview and change are reckoned for the same moment."""
    order = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    shown = ADAPTER.preview(stripe_sandbox.credentials(), order)
    before = _taken(stripe_sandbox)
    assert [text.split(" on ")[0] for text, _ in shown.lines] == ["Unused time", "Remaining time"]
    assert shown.lines[0][1].minor < 0
    assert sum(money.minor for _, money in shown.lines) == shown.due_now.minor
    # Three at 50.00 from the next period on.
    assert shown.next_invoice == Money.of(15000, "EUR")
    outcome = _send(stripe_sandbox, order)
    assert _taken(stripe_sandbox) - before == shown.due_now.minor
    invoice = next(each for each in outcome.snapshots if isinstance(each, InvoiceSnapshot))
    assert (invoice.total_minor, invoice.due_minor) == (shown.due_now.minor, 0)
    assert any(isinstance(each, InvoicePaymentSnapshot) for each in outcome.snapshots)
    assert shown.next_at == _read(stripe_sandbox, order).period_end


def test_a_change_with_the_next_invoice_takes_nothing_now(stripe_sandbox: StripeHarness) -> None:
    made = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    order = replace(made, details={**made.details, "prorate": "next_invoice"})
    shown = ADAPTER.preview(stripe_sandbox.credentials(), order)
    before = _taken(stripe_sandbox)
    assert shown.due_now.minor == 0
    prorated = sum(money.minor for _, money in shown.lines)
    assert shown.next_invoice == Money.of(15000 + prorated, "EUR")
    _send(stripe_sandbox, order)
    assert _taken(stripe_sandbox) == before
    again = stripe_sandbox.control("act", object=order.target_id, do="renew")["object"]
    assert _taken(stripe_sandbox) - before == shown.next_invoice.minor
    assert again["status"] == "active"


def test_a_change_without_proration_costs_the_next_period_only(
    stripe_sandbox: StripeHarness,
) -> None:
    made = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    order = replace(made, details={**made.details, "prorate": "none"})
    shown = ADAPTER.preview(stripe_sandbox.credentials(), order)
    assert (shown.lines, shown.due_now.minor) == ((), 0)
    assert shown.next_invoice == Money.of(15000, "EUR")
    assert _send(stripe_sandbox, order).state == "succeeded"


def test_another_rhythm_begins_a_period_at_once(stripe_sandbox: StripeHarness) -> None:
    """Whatever is chosen for the rest of the month, a year begins now and is paid now."""
    yearly = stripe_sandbox.make_price(**{"recurring[interval]": "year", "unit_amount": "20000"})
    made = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    details = {**made.details, "price": yearly["id"], "quantity": 1, "prorate": "next_invoice"}
    order = replace(made, details=details)
    shown = ADAPTER.preview(stripe_sandbox.credentials(), order)
    before = _taken(stripe_sandbox)
    assert shown.due_now.minor == 20000 + shown.lines[0][1].minor
    assert shown.next_invoice == Money.of(20000, "EUR")
    _send(stripe_sandbox, order)
    assert _taken(stripe_sandbox) - before == shown.due_now.minor
    assert shown.next_at == _read(stripe_sandbox, order).period_end


def test_what_cannot_be_paid_is_not_changed(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    before = _read(stripe_sandbox, order)
    poor = stripe_sandbox.control(
        "objects",
        object="payment_method",
        account=stripe_sandbox.account,
        customer=before.customer_id,
        last4="9995",
    )["object"]["id"]
    stripe_sandbox.call(f"subscriptions/{order.target_id}", default_payment_method=poor)
    with pytest.raises(DeclinedError) as caught:
        _send(stripe_sandbox, order)
    assert caught.value.provider_code == "insufficient_funds"
    assert _read(stripe_sandbox, order).items == before.items
    found = _look_up(stripe_sandbox, order)
    assert (found.outcome, found.seen) == (None, "")


def test_a_subscription_whose_first_payment_fails_is_not_made(
    stripe_sandbox: StripeHarness,
) -> None:
    made = stripe_sandbox.make_order(ActionKind.CREATE_SUBSCRIPTION)
    poor = stripe_sandbox.make_customer(last4="9995")
    method = poor["invoice_settings"]["default_payment_method"]
    order = replace(made, target_id=poor["id"], details={**made.details, "payment_method": method})
    with pytest.raises(DeclinedError):
        _send(stripe_sandbox, order)
    assert _look_up(stripe_sandbox, order).outcome is None


def test_a_trial_is_not_paid_yet(stripe_sandbox: StripeHarness) -> None:
    made = stripe_sandbox.make_order(ActionKind.CREATE_SUBSCRIPTION)
    before = _taken(stripe_sandbox)
    outcome = _send(stripe_sandbox, replace(made, details={**made.details, "trial_days": 14}))
    subscription = outcome.snapshots[0]
    assert isinstance(subscription, SubscriptionSnapshot)
    assert subscription.status == "trialing"
    assert subscription.trial_end is not None
    assert _taken(stripe_sandbox) == before


# ---- what settles


def test_somebody_elses_equal_change_settles_nothing(stripe_sandbox: StripeHarness) -> None:
    """M6: it costs money, so only our marker says that it was this order."""
    order = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    _send(stripe_sandbox, replace(order, intent_id=new_id()))
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is None
    assert order.target_id in found.seen


def test_our_change_is_found_though_it_was_changed_since(stripe_sandbox: StripeHarness) -> None:
    """M7: marker and change are written in one call."""
    order = stripe_sandbox.make_order(ActionKind.CHANGE_SUBSCRIPTION)
    _send(stripe_sandbox, order)
    item = str(order.details["item"])
    stripe_sandbox.call(
        f"subscriptions/{order.target_id}",
        **{"items[0][id]": item, "items[0][quantity]": "9", "proration_behavior": "none"},
    )
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert found.carries_marker


def test_a_later_change_does_not_hide_the_order_that_made_it(
    stripe_sandbox: StripeHarness,
) -> None:
    """M7: else an unanswered creation would be taken for one that never happened."""
    order = stripe_sandbox.make_order(ActionKind.CREATE_SUBSCRIPTION)
    made = _send(stripe_sandbox, order)
    pause = Order(
        action=ActionKind.PAUSE_SUBSCRIPTION, intent_id=new_id(), target_id=made.object_id
    )
    _send(stripe_sandbox, pause)
    for each in (order, pause):
        found = _look_up(stripe_sandbox, each).outcome
        assert found is not None
        assert (found.object_id, found.carries_marker) == (made.object_id, True)


def test_a_pause_by_somebody_else_is_the_order(stripe_sandbox: StripeHarness) -> None:
    """M6: paused is paused, and nothing was moved."""
    order = stripe_sandbox.make_order(ActionKind.PAUSE_SUBSCRIPTION)
    _send(stripe_sandbox, replace(order, intent_id=new_id()))
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert not found.carries_marker


def test_one_that_stands_still_runs_again(stripe_sandbox: StripeHarness) -> None:
    paused = stripe_sandbox.make_subscription(status="paused", trial_days=14, age_days=20)
    order = Order(
        action=ActionKind.RESUME_SUBSCRIPTION,
        intent_id=new_id(),
        target_id=paused["id"],
        details={"pause": "whole"},
    )
    assert _read(stripe_sandbox, order).pause == "whole"
    assert _send(stripe_sandbox, order).state == "succeeded"
    assert _read(stripe_sandbox, order).pause == ""
    assert _look_up(stripe_sandbox, order).outcome is not None


def test_coupons_come_and_go_and_the_others_stay(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.APPLY_COUPON)
    outcome = _send(stripe_sandbox, order)
    (kept,) = order.details["keep"]
    discounts = _subscription_in(outcome.snapshots).discounts
    assert discounts[0]["external_id"] == kept
    assert discounts[1]["coupon_id"] == order.details["coupon"]
    remove = Order(
        action=ActionKind.REMOVE_COUPON,
        intent_id=new_id(),
        target_id=order.target_id,
        details={"discount": kept, "keep": [discounts[1]["external_id"]]},
    )
    left = _subscription_in(_send(stripe_sandbox, remove).snapshots)
    assert [each["coupon_id"] for each in left.discounts] == [order.details["coupon"]]
    assert left.coupon_ids == (order.details["coupon"],)


def _subscription_in(snapshots: tuple[AnySnapshot, ...]) -> SubscriptionSnapshot:
    return next(each for each in snapshots if isinstance(each, SubscriptionSnapshot))
