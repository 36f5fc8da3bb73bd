"""Subscriptions begun and changed by API, prorations, previews, discounts, invoices (4.2)."""

import pytest

from tests.sandbox.program import Account, Json, Program

SECONDS_A_DAY = 24 * 3600


@pytest.fixture
def price(account: Account) -> Json:
    """A plan of 19.00 EUR a month."""
    return _price(account, "1900")


def _price(account: Account, amount: str, interval: str = "month") -> Json:
    product = account.post("products", {"name": "Team"})["id"]
    params = {
        "product": product,
        "currency": "eur",
        "unit_amount": amount,
        "recurring[interval]": interval,
    }
    return account.post("prices", params)


def _subscribe(account: Account, price: Json, **more: str) -> Json:
    params = {
        "customer": account.customers[0],
        "items[0][price]": price["id"],
        "items[0][quantity]": "2",
        "payment_behavior": "error_if_incomplete",
        "off_session": "true",
        **more,
    }
    return account.post("subscriptions", params)


def test_a_new_subscription_is_paid_at_once(account: Account, price: Json) -> None:
    made = _subscribe(account, price, **{"metadata[order]": "7"})
    assert (made["status"], made["metadata"]) == ("active", {"order": "7"})
    assert made["billing_mode"]["type"] == "flexible"
    bill = account.get(f"invoices/{made['latest_invoice']}", **{"expand[]": "payments"})
    assert (bill["status"], bill["total"], bill["billing_reason"]) == (
        "paid",
        3800,
        "subscription_create",
    )
    intent = bill["payments"]["data"][0]["payment"]["payment_intent"]
    assert account.get(f"payment_intents/{intent}")["amount_received"] == 3800


def test_error_if_incomplete_makes_nothing(account: Account, price: Json) -> None:
    who = account.program.control(
        "POST", "objects", {"object": "customer", "account": account.name, "last4": "9995"}
    )["object"]["id"]
    params = {"customer": who, "items[0][price]": price["id"]}
    error = account.refused("subscriptions", {**params, "payment_behavior": "error_if_incomplete"})
    assert (error["status"], error["decline_code"]) == (402, "insufficient_funds")
    assert account.get("subscriptions", customer=who, status="all")["data"] == []
    assert account.get("invoices", customer=who)["data"] == []
    left = account.post("subscriptions", params)
    assert left["status"] == "incomplete"


def test_one_time_and_unknown_prices_are_refused(account: Account) -> None:
    single = account.post(
        "prices",
        {
            "product": account.post("products", {"name": "Book"})["id"],
            "currency": "eur",
            "unit_amount": "900",
        },
    )
    params = {"customer": account.customers[0], "items[0][price]": single["id"]}
    assert "one_time" in account.refused("subscriptions", params)["message"]
    params["items[0][price]"] = "price_nothing"
    assert account.refused("subscriptions", params)["code"] == "resource_missing"


def test_leaving_out_the_item_adds_a_second_one(account: Account, price: Json) -> None:
    # 4.2: "leaving out the item id adds a second item".
    made = _subscribe(account, price)
    other = _price(account, "900")
    changed = account.post(
        f"subscriptions/{made['id']}",
        {"items[0][price]": other["id"], "proration_behavior": "none"},
    )
    assert len(changed["items"]["data"]) == 2


def _nested(outer: str, name: str) -> str:
    """`a[b][c]` inside `outer` is `outer[a][b][c]`."""
    first, bracket, rest = name.partition("[")
    return f"{outer}[{first}]{bracket}{rest}"


@pytest.mark.parametrize("how", ["always_invoice", "create_prorations", "none"])
def test_a_change_costs_what_its_preview_says(account: Account, price: Json, how: str) -> None:
    made = _subscribe(account, price)
    item = made["items"]["data"][0]["id"]
    moment = made["items"]["data"][0]["current_period_start"] + 10 * SECONDS_A_DAY
    other = _price(account, "5000")
    wish = {"items[0][id]": item, "items[0][price]": other["id"], "proration_behavior": how}
    if how != "none":
        wish["proration_date"] = str(moment)
    details = {_nested("subscription_details", name): value for name, value in wish.items()}
    shown = account.post("invoices/create_preview", {"subscription": made["id"], **details})
    assert account.get(f"subscriptions/{made['id']}")["items"] == made["items"]
    prorations = [
        line["amount"]
        for line in shown["lines"]["data"]
        if line["parent"]["subscription_item_details"]["proration"]
    ]
    assert len(prorations) == (0 if how == "none" else 2)
    changed = account.post(f"subscriptions/{made['id']}", wish)
    assert changed["items"]["data"][0]["price"]["id"] == other["id"]
    is_billed = changed["latest_invoice"] != made["latest_invoice"]
    assert is_billed is (how == "always_invoice")
    if is_billed:
        assert account.get(f"invoices/{changed['latest_invoice']}")["total"] == shown["total"]
    else:
        assert shown["total"] == 2 * 5000 + sum(prorations)


