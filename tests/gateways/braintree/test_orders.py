"""What is frozen is what the SDK's own signatures allow, and it names all of the order (M1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from braintree import Transaction
from braintree.resource import Resource

from chargedesk.kit.money import Money
from gateways.braintree import ADAPTER
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError

SIGNATURES: dict[ActionKind, Callable[[], list[Any]]] = {
    ActionKind.REFUND: Transaction.refund_signature,
    # The amount is an argument of its own in the SDK.
    ActionKind.CAPTURE: lambda: ["amount", *Transaction.submit_for_settlement_signature()],
    ActionKind.VOID: lambda: ["api_request_key"],
}


def _frozen(order: Order) -> FrozenStep:
    return ADAPTER.freeze(order)[0]


@pytest.mark.parametrize("action", list(SIGNATURES))
def test_the_sdk_knows_every_parameter(refund: Order, action: ActionKind) -> None:
    """Reference 1.3: "Unknown parameter names raise KeyError before any network call"."""
    step = _frozen(replace(refund, action=action))
    Resource.verify_keys(step.body["transaction"], SIGNATURES[action]())


def test_a_refund_says_amount_marker_and_key(refund: Order) -> None:
    step = _frozen(refund)
    assert (step.method, step.path) == ("POST", "/transactions/sale1/refund")
    assert step.body == {
        "transaction": {
            "amount": "10.00",
            "order_id": f"chargedesk-{refund.intent_id}",
            "api_request_key": step.key(refund.intent_id),
        }
    }


def test_only_a_refund_sets_an_order_id(refund: Order) -> None:
    """On a capture it would replace the shop's own number."""
    for action in (ActionKind.CAPTURE, ActionKind.VOID):
        assert "order_id" not in str(_frozen(replace(refund, action=action)).body)


def test_a_subscription_ends_at_once_only(refund: Order) -> None:
    order = replace(refund, action=ActionKind.CANCEL_SUBSCRIPTION, money=None)
    assert _frozen(order).path == "/subscriptions/sale1/cancel"
    with pytest.raises(UnsupportedError):
        _frozen(replace(order, at_period_end=True))


@pytest.mark.parametrize("target", ["", "..", "a/b", "a?b", "guest:x@example.com", "a%2fb"])
def test_an_id_that_leads_elsewhere_is_refused(refund: Order, target: str) -> None:
    with pytest.raises(InvalidOrderError):
        _frozen(replace(refund, target_id=target))


@pytest.mark.parametrize("money", [None, Money.of(0, "EUR"), Money.of(-1, "EUR")])
def test_an_order_without_an_amount_is_refused(refund: Order, money: Money | None) -> None:
    for action in SIGNATURES:
        with pytest.raises(InvalidOrderError):
            _frozen(replace(refund, action=action, money=money))


def test_an_unknown_reason_is_refused(refund: Order) -> None:
    with pytest.raises(InvalidOrderError):
        _frozen(replace(refund, reason="because"))
