"""New payments by API: authorize, charge, decline (reference 4.2, 4.4)."""

import pytest

from tests.sandbox.program import Account, Program


def test_authorize_with_a_test_card(account: Account) -> None:
    # 4.2: "PaymentIntent capture_method=manual, confirm with saved method, off_session=true".
    params = {
        "amount": 1500,
        "currency": "eur",
        "capture_method": "manual",
        "confirm": "true",
        "payment_method": "pm_card_visa",
        "off_session": "true",
        "customer": account.customers[0],
    }
    held = account.post("payment_intents", params, key="authorize")
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 1500)
    assert account.post("payment_intents", params, key="authorize")["id"] == held["id"]
    done = account.post(f"payment_intents/{held['id']}/capture")
    assert account.money()[done["latest_charge"]]["captured_minor"] == 1500


def test_a_new_customer_keeps_the_card_that_comes_along(account: Account) -> None:
    who = account.post("customers", {"name": "Robin", "payment_method": "pm_card_visa"})
    (card,) = account.get(f"customers/{who['id']}/payment_methods")["data"]
    assert (card["customer"], card["card"]["last4"]) == (who["id"], "4242")
    paid = account.post(
        "payment_intents",
        {
            "amount": 900,
            "currency": "eur",
            "confirm": "true",
            "off_session": "true",
            "customer": who["id"],
            "payment_method": card["id"],
        },
    )
    assert paid["status"] == "succeeded"


def test_create_then_confirm(account: Account) -> None:
    intent = account.post("payment_intents", {"amount": 900, "currency": "eur"})
    assert (intent["status"], intent["latest_charge"]) == ("requires_payment_method", None)
    path = f"payment_intents/{intent['id']}/confirm"
    assert account.refused(path)["code"] == "payment_intent_unexpected_state"
    done = account.post(path, {"payment_method": "pm_card_mastercard"})
    assert (done["status"], done["amount_received"]) == ("succeeded", 900)


def test_a_decline_is_402_and_leaves_a_failed_charge(account: Account) -> None:
    # 4.4: "declined: CardError 402 (decline_code)"; 2.1: "failed attempts are included".
    params = {
        "amount": 900,
        "currency": "eur",
        "confirm": "true",
        "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds",
    }
    error = account.refused("payment_intents", params)
    assert (error["status"], error["type"]) == (402, "card_error")
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    assert account.get(f"charges/{error['charge']}")["status"] == "failed"


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (10, "eur", "amount_too_small"),
        (10_000_000_00, "eur", "amount_too_large"),
        (15_151, "kwd", "parameter_invalid_integer"),
    ],
)
def test_amounts_out_of_bounds(account: Account, amount: int, currency: str, code: str) -> None:
    params = {"amount": amount, "currency": currency}
    assert account.refused("payment_intents", params)["code"] == code


def test_search_finds_with_a_lag(own_program: Program) -> None:
    # 2.1: "Search endpoints lag writes by about a minute".
    account = own_program.account(charges=0)
    made = account.post("customers", {"email": "ada@example.org", "metadata[plan]": "gold"})
    query = 'email:"ada@example.org" AND metadata["plan"]:"gold"'
    assert account.get("customers/search", query=query)["data"] == []
    own_program.control("POST", "clock", {"advance_s": 61})
    found = account.get("customers/search", query=query)
    assert [item["id"] for item in found["data"]] == [made["id"]]
    assert account.call("GET", "customers/search", {"query": "nonsense"}).status_code == 400
