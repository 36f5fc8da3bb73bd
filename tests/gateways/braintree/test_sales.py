"""Charges and holds on a card on file: in the order's currency or not at all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import braintree
import pytest
from braintree.resource import Resource
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.braintree import ADAPTER
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order, Outcome
from gateways.errors import (
    AlreadyDoneError,
    DeclinedError,
    DeclineReason,
    InvalidOrderError,
    NotFoundError,
)
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    Interval,
    ObjectKind,
    SubscriptionSnapshot,
)
from tests.conftest import Running
from tests.contracts.braintree.harness import TAKING, BraintreeHarness


@pytest.fixture
def merchant(sandbox: Running) -> BraintreeHarness:
    """A merchant of its own, with an account in each of five currencies."""
    return BraintreeHarness(sandbox.url)


def _send(merchant: BraintreeHarness, order: Order) -> Outcome:
    (step,) = ADAPTER.complete(merchant.credentials(), order, ADAPTER.freeze(order))
    deadline = clock.now() + timedelta(seconds=10)
    return ADAPTER.send(merchant.credentials(), order, step, deadline=deadline)


def _charge(merchant: BraintreeHarness, external_id: str) -> ChargeSnapshot:
    found = ADAPTER.read(merchant.credentials(), ObjectKind.CHARGE, external_id)[0]
    assert isinstance(found, ChargeSnapshot)
    return found


@pytest.mark.parametrize(("code", "minor"), [("EUR", 2500), ("JPY", 2500), ("KWD", 12345)])
def test_a_charge_is_taken_in_the_currency_of_the_order(
    merchant: BraintreeHarness, code: str, minor: int
) -> None:
    """M12: the merchant account fixes it, so the one that takes this currency is named."""
    order = replace(merchant.make_order(ActionKind.CHARGE), money=Money.of(minor, code))
    outcome = _send(merchant, order)
    assert outcome.money == order.money
    books = merchant.books()[outcome.object_id]
    assert (books["captured_minor"], books["currency"]) == (minor, code)


def test_a_currency_without_a_merchant_account_is_refused_before_anything_is_sent(
    merchant: BraintreeHarness,
) -> None:
    """M12: 25.00 PLN is not taken as 25.00 of whatever the default account has."""
    order = replace(merchant.make_order(ActionKind.CHARGE), money=Money.of(2500, "PLN"))
    with pytest.raises(InvalidOrderError, match="No merchant account"):
        _send(merchant, order)
    assert merchant.effects() == []


@pytest.mark.parametrize(
    ("accounts", "refusal"),
    [
        ((("one", "EUR", "active", "false"), ("two", "EUR", "active", "false")), "Several"),
        ((("one", "EUR", "suspended", "true"), ("two", "USD", "active", "false")), "No merchant"),
    ],
)
def test_no_account_is_guessed(
    httpserver: HTTPServer,
    credentials: Credentials,
    accounts: tuple[tuple[str, str, str, str], ...],
    refusal: str,
) -> None:
    rows = "".join(
        f"<merchant-account><id>{name}</id><currency-iso-code>{code}</currency-iso-code>"
        f"<status>{status}</status><default type='boolean'>{default}</default></merchant-account>"
        for name, code, status, default in accounts
    )
    path = f"/merchants/{credentials.values['merchant_id']}/merchant_accounts/"
    httpserver.expect_request(path).respond_with_data(
        "<merchant-accounts type='collection'><current-page-number type='integer'>1"
        "</current-page-number><page-size type='integer'>50</page-size>"
        f"<total-items type='integer'>{len(accounts)}</total-items>{rows}</merchant-accounts>",
        content_type="application/xml",
    )
    order = _order(ActionKind.CHARGE)
    with pytest.raises(InvalidOrderError, match=refusal):
        ADAPTER.complete(credentials, order, ADAPTER.freeze(order))
    assert {request.method for request, _ in httpserver.log} == {"GET"}


@pytest.mark.parametrize("action", TAKING)
def test_the_sdk_knows_every_field_that_is_sent(action: ActionKind) -> None:
    (step,) = ADAPTER.freeze(_order(action))
    sale = cast(dict[str, Any], step.body["transaction"])
    wanted = {name: value for name, value in sale.items() if name != "type"}
    Resource.verify_keys(
        {**wanted, "merchant_account_id": "x"}, braintree.Transaction.create_signature()
    )


def test_a_hold_is_captured_later_and_keeps_its_marker(merchant: BraintreeHarness) -> None:
    """M7: the capture carries none of its own."""
    order = merchant.make_order(ActionKind.AUTHORIZE)
    held = _send(merchant, order)
    assert _charge(merchant, held.object_id).status is ChargeStatus.AUTHORIZED
    assert merchant.books()[held.object_id]["captured_minor"] == 0
    capture = Order(
        action=ActionKind.CAPTURE,
        intent_id=new_id(),
        target_id=held.object_id,
        money=Money.of(2500, "EUR"),
    )
    _send(merchant, capture)
    assert _charge(merchant, held.object_id).marker == order.intent_id
    found = ADAPTER.look_up(merchant.credentials(), order, ADAPTER.freeze(order)[0]).outcome
    assert found is not None
    assert found.state == "succeeded"


def test_a_refund_that_inherits_the_sale_s_number_is_not_taken_for_an_order(
    merchant: BraintreeHarness,
) -> None:
    """M7: one made in the control panel names the sale's order id, and no refund of ours."""
    order = merchant.make_order(ActionKind.CHARGE)
    made = _send(merchant, order)
    merchant.act(made.object_id, "settle")
    merchant.act(made.object_id, "dashboard_refund", amount=500)
    _, *rest = ADAPTER.read(merchant.credentials(), ObjectKind.CHARGE, made.object_id)
    assert [each.marker for each in rest] == [None]


