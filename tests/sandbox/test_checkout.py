"""Checkout pages: for one customer, to pay once or to leave a card (4.2, 7)."""

import requests

from tests.sandbox.program import Account, Json, Program
from tests.sandbox.receiver import Receiver

DAY = 24 * 3600


def _session(account: Account, **more: str) -> Json:
    params = {
        "mode": "payment",
        "customer": account.customers[0],
        "success_url": "http://127.0.0.1:9/thanks",
        "cancel_url": "http://127.0.0.1:9/back",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2500",
        "line_items[0][price_data][product_data][name]": "Order #1001",
        "payment_intent_data[metadata][order]": "1001",
        **more,
    }
    return account.post("checkout/sessions", params)


def test_a_customer_pays_in_a_browser(account: Account, receiver: Receiver) -> None:
    endpoint = {"url": receiver.url, "enabled_events[]": ["checkout.session.completed"]}
    account.post("webhook_endpoints", endpoint)
    made = _session(account)
    assert (made["status"], made["payment_status"]) == ("open", "unpaid")
    page = requests.get(made["url"], timeout=10)
    assert page.headers["content-type"].startswith("text/html")
    assert "Pay 25.00 EUR" in page.text
    refused = requests.post(made["url"], data={"card": "pm_card_visa_chargeDeclined"}, timeout=10)
    assert "Your card was declined." in refused.text
    paid = requests.post(made["url"], timeout=10, allow_redirects=False)
    assert (paid.status_code, paid.headers["location"]) == (303, made["success_url"])
    done = account.get(f"checkout/sessions/{made['id']}", **{"expand[]": "payment_intent"})
    assert (done["status"], done["payment_status"], done["url"]) == ("complete", "paid", None)
    assert done["payment_intent"]["metadata"] == {"order": "1001"}
    charges = account.get("charges", payment_intent=done["payment_intent"]["id"])["data"]
    assert [charge["status"] for charge in charges] == ["succeeded", "failed"]
    assert "done already" in requests.post(made["url"], timeout=10).text
    receiver.wait_for(1)


def test_a_page_expires_within_a_day(own_program: Program) -> None:
    # 4.2: "Checkout Session mode=payment with customer (expires within 24 h)".
    account = own_program.account(charges=1)
    made = _session(account)
    assert made["expires_at"] == made["created"] + DAY
    own_program.control("POST", "clock", {"advance_s": DAY + 5})
    assert account.get(f"checkout/sessions/{made['id']}")["status"] == "expired"
    assert "expired" in requests.get(made["url"], timeout=10).text
    later = {"expires_at": str(made["created"] + 9 * DAY)}
    response = account.call("POST", "checkout/sessions", {"mode": "setup", **later})
    assert response.status_code == 400


def test_sessions_are_listed_by_customer_and_can_be_ended(account: Account) -> None:
    made = _session(account)
    other = account.post("customers", {"name": "Ada"})["id"]
    listed = account.get("checkout/sessions", customer=account.customers[0])["data"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert account.get("checkout/sessions", customer=other)["data"] == []
    path = f"checkout/sessions/{made['id']}/expire"
    assert account.post(path)["status"] == "expired"
    assert account.call("POST", path).status_code == 400


def test_a_card_is_left_and_not_made_the_default(account: Account) -> None:
    # 7: the default is the merchant's to set afterwards.
    params = {
        "mode": "setup",
        "customer": account.customers[0],
        "currency": "eur",
        "success_url": "http://127.0.0.1:9/thanks",
    }
    made = account.post("checkout/sessions", params)
    assert account.act(made["id"], "pay")["status"] == "complete"
    done = account.get(f"checkout/sessions/{made['id']}", **{"expand[]": "setup_intent"})
    card = done["setup_intent"]["payment_method"]
    who = account.get(f"customers/{account.customers[0]}")
    assert who["invoice_settings"]["default_payment_method"] != card
    listed = account.get(f"customers/{account.customers[0]}/payment_methods")["data"]
    assert card in {each["id"] for each in listed}


def test_what_a_page_needs(account: Account) -> None:
    base = {"mode": "payment", "success_url": "http://127.0.0.1:9/"}
    assert account.refused("checkout/sessions", base)["param"] == "line_items"
    assert account.refused("checkout/sessions", {"mode": "payment"})["param"] == "success_url"
    little = {"line_items[0][price_data][unit_amount]": "10"}
    params = {
        **base,
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][product_data][name]": "Pin",
        **little,
    }
    assert account.refused("checkout/sessions", params)["code"] == "amount_too_small"
    removed = {**params, "payment_method_types[]": "card"}
    # 2.2: endive removed `payment_method_types` here.
    assert account.refused("checkout/sessions", removed)["code"] == "parameter_unknown"


def test_nobody_guesses_a_page(account: Account) -> None:
    url = f"{account.program.url}/stripe/checkout/cs_test_nothing"
    assert requests.get(url, timeout=10).status_code == 404
