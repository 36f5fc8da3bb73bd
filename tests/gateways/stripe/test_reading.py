"""Reads and walks against the sandbox: disputes, guests, deletions, and what belongs together."""

import pytest
import requests
from pytest_httpserver import HTTPServer

from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from gateways.errors import NotFoundError, UnsupportedError
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    CustomerSnapshot,
    DisputeSnapshot,
    ObjectKind,
    PaymentMethodSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
)
from gateways.stripe import ADAPTER, listing
from tests.contracts.stripe.harness import StripeHarness
from tests.gateways.stripe.recorded import recorded


def _charge(harness: StripeHarness, charge_id: str) -> ChargeSnapshot:
    found = ADAPTER.read(harness.credentials(), ObjectKind.CHARGE, charge_id)[0]
    assert isinstance(found, ChargeSnapshot)
    return found


def test_a_charge_comes_with_root_and_refunds_in_one_call(stripe_sandbox: StripeHarness) -> None:
    charge = stripe_sandbox.make_charge(amount=5000)
    stripe_sandbox.control("act", object=charge["id"], do="dashboard_refund", amount=700)
    found = ADAPTER.read(stripe_sandbox.credentials(), ObjectKind.CHARGE, charge["id"])
    assert [type(each) for each in found] == [ChargeSnapshot, PaymentSnapshot, RefundSnapshot]
    assert len({each.as_of for each in found}) == 1


def test_before_money_moves_the_disputes_are_read(stripe_sandbox: StripeHarness) -> None:
    """M18."""
    order = stripe_sandbox.make_order(ActionKind.REFUND)
    stripe_sandbox.control("act", object=order.target_id, do="dispute")
    for target in (order.target_id, order.payment_id):
        aimed = Order(action=order.action, intent_id=order.intent_id, target_id=target)
        found = ADAPTER.read_before_money(stripe_sandbox.credentials(), aimed)
        assert {ChargeSnapshot, PaymentSnapshot, DisputeSnapshot} <= {type(each) for each in found}
        charge = next(each for each in found if isinstance(each, ChargeSnapshot))
        assert charge.status is ChargeStatus.DISPUTED


@pytest.mark.parametrize(
    ("ends", "status"), [("won", ChargeStatus.SUCCEEDED), ("lost", ChargeStatus.DISPUTED)]
)
def test_a_closed_dispute_counts_by_how_it_ended(
    stripe_sandbox: StripeHarness, ends: str, status: ChargeStatus
) -> None:
    charge = stripe_sandbox.make_charge(amount=5000)
    dispute = stripe_sandbox.control("act", object=charge["id"], do="dispute")["object"]
    assert _charge(stripe_sandbox, charge["id"]).status is ChargeStatus.DISPUTED
    stripe_sandbox.control("act", object=dispute["id"], do="close", outcome=ends)
    assert _charge(stripe_sandbox, charge["id"]).status is status
    listed = ADAPTER.page(stripe_sandbox.credentials(), ObjectKind.CHARGE).snapshots
    assert [each.status for each in listed if isinstance(each, ChargeSnapshot)] == [status]