def test_a_refused_card_leaves_a_sale_that_took_nothing(merchant: BraintreeHarness) -> None:
    order = merchant.make_declined_order(ActionKind.CHARGE)
    with pytest.raises(DeclinedError) as caught:
        _send(merchant, order)
    assert caught.value.reason is DeclineReason.INSUFFICIENT_BALANCE
    assert caught.value.provider_code == "2001"
    found = ADAPTER.look_up(merchant.credentials(), order, ADAPTER.freeze(order)[0]).outcome
    assert found is not None
    assert (found.state, found.detail) == ("failed", "Insufficient Funds")


def test_a_search_that_lags_proves_nothing(merchant: BraintreeHarness) -> None:
    """M7: a new sale is found by a search only."""
    proof = ADAPTER.capabilities.proof(ActionKind.CHARGE)
    assert proof is not None
    assert (proof.key_life, proof.empty_is_proof) == (None, False)


def test_somebody_elses_card_is_not_charged(merchant: BraintreeHarness) -> None:
    order = merchant.make_order(ActionKind.CHARGE)
    other = merchant.make("customer")
    with pytest.raises((InvalidOrderError, NotFoundError)):
        _send(merchant, replace(order, target_id=other["id"]))
    assert merchant.effects() == []


def test_a_new_subscription_begins_at_the_price_that_was_shown(
    merchant: BraintreeHarness,
) -> None:
    """M1: the plan got dearer since, and bills yearly."""
    order = merchant.make_order(ActionKind.CREATE_SUBSCRIPTION)
    dearer = merchant.make("plan", amount=9900, months=12)["id"]
    outcome = _send(merchant, replace(order, details={**order.details, "price": dearer}))
    (made,) = outcome.snapshots
    assert isinstance(made, SubscriptionSnapshot)
    assert (made.amount_minor, made.interval, made.interval_count) == (1900, Interval.YEAR, 1)
    read = ADAPTER.read(merchant.credentials(), ObjectKind.SUBSCRIPTION, outcome.object_id)[0]
    assert read.marker == order.intent_id


def test_a_trial_takes_nothing_yet(merchant: BraintreeHarness) -> None:
    order = merchant.make_order(ActionKind.CREATE_SUBSCRIPTION)
    _send(merchant, replace(order, details={**order.details, "trial_days": 14}))
    assert merchant.books() == {}


def test_nobody_is_subscribed_by_somebody_elses_card(merchant: BraintreeHarness) -> None:
    order = merchant.make_order(ActionKind.CREATE_SUBSCRIPTION)
    other = merchant.make("customer")
    with pytest.raises(InvalidOrderError, match="this customer"):
        _send(merchant, replace(order, target_id=other["id"]))
    assert merchant.effects() == []


def test_the_same_subscription_is_never_begun_twice(merchant: BraintreeHarness) -> None:
    """M2, M6: the id is taken, and what is there is read back."""
    order = merchant.make_order(ActionKind.CREATE_SUBSCRIPTION)
    _send(merchant, order)
    with pytest.raises(AlreadyDoneError):
        _send(merchant, order)
    found = ADAPTER.look_up(merchant.credentials(), order, ADAPTER.freeze(order)[0]).outcome
    assert found is not None
    assert merchant.effects().count("subscription.created") == 1


def test_the_sdk_knows_every_field_of_a_subscription(merchant: BraintreeHarness) -> None:
    order = merchant.make_order(ActionKind.CREATE_SUBSCRIPTION)
    for days in (0, 14):
        (step,) = ADAPTER.freeze(replace(order, details={**order.details, "trial_days": days}))
        told = cast(dict[str, Any], step.body["subscription"])
        assert len(told["id"]) <= 36
        Resource.verify_keys(
            {**told, "merchant_account_id": "x"}, braintree.Subscription.create_signature()
        )


@pytest.mark.parametrize(
    "changed",
    [{"target_id": "guest:a@example.com"}, {"details": {}}, {"money": None}],
)
def test_what_lacks_something_is_not_frozen(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(_order(ActionKind.CHARGE), **changed))


def _order(action: ActionKind) -> Order:
    return Order(
        action=action,
        intent_id=new_id(),
        target_id="customer1",
        money=Money.of(2500, "EUR"),
        details={"payment_method": "card1", "description": ""},
    )
