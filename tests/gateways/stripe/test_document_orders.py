"""Invoices, tax details and the page for another card: several calls, and no place for a marker."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from gateways.capabilities import ActionKind
from gateways.contract import Finding, Order, Outcome
from gateways.errors import (
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
)
from gateways.snapshots import (
    ChargeSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
    ObjectKind,
    PaymentMethodSnapshot,
)
from gateways.stripe import ADAPTER
from gateways.stripe.tax_ids import TAX_ID_TYPES
from tests.contracts.harness import Fault
from tests.contracts.stripe.harness import StripeHarness
from tests.gateways.stripe.contract import assert_in_contract, provider_contract

DETAILS = Order(
    action=ActionKind.UPDATE_TAX_DETAILS,
    intent_id=new_id(),
    target_id="cus_1",
    details={
        "name": "Officine Bianchi",
        "address": {"line1": "Via Roma 1", "city": "Torino", "country": "IT"},
        "tax_id_type": "eu_vat",
        "tax_id": " IT12345678903 ",
        "replaces": ["txi_1"],
    },
)


def _send(harness: StripeHarness, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=10)
    steps = ADAPTER.freeze(order)
    return [ADAPTER.send(harness.credentials(), order, step, deadline=deadline) for step in steps][
        -1
    ]


def _look_up(harness: StripeHarness, order: Order) -> Finding:
    return ADAPTER.look_up(harness.credentials(), order, ADAPTER.freeze(order)[-1])


def _customer(harness: StripeHarness, external_id: str) -> CustomerSnapshot:
    found = ADAPTER.read(harness.credentials(), ObjectKind.CUSTOMER, external_id)[0]
    assert isinstance(found, CustomerSnapshot)
    return found


# ---- tax details


def test_a_new_tax_id_is_made_before_the_old_one_goes() -> None:
    """What Stripe may refuse comes first, what carries the marker last."""
    steps = ADAPTER.freeze(DETAILS)
    assert [(step.method, step.path) for step in steps] == [
        ("POST", "/v1/customers/cus_1/tax_ids"),
        ("DELETE", "/v1/customers/cus_1/tax_ids/txi_1"),
        ("POST", "/v1/customers/cus_1"),
    ]
    assert steps[0].body == {"type": "eu_vat", "value": "IT12345678903"}
    address = steps[2].body["address"]
    assert isinstance(address, dict)
    # What is not said is cleared.
    assert (address["city"], address["line2"]) == ("Torino", "")
    assert_in_contract("customer_tax_id_create", "CustomerTaxIdCreateParams", steps[0].body)
    assert_in_contract("customer_update", "CustomerUpdateParams", steps[2].body)


def test_tax_id_types_are_in_the_providers_contract() -> None:
    params = provider_contract()["params"]["customer_tax_id_create"]["CustomerTaxIdCreateParams"]
    assert set(TAX_ID_TYPES) == set(params["type"]["enum"])


@pytest.mark.parametrize(
    "changed",
    [
        {"tax_id_type": ""},
        {"tax_id": ""},
        {"address": "Via Roma 1"},
        {"address": {"planet": "Earth"}},
        {"address": {"city": 5}},
        {"replaces": "txi_1"},
    ],
)
def test_impossible_details_are_refused_before_the_first_try(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidOrderError):
        ADAPTER.freeze(replace(DETAILS, details={**DETAILS.details, **changed}))


def test_details_are_corrected_and_shown(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.UPDATE_TAX_DETAILS)
    (old,) = order.details["replaces"]
    before = _customer(stripe_sandbox, order.target_id).tax_ids
    assert before is not None
    assert [each["external_id"] for each in before] == [old]
    shown = _send(stripe_sandbox, order).snapshots[0]
    assert isinstance(shown, CustomerSnapshot)
    for each in (shown, _customer(stripe_sandbox, order.target_id)):
        assert each.name == "Officine Bianchi"
        assert each.address["city"] == "Torino"
        assert each.tax_ids is not None
        assert [(tax_id["type"], tax_id["value"]) for tax_id in each.tax_ids] == [
            ("eu_vat", "IT12345678903")
        ]


def test_a_tax_id_that_is_refused_changes_nothing(stripe_sandbox: StripeHarness) -> None:
    made = stripe_sandbox.make_order(ActionKind.UPDATE_TAX_DETAILS)
    order = replace(made, details={**made.details, "tax_id": "NOT A VAT ID"})
    before = _customer(stripe_sandbox, order.target_id)
    with pytest.raises(InvalidOrderError) as caught:
        _send(stripe_sandbox, order)
    assert caught.value.provider_code == "tax_id_invalid"
    after = _customer(stripe_sandbox, order.target_id)
    assert (after.name, after.address, after.tax_ids) == (
        before.name,
        before.address,
        before.tax_ids,
    )


def test_half_an_order_is_shown_to_a_human(stripe_sandbox: StripeHarness) -> None:
    """M7: the tax id is there, the rest is not, and nothing is claimed about either."""
    order = stripe_sandbox.make_order(ActionKind.UPDATE_TAX_DETAILS)
    stripe_sandbox.arm(Fault.ANSWER_LOST_BEFORE_EFFECT, ActionKind.UPDATE_TAX_DETAILS)
    with pytest.raises(OutcomeUnknownError):
        _send(stripe_sandbox, order)
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is None
    assert "IT12345678903" in found.seen
    # Repeated as a whole: what is done answers again, what is gone is gone.
    assert _send(stripe_sandbox, order).state == "succeeded"
    tax_ids = _customer(stripe_sandbox, order.target_id).tax_ids
    assert tax_ids is not None
    assert len(tax_ids) == 1


def test_a_key_that_may_not_see_tax_ids_still_reads_customers(
    stripe_sandbox: StripeHarness,
) -> None:
    who = stripe_sandbox.make_customer()["id"]
    found = ADAPTER.read(stripe_sandbox.limited_credentials(), ObjectKind.CUSTOMER, who)
    assert isinstance(found[0], CustomerSnapshot)
    assert found[0].tax_ids is None
    assert len(found) == 2


# ---- invoices


def test_an_invoice_is_mailed_once_and_its_event_proves_it(stripe_sandbox: StripeHarness) -> None:
    """M7: the event names the key of the request."""
    order = stripe_sandbox.make_order(ActionKind.SEND_INVOICE)
    shown = _send(stripe_sandbox, order).snapshots[0]
    assert isinstance(shown, InvoiceSnapshot)
    assert shown.status is InvoiceStatus.OPEN
    assert shown.number
    found = _look_up(stripe_sandbox, order).outcome
    assert found is not None
    assert found.carries_marker
    # Mailed by somebody else is not mailed by this order.
    assert _look_up(stripe_sandbox, replace(order, intent_id=new_id())).outcome is None


def test_a_paid_invoice_is_not_made_void(stripe_sandbox: StripeHarness) -> None:
    paid = stripe_sandbox.make_subscription()["latest_invoice"]
    order = Order(action=ActionKind.VOID_INVOICE, intent_id=new_id(), target_id=paid)
    with pytest.raises(GatewayError) as caught:
        _send(stripe_sandbox, order)
    assert not isinstance(caught.value, OutcomeUnknownError)
    found = _look_up(stripe_sandbox, order)
    assert found.outcome is None
    assert "paid" in found.seen


# ---- another card


def test_a_card_left_on_the_page_is_on_file(stripe_sandbox: StripeHarness) -> None:
    order = stripe_sandbox.make_order(ActionKind.REQUEST_CARD_UPDATE)
    assert_in_contract(
        "checkout.session_create", "SessionCreateParams", ADAPTER.freeze(order)[0].body
    )
    outcome = _send(stripe_sandbox, order)
    stripe_sandbox.customer_pays(outcome)
    read = ADAPTER.read(stripe_sandbox.credentials(), ObjectKind.CUSTOMER, order.target_id)
    cards = [each for each in read if isinstance(each, PaymentMethodSnapshot)]
    assert len(cards) == 2
    assert _look_up(stripe_sandbox, order).outcome is not None


def test_another_card_is_used_from_now_on(stripe_sandbox: StripeHarness) -> None:
    """A subscription with a card of its own does not follow its customer's."""
    order = stripe_sandbox.make_order(ActionKind.USE_PAYMENT_METHOD)
    card = order.details["payment_method"]
    steps = ADAPTER.freeze(order)
    assert_in_contract("subscription_update", "SubscriptionUpdateParams", steps[0].body)
    assert_in_contract("customer_update", "CustomerUpdateParams", steps[1].body)
    shown = _send(stripe_sandbox, order).snapshots[0]
    assert isinstance(shown, CustomerSnapshot)
    assert shown.default_payment_method == card
    (subscription,) = order.details["subscriptions"]
    stripe_sandbox.control("act", object=subscription, do="renew")
    paid = ADAPTER.page(stripe_sandbox.credentials(), ObjectKind.CHARGE).snapshots[0]
    assert isinstance(paid, ChargeSnapshot)
    assert paid.method_last4 == "4444"


def test_somebody_elses_card_is_not_used(stripe_sandbox: StripeHarness) -> None:
    order, other = (stripe_sandbox.make_order(ActionKind.USE_PAYMENT_METHOD) for _ in range(2))
    with pytest.raises(NotFoundError):
        _send(stripe_sandbox, replace(order, details={**other.details, "subscriptions": []}))
    assert _look_up(stripe_sandbox, order).outcome is None
