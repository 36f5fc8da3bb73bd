"""Frozen orders: exact, complete, and in words that the pinned version of the API knows."""

from dataclasses import replace

import pytest

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.stripe import ADAPTER
from gateways.stripe.client import API_VERSION
from gateways.stripe.endpoints import ENABLED_EVENTS
from gateways.stripe.orders import REFUND_REASONS
from tests.gateways.stripe.contract import provider_contract

HELD = Order(
    action=ActionKind.CAPTURE,
    intent_id=new_id(),
    target_id="ch_1",
    payment_id="pi_1",
    money=Money.of(1000, "EUR"),
)
ENDING = Order(action=ActionKind.CANCEL_SUBSCRIPTION, intent_id=new_id(), target_id="sub_1")


def _frozen(order: Order) -> FrozenStep:
    (step,) = ADAPTER.freeze(order)
    return step


def test_refund(refund: Order) -> None:
    step = _frozen(refund)
    assert (step.method, step.path) == ("POST", "/v1/refunds")
    assert step.body == {
        "charge": "ch_1",
        "amount": 1000,
        "reason": "requested_by_customer",
        "metadata": {
            "chargedesk_intent": str(refund.intent_id),
            "chargedesk_reason": "goodwill",
        },
        "expand": ["charge.balance_transaction"],
    }


def test_refund_of_a_payment_intent(refund: Order) -> None:
    body = _frozen(replace(refund, target_id="pi_1")).body
    assert body["payment_intent"] == "pi_1"
    assert "charge" not in body


def test_capture_says_its_amount_and_that_it_is_the_last() -> None:
    step = _frozen(HELD)
    assert step.path == "/v1/payment_intents/pi_1/capture"
    assert step.body["amount_to_capture"] == 1000
    assert step.body["final_capture"] is True


def test_void_cancels_the_payment_intent() -> None:
    step = _frozen(replace(HELD, action=ActionKind.VOID, reason="duplicate"))
    assert step.path == "/v1/payment_intents/pi_1/cancel"
    assert step.body["cancellation_reason"] == "duplicate"


@pytest.mark.parametrize("action", [ActionKind.CAPTURE, ActionKind.VOID])
def test_a_charge_without_intent_is_not_refunded_instead(action: ActionKind) -> None:
    """M12."""
    with pytest.raises(UnsupportedError):
        ADAPTER.freeze(replace(HELD, action=action, payment_id=""))


def test_cancelling_bills_and_credits_nothing() -> None:
    """M12: both said out loud, whatever the account's defaults are."""
    step = _frozen(ENDING)
    assert (step.method, step.path) == ("DELETE", "/v1/subscriptions/sub_1")
    assert step.body["prorate"] is False
    assert step.body["invoice_now"] is False
    assert step.body["cancellation_details"] == {"comment": f"chargedesk_intent {ENDING.intent_id}"}


def test_cancelling_later_leaves_the_subscription_running() -> None:
    step = _frozen(replace(ENDING, at_period_end=True))
    assert (step.method, step.path) == ("POST", "/v1/subscriptions/sub_1")
    assert step.body["cancel_at_period_end"] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"money": None},
        {"money": Money.of(0, "EUR")},
        {"money": Money.of(-1, "EUR")},
        {"money": Money.of(1234, "KWD")},
        {"target_id": ""},
        {"target_id": ".."},
        {"reason": "because"},
    ],
)
def test_an_impossible_order_is_refused_before_the_first_try(
    refund: Order, changed: dict[str, object]
) -> None:
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(refund, **changed))  # type: ignore[arg-type]


def test_ids_cannot_lead_to_another_address() -> None:
    step = _frozen(replace(ENDING, target_id="sub_1/../../customers"))
    assert step.path == "/v1/subscriptions/sub_1%2F..%2F..%2Fcustomers"


@pytest.mark.parametrize(
    ("action", "at_period_end", "operation", "params"),
    [
        (ActionKind.REFUND, False, "refund_create", "RefundCreateParams"),
        (ActionKind.CAPTURE, False, "payment_intent_capture", "PaymentIntentCaptureParams"),
        (ActionKind.VOID, False, "payment_intent_cancel", "PaymentIntentCancelParams"),
        (ActionKind.CANCEL_SUBSCRIPTION, False, "subscription_cancel", "SubscriptionCancelParams"),
        (ActionKind.CANCEL_SUBSCRIPTION, True, "subscription_update", "SubscriptionUpdateParams"),
    ],
)
def test_every_parameter_is_in_the_providers_contract(
    action: ActionKind,
    at_period_end: bool,  # noqa: FBT001  a value of the table
    operation: str,
    params: str,
) -> None:
    known = provider_contract()["params"][operation][params]
    body = _frozen(
        replace(HELD, action=action, at_period_end=at_period_end, reason="duplicate")
    ).body
    assert set(body) <= set(known)
    for name, value in body.items():
        if isinstance(value, str) and known[name].get("enum"):
            assert value in known[name]["enum"]


def test_version_reasons_and_events_are_in_the_providers_contract() -> None:
    contract = provider_contract()
    reasons = contract["params"]["refund_create"]["RefundCreateParams"]["reason"]["enum"]
    endpoint = contract["params"]["webhook_endpoint_create"]["WebhookEndpointCreateParams"]
    assert contract["api_version"] == API_VERSION
    assert set(REFUND_REASONS.values()) <= set(reasons)
    assert set(ENABLED_EVENTS) <= set(endpoint["enabled_events"]["enum"])