def test_a_released_charge_is_told_by_its_payment_intent(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """The shape since basil, in which the charge itself shows no sign of the cancellation."""
    intent = recorded("payment_intent_canceled")
    held = recorded("charge_authorized", refunded=False, amount_refunded=0)
    held["payment_intent"] = intent["id"]
    held["payment_method_details"]["card"]["capture_before"] = 4102444800
    listed = {"object": "list", "has_more": False, "data": [held]}
    whole = {**held, "payment_intent": intent, "refunds": {"data": [], "has_more": False}}
    intents = f"/v1/payment_intents/{intent['id']}"
    httpserver.expect_request("/v1/charges").respond_with_json(listed)
    httpserver.expect_request(f"/v1/charges/{held['id']}").respond_with_json(whole)
    httpserver.expect_request(intents).respond_with_json({**intent, "latest_charge": held})
    found = [
        *ADAPTER.page(credentials, ObjectKind.CHARGE).snapshots,
        ADAPTER.read(credentials, ObjectKind.CHARGE, held["id"])[0],
        ADAPTER.read(credentials, ObjectKind.PAYMENT, intent["id"])[1],
    ]
    statuses = [each.status for each in found if isinstance(each, ChargeSnapshot)]
    assert statuses == [ChargeStatus.CANCELED] * 3


def test_no_object_comes_twice(stripe_sandbox: StripeHarness) -> None:
    charge = stripe_sandbox.make_charge(amount=5000)
    dispute = stripe_sandbox.control("act", object=charge["id"], do="dispute")["object"]
    found = ADAPTER.read(stripe_sandbox.credentials(), ObjectKind.DISPUTE, dispute["id"])
    assert [type(each) for each in found] == [DisputeSnapshot, ChargeSnapshot]


def test_a_customer_comes_with_the_cards(stripe_sandbox: StripeHarness) -> None:
    stripe_sandbox.make_order(ActionKind.CANCEL_SUBSCRIPTION)
    credentials = stripe_sandbox.credentials()
    listed = ADAPTER.page(credentials, ObjectKind.CUSTOMER).snapshots
    customer = next(
        each
        for each in listed
        if isinstance(each, CustomerSnapshot) and each.default_payment_method
    )
    found = ADAPTER.read(credentials, ObjectKind.CUSTOMER, customer.external_id)
    assert {type(each) for each in found[1:]} == {PaymentMethodSnapshot}
    again = ADAPTER.read(credentials, ObjectKind.PAYMENT_METHOD, found[1].external_id)
    assert again[0].external_id == found[1].external_id


def test_payment_methods_have_no_list(stripe_sandbox: StripeHarness) -> None:
    with pytest.raises(UnsupportedError):
        ADAPTER.page(stripe_sandbox.credentials(), ObjectKind.PAYMENT_METHOD)


def test_a_walk_goes_on_when_the_object_it_stood_on_is_deleted(
    stripe_sandbox: StripeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_LIMIT", 2)
    for age in range(5):
        stripe_sandbox.control(
            "objects",
            object="customer",
            account=stripe_sandbox.account,
            created=1790000000 + age,
        )
    credentials = stripe_sandbox.credentials()
    first = ADAPTER.page(credentials, ObjectKind.CUSTOMER)
    gone = first.snapshots[-1].external_id
    requests.delete(
        f"{credentials.api_base}/v1/customers/{gone}",
        headers={"Authorization": f"Bearer {credentials.values['api_key']}"},
        timeout=10,
    ).raise_for_status()
    seen = [each.external_id for each in first.snapshots]
    cursor = first.next_cursor
    while cursor:
        page = ADAPTER.page(credentials, ObjectKind.CUSTOMER, cursor=cursor)
        seen += [each.external_id for each in page.snapshots]
        cursor = page.next_cursor
    assert len(seen) == len(set(seen)) == 5


def test_a_deleted_customer_is_read_as_gone(stripe_sandbox: StripeHarness) -> None:
    made = stripe_sandbox.control("objects", object="customer", account=stripe_sandbox.account)
    credentials = stripe_sandbox.credentials()
    requests.delete(
        f"{credentials.api_base}/v1/customers/{made['object']['id']}",
        headers={"Authorization": f"Bearer {credentials.values['api_key']}"},
        timeout=10,
    ).raise_for_status()
    found = ADAPTER.read(credentials, ObjectKind.CUSTOMER, made["object"]["id"])
    assert [each.deleted for each in found] == [True]


def test_a_walk_that_starts_nowhere_says_so(stripe_sandbox: StripeHarness) -> None:
    with pytest.raises(NotFoundError):
        ADAPTER.page(stripe_sandbox.credentials(), ObjectKind.CHARGE, cursor="ch_never@")
