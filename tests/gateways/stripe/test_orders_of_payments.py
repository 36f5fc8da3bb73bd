"""Frozen orders that take money or ask for it: complete, and in the words of the contract."""

from dataclasses import replace

import pytest

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError
from gateways.stripe import ADAPTER
from tests.gateways.stripe.contract import assert_in_contract

CHARGE = Order(
    action=ActionKind.CHARGE,
    intent_id=new_id(),
    target_id="cus_1",
    money=Money.of(2500, "EUR"),
    reason="goodwill",
    details={"payment_method": "pm_1", "description": "Order #1001"},
)
REQUEST = Order(
    action=ActionKind.REQUEST_PAYMENT,
    intent_id=new_id(),
    target_id="cus_1",
    money=Money.of(500, "JPY"),
    details={"description": "Order #1001", "return_url": "https://shop.example/thanks"},
)


def _frozen(order: Order) -> FrozenStep:
    (step,) = ADAPTER.freeze(order)
    return step


@pytest.mark.parametrize(
    ("action", "capture"),
    [(ActionKind.CHARGE, "automatic"), (ActionKind.AUTHORIZE, "manual")],
)
def test_a_charge_leaves_nothing_open(action: ActionKind, capture: str) -> None:
    """M1: card, amount and currency are said, and a payment to be confirmed is refused at once."""
    step = _frozen(replace(CHARGE, action=action))
    assert (step.method, step.path) == ("POST", "/v1/payment_intents")
    assert step.body == {
        "amount": 2500,
        "currency": "eur",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "capture_method": capture,
        "confirm": True,
        "off_session": True,
        "error_on_requires_action": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": "Order #1001",
        "metadata": {
            "chargedesk_intent": str(CHARGE.intent_id),
            "chargedesk_reason": "goodwill",
        },
        "expand": ["latest_charge.balance_transaction"],
    }
    assert_in_contract("payment_intent_create", "PaymentIntentCreateParams", step.body)


def test_a_request_asks_for_exactly_this_amount() -> None:
    """M1: no other currency, no rebate and no tax on top; the payment carries our marker."""
    step = _frozen(REQUEST)
    assert (step.method, step.path) == ("POST", "/v1/checkout/sessions")
    body = step.body
    assert (body["mode"], body["customer"], body["ui_mode"]) == ("payment", "cus_1", "hosted_page")
    assert body["line_items"] == [
        {
            "quantity": 1,
            "price_data": {
                "currency": "jpy",
                "unit_amount": 500,
                "product_data": {"name": "Order #1001"},
            },
        }
    ]
    for switch in ("adaptive_pricing", "automatic_tax", "invoice_creation"):
        assert body[switch] == {"enabled": False}
    assert body["allow_promotion_codes"] is False
    payment = body["payment_intent_data"]
    assert isinstance(payment, dict)
    assert payment["metadata"] == {"chargedesk_intent": str(REQUEST.intent_id)}
    assert_in_contract("checkout.session_create", "SessionCreateParams", body)


@pytest.mark.parametrize(
    "changed",
    [
        {"money": None},
        {"money": Money.of(0, "EUR")},
        {"money": Money.of(1234, "KWD")},
        {"target_id": ""},
        {"target_id": "guest:someone@example.com"},
        {"reason": "because"},
        {"details": {"payment_method": "", "description": ""}},
        {"details": {"payment_method": 5}},
        {"details": {}},
    ],
)
def test_an_impossible_charge_is_refused_before_the_first_try(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(CHARGE, **changed))  # type: ignore[arg-type]


def test_a_request_needs_words_for_the_customer() -> None:
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(REQUEST, details={**REQUEST.details, "description": ""}))
