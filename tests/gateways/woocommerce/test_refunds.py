"""Refunds at a shop that refuses with a 500, forgets, and locks nothing (M4 to M7, M11, M13)."""

from dataclasses import replace

import pytest

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.errors import (
    AlreadyDoneError,
    DeclinedError,
    DeclineReason,
    GatewayError,
    InvalidOrderError,
    OutcomeUnknownError,
)
from gateways.snapshots import ChargeSnapshot, ChargeStatus, RefundSnapshot, RefundStatus
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.orders import refuse_impossible
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.gateways.woocommerce.orders import refund_of, send


def _posts(shop: WooCommerceHarness) -> int:
    return sum(each["method"] == "POST" for each in shop.journal())


def _look_up(shop: WooCommerceHarness, order: Order) -> tuple[object, str, list[RefundSnapshot]]:
    (step,) = ADAPTER.freeze(order)
    found = ADAPTER.look_up(shop.credentials(), order, step)
    refunds = [each for each in found.snapshots if isinstance(each, RefundSnapshot)]
    return found.outcome, found.seen, refunds


def test_a_refund_says_what_moved_and_how_the_order_is_now(shop: WooCommerceHarness) -> None:
    order = refund_of(shop.make("charge"))
    outcome = send(shop, order)
    refund, charge = outcome.snapshots
    assert isinstance(refund, RefundSnapshot)
    assert (refund.marker, refund.status) == (order.intent_id, RefundStatus.SUCCEEDED)
    assert (refund.charge_id, refund.reason) == (order.target_id, "Goodwill")
    assert isinstance(charge, ChargeSnapshot)
    assert (charge.status, charge.refunded_minor) == (ChargeStatus.PARTIALLY_REFUNDED, 500)


def test_no_stock_is_put_back_and_money_is_asked_for(shop: WooCommerceHarness) -> None:
    order = refund_of(shop.make("charge"))
    (step,) = ADAPTER.freeze(order)
    assert step.body == {
        "amount": "5.00",
        "reason": f"Goodwill [cd:{order.intent_id}]",
        "api_refund": True,
        "api_restock": False,
    }


@pytest.mark.parametrize(
    ("wanted", "money", "error"),
    [
        ({"status": "pending"}, Money.of(500, "EUR"), InvalidOrderError),
        ({"status": "completed", "is_paid": False}, Money.of(500, "EUR"), InvalidOrderError),
        ({"currency": "gbp"}, Money.of(500, "EUR"), InvalidOrderError),
        ({"amount": 2000}, Money.of(2001, "EUR"), DeclinedError),
        ({"currency": "kwd", "amount": 20000}, Money.of(12345, "KWD"), InvalidOrderError),
    ],
)
def test_what_the_shop_must_not_be_asked_is_never_sent(
    shop: WooCommerceHarness, wanted: dict[str, object], money: Money, error: type[GatewayError]
) -> None:
    """An unpaid order, another currency, too much, and what would be rounded (M13)."""
    order = refund_of(shop.make("charge", **wanted), money)
    with pytest.raises(error):
        send(shop, order)
    assert _posts(shop) == 0


def test_too_much_is_said_in_plain_words(shop: WooCommerceHarness) -> None:
    charge = shop.make("charge", amount=2000)
    send(shop, refund_of(charge, Money.of(1500, "EUR")))
    with pytest.raises(DeclinedError) as caught:
        send(shop, refund_of(charge, Money.of(1500, "EUR")))
    assert caught.value.reason is DeclineReason.AMOUNT_TOO_LARGE
    assert shop.money()[str(charge["id"])]["refunded_minor"] == 1500


def test_the_same_order_is_never_sent_twice(shop: WooCommerceHarness) -> None:
    """A5, 6: never again while a row with our marker exists, because there is no idempotency."""
    order = refund_of(shop.make("charge"))
    send(shop, order)
    with pytest.raises(AlreadyDoneError):
        send(shop, order)
    assert _posts(shop) == 1
    assert shop.money()[order.target_id]["refunds"] == 1


@pytest.mark.parametrize("how", ["killed", "killed_before"])
def test_a_row_without_its_payment_confirmed_settles_nothing(
    shop: WooCommerceHarness, how: str
) -> None:
    """PHP that died left a row: whether money moved, the shop does not know. M8: a human must."""
    order = refund_of(shop.make("charge", refund_as=how))
    with pytest.raises(OutcomeUnknownError):
        send(shop, order)
    outcome, seen, refunds = _look_up(shop, order)
    assert outcome is None
    assert "payment not confirmed" in seen
    # The shop may still take it back, so it is not shown; once it is old it is unknown for good.
    assert refunds == []
    with pytest.raises(AlreadyDoneError):
        send(shop, order)


@pytest.mark.parametrize(("how", "moved"), [("declined", 0), ("timeout", 500)])
def test_a_refusal_proves_nothing_and_neither_does_finding_nothing(
    shop: WooCommerceHarness, how: str, moved: int
) -> None:
    """M5: the 500 of a refusal is also the 500 of a gateway that did not answer the shop."""
    order = refund_of(shop.make("charge", refund_as=how))
    with pytest.raises(OutcomeUnknownError) as caught:
        send(shop, order)
    assert caught.value.provider_code == "woocommerce_rest_cannot_create_order_refund"
    assert _look_up(shop, order) == (None, "", [])
    assert shop.money()[order.target_id]["refunded_minor"] == moved
    proof = ADAPTER.capabilities.proof(ActionKind.REFUND)
    assert proof is not None
    assert (proof.key_life, proof.empty_is_proof) == (None, False)


def test_a_refund_without_an_amount_stops_everything(shop: WooCommerceHarness) -> None:
    """A5: nobody knows what it moved, so what is left is not known either (M11)."""
    charge = shop.make("charge")
    order = refund_of(charge)
    unclear = {**charge, "refunds": [{"id": 7, "reason": "", "total": "-"}]}
    with pytest.raises(InvalidOrderError):
        refuse_impossible(order, unclear)


def test_money_given_back_by_hand_is_a_refund(shop: WooCommerceHarness) -> None:
    charge = shop.make("charge")
    shop.act(charge["id"], "dashboard_refund", amount=700, reason="By phone")
    read = ADAPTER.read_before_money(shop.credentials(), refund_of(charge))
    row = read[1]
    assert isinstance(row, RefundSnapshot)
    assert (row.status, row.amount_minor, row.marker) == (RefundStatus.SUCCEEDED, 700, None)
    assert (row.reason, row.charge_id) == ("By phone", str(charge["id"]))


def test_another_intents_marker_is_not_ours(shop: WooCommerceHarness) -> None:
    """M7: an equal amount without our marker is shown to a human."""
    order = refund_of(shop.make("charge"))
    send(shop, order)
    outcome, seen, _ = _look_up(shop, replace(order, intent_id=new_id()))
    assert outcome is None
    assert "5.00 EUR paid" in seen


@pytest.mark.parametrize("at_period_end", [True, False])
def test_a_subscription_that_ended_elsewhere(
    shop: WooCommerceHarness,
    at_period_end: bool,  # noqa: FBT001
) -> None:
    """M6: without our marker the state must be as ordered."""
    made = shop.make("subscription", status="cancelled")
    order = Order(
        action=ActionKind.CANCEL_SUBSCRIPTION,
        intent_id=new_id(),
        target_id=str(made["id"]),
        at_period_end=at_period_end,
    )
    with pytest.raises(OutcomeUnknownError):
        send(shop, order)
    outcome, seen, _ = _look_up(shop, order)
    assert (outcome is None) is at_period_end
    assert bool(seen) is at_period_end
