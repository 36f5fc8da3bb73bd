"""Money taken at Stripe: what a bank says, what settles, what must survive a later order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.errors import DeclinedError, DeclineReason, NotFoundError
from gateways.snapshots import ChargeSnapshot, ChargeStatus, ObjectKind
from gateways.stripe import ADAPTER
from tests.contracts.stripe.harness import StripeHarness


def _send(harness: StripeHarness, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(harness.credentials(), order, ADAPTER.freeze(order)[0], deadline=deadline)


def _look_up(harness: StripeHarness, order: Order) -> Finding:
    return ADAPTER.look_up(harness.credentials(), order, ADAPTER.freeze(order)[0])


def _on_card(harness: StripeHarness, last4: str) -> Order:
    order = harness.make_order(ActionKind.CHARGE)
    who = harness.make_customer(last4=last4)
    method = who["invoice_settings"]["default_payment_method"]
    details = {**order.details, "payment_method": method}
    return replace(order, target_id=who["id"], details=details)


@pytest.mark.parametrize(
    ("last4", "reason", "words"),
    [
        ("0002", DeclineReason.CARD_DECLINED, "declined"),
        ("9995", DeclineReason.CARD_DECLINED, "not enough money"),
        ("0069", DeclineReason.EXPIRED, "expired"),
        ("3184", DeclineReason.NEEDS_CUSTOMER, "Send them a payment request"),
    ],
)
def test_a_bank_that_says_no_is_quoted_in_plain_words(
    stripe_sandbox: StripeHarness, last4: str, reason: DeclineReason, words: str
) -> None:
    with pytest.raises(DeclinedError) as caught:
        _send(stripe_sandbox, _on_card(stripe_sandbox, last4))
    assert caught.value.reason is reason
    assert words in caught.value.message


def test_a_refused_charge_is_found_as_failed(stripe_sandbox: StripeHarness) -> None:
    """Once the key is dead, the payment that was refused still tells what became of the order."""
    order = _on_card(stripe_sandbox, "9995")
    with pytest.raises(DeclinedError):
        _send(stripe_sandbox, order)
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert (found.state, found.carries_marker) == ("failed", True)
    assert found.detail


def test_somebody_elses_card_is_refused(stripe_sandbox: StripeHarness) -> None:
    order, other = (stripe_sandbox.make_order(ActionKind.CHARGE) for _ in range(2))
    with pytest.raises(NotFoundError):
        _send(stripe_sandbox, replace(order, details=other.details))
    assert stripe_sandbox.taken(order).minor == 0


def test_a_bank_debit_is_pending_until_it_settles(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.CHARGE)
    debit = stripe_sandbox.control(
        "objects",
        object="payment_method",
        account=stripe_sandbox.account,
        customer=order.target_id,
        method="sepa_debit",
    )["object"]["id"]
    order = replace(order, details={**order.details, "payment_method": debit})
    outcome = _send(stripe_sandbox, order)
    assert (outcome.state, outcome.money) == ("pending", order.money)
    stripe_sandbox.control("act", object=outcome.object_id, do="settle")
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert (found.state, found.object_id) == ("succeeded", outcome.object_id)


@pytest.mark.parametrize("after", [ActionKind.CAPTURE, ActionKind.VOID])
def test_a_hold_is_found_after_it_was_captured_or_released(
    stripe_sandbox: StripeHarness, after: ActionKind
) -> None:
    """M7: a later order must not hide the marker of the one that made the payment."""
    order = stripe_sandbox.make_order(ActionKind.AUTHORIZE)
    held = _send(stripe_sandbox, order)
    charge = next(each for each in held.snapshots if isinstance(each, ChargeSnapshot))
    assert charge.status is ChargeStatus.AUTHORIZED
    later = Order(
        action=after,
        intent_id=new_id(),
        target_id=charge.external_id,
        payment_id=charge.payment_id,
        money=order.money,
    )
    assert _send(stripe_sandbox, later).state == "succeeded"
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert (found.state, found.object_id) == ("succeeded", held.object_id)
    again = _look_up(stripe_sandbox, later).outcome
    assert again is not None
    assert again.state == "succeeded"


def test_a_refused_hold_that_was_given_up_never_held(stripe_sandbox: StripeHarness) -> None:
    order = replace(_on_card(stripe_sandbox, "9995"), action=ActionKind.AUTHORIZE)
    with pytest.raises(DeclinedError):
        _send(stripe_sandbox, order)
    payment = _look_up(stripe_sandbox, order).snapshots[0].external_id
    stripe_sandbox.call(f"payment_intents/{payment}/cancel")
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert found.state == "failed"


def test_a_charge_among_more_than_a_page_is_found(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.CHARGE)
    sent = _send(stripe_sandbox, order)
    for _ in range(101):
        stripe_sandbox.make_charge(customer=order.target_id, events=False)
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert found.object_id == sent.object_id


def test_a_request_is_paid_after_a_card_was_refused(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.REQUEST_PAYMENT)
    outcome = _send(stripe_sandbox, order)
    stripe_sandbox.control(
        "act", object=outcome.object_id, do="pay", card="pm_card_visa_chargeDeclined"
    )
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert found.url == outcome.url
    stripe_sandbox.customer_pays(outcome)
    done = _look_up(stripe_sandbox, order).outcome
    assert done is not None
    # The page is gone, the request was made all the same.
    assert (done.state, done.url) == ("succeeded", "")
    paid = ADAPTER.page(stripe_sandbox.credentials(), ObjectKind.CHARGE).snapshots
    assert {each.marker for each in paid} == {order.intent_id}