def test_prorations_outside_the_period_are_refused(account: Account, price: Json) -> None:
    made = _subscribe(account, price)
    item = made["items"]["data"][0]
    wish = {
        "items[0][id]": item["id"],
        "items[0][quantity]": "5",
        "proration_date": str(item["current_period_end"] + 5),
    }
    assert "outside" in account.refused(f"subscriptions/{made['id']}", wish)["message"]


def test_the_list_of_discounts_replaces(account: Account, price: Json) -> None:
    # 4.2: "list replaces; resend existing ones as {discount}".
    made = _subscribe(account, price)
    path = f"subscriptions/{made['id']}"
    ten, five = (
        account.post("coupons", {"percent_off": off, "duration": "forever"})["id"]
        for off in ("10", "5")
    )
    (first,) = account.post(path, {"discounts[0][coupon]": ten})["discounts"]
    both = account.post(path, {"discounts[0][discount]": first, "discounts[1][coupon]": five})
    assert both["discounts"][0] == first
    assert len(account.post(path, {"discounts[0][coupon]": five})["discounts"]) == 1
    assert account.refused(path, {"discounts[0][discount]": first})["code"] == "resource_missing"
    assert account.post(path, {"discounts": ""})["discounts"] == []
    assert account.refused(path, {"discounts[0][coupon]": "NOPE"})["code"] == "resource_missing"


def test_sending_makes_a_draft_final_and_void_ends_it(account: Account) -> None:
    # 4.2: "finalises a draft; needs collection_method send_invoice".
    order = {"object": "invoice", "account": account.name, "status": "draft"}
    draft = account.program.control("POST", "objects", order)["object"]
    assert draft["number"] is None
    assert account.refused(f"invoices/{draft['id']}/void")["code"] == "invoice_not_editable"
    sent = account.post(f"invoices/{draft['id']}/send", key="mail-it")
    assert (sent["status"], bool(sent["number"])) == ("open", True)
    event = account.get("events", type="invoice.sent")["data"][0]
    assert event["request"]["idempotency_key"] == "mail-it"
    gone = account.post(f"invoices/{draft['id']}/void")
    assert (gone["status"], gone["amount_remaining"]) == ("void", gone["amount_due"])
    assert account.call("POST", f"invoices/{draft['id']}/send").status_code == 400


def test_automatic_invoices_are_not_mailed(account: Account, price: Json) -> None:
    made = _subscribe(account, price)
    assert "send_invoice" in account.refused(f"invoices/{made['latest_invoice']}/send")["message"]


def test_tax_ids_and_addresses(account: Account) -> None:
    path = f"customers/{account.customers[0]}"
    error = account.refused(f"{path}/tax_ids", {"type": "eu_vat", "value": "no number"})
    assert error["code"] == "tax_id_invalid"
    made = account.post(f"{path}/tax_ids", {"type": "eu_vat", "value": "IT12345678903"})
    shown = account.post(path, {"address[city]": "Torino", "expand[]": "tax_ids"})
    assert shown["tax_ids"]["data"][0]["id"] == made["id"]
    assert account.post(path, {"address[city]": ""})["address"]["city"] is None
    assert account.post(path, {"address": ""})["address"] is None
    unknown = account.refused(path, {"address[planet]": "Earth"})
    assert unknown["code"] == "parameter_unknown"


def test_what_waits_is_billed_with_the_next_period(own_program: Program) -> None:
    account = own_program.account(charges=1)
    made = _subscribe(account, _price(account, "1900"))
    item = made["items"]["data"][0]["id"]
    account.post(f"subscriptions/{made['id']}", {"items[0][id]": item, "items[0][quantity]": "3"})
    upcoming = account.post("invoices/create_preview", {"subscription": made["id"]})
    assert upcoming["total"] > 3 * 1900
    own_program.control("POST", "clock", {"advance_s": 32 * SECONDS_A_DAY})
    renewed = account.get(f"subscriptions/{made['id']}")
    assert account.get(f"invoices/{renewed['latest_invoice']}")["total"] == upcoming["total"]
