"""Charges, subscriptions and payment requests ordered over `/v1` happen exactly once."""

from typing import Any

import pytest
import requests

from chargedesk.base import scoping
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.snapshots import ObjectKind
from tests.flows.shop import Shop

CHARGE = "/gateway/products/charge"


@pytest.fixture
def customer(shop: Shop) -> str:
    """A customer with a card on file."""
    return shop.make("customer")


def read(shop: Shop, *kinds: ObjectKind) -> None:
    """Read lists of the account, as a backfill would."""
    adapter = registry.adapter("stripe")
    for kind in kinds:
        page = adapter.page(gateway_credentials(shop.connection), kind)
        with scoping.tenant(shop.tenant.id):
            record_snapshots(shop.connection, page.snapshots)


def asked(shop: Shop, path: str, **fields: str) -> dict[str, Any]:
    """Call the provider as somebody in its dashboard would."""
    key = gateway_credentials(shop.connection).values["api_key"]
    answer = requests.post(
        f"{shop.sandbox_url}/stripe/v1/{path}", data=fields, auth=(key, ""), timeout=30
    )
    assert answer.ok, answer.text
    return dict(answer.json())


def price(shop: Shop, minor: int = 2900) -> str:
    """A monthly price the ledger knows."""
    product = asked(shop, "products", name="Team plan")["id"]
    usual = {"product": product, "currency": "eur", "unit_amount": str(minor)}
    made = asked(shop, "prices", **usual, **{"recurring[interval]": "month"})["id"]
    read(shop, ObjectKind.PRODUCT, ObjectKind.PRICE)
    return str(made)


def card(customer: str, **more: str) -> dict[str, str]:
    """The form of an old client."""
    return {
        "using": "card",
        "customer[id]": customer,
        "amount": "12.50",
        "currency": "EUR",
        "description": "A zip",
        **more,
    }


def test_a_card_on_file_is_charged_once(shop: Shop, customer: str) -> None:
    """The answer holds the new charge; the same key meets the same order."""
    key = {"Idempotency-Key": "zip-1"}
    answer = shop.post(CHARGE, card(customer), **key)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["action"]["state"] == "succeeded"
    assert (body["charge"]["amount"], body["charge"]["status"]) == ("12.50", "paid")
    assert body["charge"]["customer_id"] == customer
    assert shop.post(CHARGE, card(customer), **key).json()["action"] == body["action"]
    other = shop.post(CHARGE, card(customer, amount="13.00"), **key)
    assert other.status_code == 409
    assert len(shop.effects("charge.created")) == 1


def test_without_a_key_a_retry_charges_nobody_twice(shop: Shop, customer: str) -> None:
    """M15."""
    first = shop.post(CHARGE, card(customer)).json()
    assert shop.post(CHARGE, card(customer)).json()["action"] == first["action"]
    assert len(shop.effects("charge.created")) == 1


def test_a_lost_answer_is_a_202_that_ends_well(shop: Shop, customer: str) -> None:
    """M4, M15: never a 5xx once an order exists; the action tells where it stands."""
    shop.arm("answer_lost_after_effect", method="POST", path_regex="/payment_intents$")
    answer = shop.post(CHARGE, card(customer))
    assert answer.status_code in (200, 202), answer.text
    assert len(shop.effects("charge.created")) == 1
    state = shop.get(f"/actions/{answer.json()['action']['id']}")["state"]
    assert state in ("unknown", "succeeded")


def test_an_amount_is_held_and_then_captured(shop: Shop, customer: str) -> None:
    answer = shop.post(CHARGE, card(customer, capture="0"))
    assert answer.status_code == 200, answer.text
    charge = answer.json()["charge"]
    assert charge["status"] == "authorized"
    taken = shop.post(f"/gateway/charges/{charge['charge_id']}/capture")
    assert taken.json()["charge"]["status"] == "paid"


def test_a_decline_is_a_400_with_words(shop: Shop) -> None:
    poor = shop.make("customer", last4="9995")
    answer = shop.post(CHARGE, card(poor))
    assert answer.status_code == 400
    assert "not enough money" in answer.json()["error"]["message"]
    assert "moved no money" in answer.json()["error"]["message"]


def test_a_payment_request_answers_with_its_link(shop: Shop, customer: str) -> None:
    form = {**card(customer), "using": "invoice"}
    refused = shop.post(CHARGE, form)
    assert refused.json()["error"]["incorrect_parameter"] == "link_only"
    answer = shop.post(CHARGE, {**form, "link_only": "1"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["pay_link"].startswith("http")
    assert body["charge"] is None
    assert shop.get(f"/actions/{body['action']['id']}")["url"] == body["pay_link"]
    assert shop.effects("charge.created") == []


def test_a_subscription_starts_changes_pauses_and_is_discounted(shop: Shop, customer: str) -> None:
    """One after the other, each once, each answering with the subscription as it then is."""
    first, second = price(shop), price(shop, 9900)
    form = {"using": "card", "customer[id]": customer, "product[id]": first}
    started = shop.post(CHARGE, {**form, "product[trial_period_days]": "14"})
    assert started.status_code == 200, started.text
    subscription = started.json()["subscription"]
    assert (subscription["status"], subscription["amount"]) == ("trialing", "29.00")
    assert {"edit", "pause", "cancel"} <= set(subscription["methods_active"])
    path = f"/gateway/subscriptions/{subscription['subscription_id']}"

    changed = shop.post(f"{path}/plans", {"plans[][id]": second, "prorate": "0"})
    assert changed.json()["subscription"]["amount"] == "99.00", changed.text

    coupon = asked(shop, "coupons", percent_off="10", duration="forever")["id"]
    read(shop, ObjectKind.COUPON)
    for step, form in (("coupon", {"coupon": coupon}), ("coupon/remove", {})):
        assert shop.post(f"{path}/{step}", form).status_code == 200

    # A trial goes on while it is paused; what can be done tells that it is.
    for step, then in (("pause", "resume"), ("resume", "pause")):
        answer = shop.post(f"{path}/{step}").json()
        assert answer["action"]["state"] == "succeeded", answer
        assert then in answer["subscription"]["methods_active"]
        assert step not in answer["subscription"]["methods_active"]


def test_what_it_costs_names_the_price_too(shop: Shop, customer: str) -> None:
    """An old client says amount and interval; exactly one price of the gateway must be like it."""
    price(shop)
    form = {**card(customer, amount="29.00"), "product[interval]": "month"}
    answer = shop.post(CHARGE, form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["subscription"]["amount"] == "29.00"
    none = shop.post(CHARGE, {**form, "amount": "28.00"})
    assert none.json()["error"]["incorrect_parameter"] == "product[interval]"


def test_a_callers_own_words_stay_with_what_was_made(shop: Shop, customer: str) -> None:
    """`metadata` comes back on the charge and on the subscription, beside our mark."""
    own = {"metadata[plan]": "pro", "metadata[ref]": "A-1"}
    charge = shop.post(CHARGE, card(customer, **own)).json()["charge"]
    assert {"plan": "pro", "ref": "A-1"}.items() <= charge["metadata"].items()
    form = {"using": "card", "customer[id]": customer, "product[id]": price(shop), **own}
    subscription = shop.post(CHARGE, form).json()["subscription"]
    assert {"plan": "pro", "ref": "A-1"}.items() <= subscription["metadata"].items()
    other = shop.post(CHARGE, card(customer, **own | {"metadata[ref]": "A-2"}))
    assert other.json()["action"]["state"] == "succeeded"
    assert len(shop.effects("charge.created")) >= 2, "M15: other words are another wish"


def test_a_payment_request_of_several_lines(shop: Shop, customer: str) -> None:
    """The sum is what is asked for; each line is on the page the customer pays on."""
    body = {
        "using": "invoice",
        "customer": {"id": customer},
        "link_only": True,
        "currency": "EUR",
        "lines": [
            {"description": "A zip", "amount": "12.50", "quantity": 2},
            {"description": "Postage", "amount": "4.90"},
        ],
        "metadata": {"ref": "A-3"},
    }
    answer = shop.post_json(CHARGE, body)
    assert answer.status_code == 200, answer.text
    action = shop.get(f"/actions/{answer.json()['action']['id']}")
    assert (action["amount"], action["result_amount"]) == ("29.90", "29.90")


def test_an_invoice_is_sent_again_and_then_voided(shop: Shop, customer: str) -> None:
    invoice = shop.make("invoice", customer=customer, status="open")
    sent = shop.post(f"/gateway/invoices/{invoice}/send")
    assert sent.status_code == 200, sent.text
    shown = sent.json()["invoice"]
    assert (shown["invoice_id"], shown["status"]) == (invoice, "open")
    assert shown["methods_active"] == ["send", "void"]
    gone = shop.post(f"/gateway/invoices/{invoice}/void", {"log_reason": "duplicate"})
    assert gone.json()["action"]["state"] == "succeeded", gone.text
    shown = gone.json()["invoice"]
    assert (shown["status"], shown["methods_active"]) == ("void", [])
    assert shown["methods_supported"] == ["send", "void"]
    again = shop.post(f"/gateway/invoices/{invoice}/send", {}, **{"Idempotency-Key": "again"})
    assert again.json()["error"]["code"] == "not_open"


def test_a_customers_details_and_card_are_corrected(shop: Shop, customer: str) -> None:
    """What is not named stays; the card left on the page is used from now on."""
    path = f"/gateway/customers/{customer}"
    methods = shop.get(f"/customers/{customer}")["methods_active"]
    assert {"tax_details", "card_update", "payment_method"} <= set(methods)
    form = {"name": "Officine Bianchi", "address[city]": "Torino", "address[country]": "IT"}
    tax_id = {"tax_id_type": "eu_vat", "tax_id": "IT12345678903"}
    done = shop.post(f"{path}/tax_details", form | tax_id)
    assert done.status_code == 200, done.text
    assert done.json()["customer"]["name"] == "Officine Bianchi"
    assert done.json()["customer"]["tax_number"] == "IT12345678903"
    more = shop.post(f"{path}/tax_details", {"address[line1]": "Via Roma 1"}).json()["customer"]
    assert "Via Roma 1" in more["billing_address"]
    assert "Torino" in more["billing_address"]
    assert (more["name"], more["tax_number"]) == ("Officine Bianchi", "IT12345678903")

    link = shop.post(f"{path}/card_update")
    assert link.json()["card_update_link"].startswith("http"), link.text
    assert link.json()["card_update_link_expires"] > 0

    order = {"customer": customer, "last4": "5556"}
    new = shop.make("payment_method", **order)
    used = shop.post(f"{path}/payment_method", {"payment_method": new})
    assert used.json()["action"]["state"] == "succeeded", used.text
