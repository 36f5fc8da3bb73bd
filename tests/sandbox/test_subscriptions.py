"""Subscriptions, invoices and what links them to charges (reference 2.2, 4.2, 6.3)."""

import pytest

from tests.sandbox.program import Account, Json, Program


@pytest.fixture
def aurora(own_demo: Program) -> Account:
    """The demo's first account, in a sandbox that may be written to."""
    return Account(own_demo, "acct_aurora_eu", "sk_test_aurora_eu")


@pytest.fixture
def active(aurora: Account) -> Json:
    """An active subscription by the month that nobody has canceled."""
    found = aurora.get("subscriptions", status="active", limit=100)["data"]
    return next(
        item
        for item in found
        if item["cancel_at"] is None
        and item["pause_collection"] is None
        and item["items"]["data"][0]["price"]["recurring"]["interval"] == "month"
    )


def test_ended_ones_are_listed_only_on_request(aurora: Account) -> None:
    # 2.1: "pass status=all, default omits canceled".
    default = {item["status"] for item in aurora.get("subscriptions", limit=100)["data"]}
    everything = {
        item["status"] for item in aurora.get("subscriptions", limit=100, status="all")["data"]
    }
    assert "canceled" not in default
    assert everything >= {
        "active",
        "trialing",
        "past_due",
        "canceled",
        "paused",
        "unpaid",
        "incomplete",
    }


def test_no_fields_of_older_versions(aurora: Account, active: Json) -> None:
    # 2.2: "Subscription has no current_period_*"; "Charge has no invoice".
    assert not {"current_period_end", "discount", "plan", "quantity"} & set(active)
    assert active["items"]["data"][0]["current_period_end"] > active["created"]
    assert "invoice" not in aurora.get("charges", limit=1)["data"][0]


def test_a_charge_leads_to_its_invoice(aurora: Account, active: Json) -> None:
    # 2.2: "take charge.payment_intent, list invoice payments with that payment, read invoice".
    bill = aurora.get("invoices", subscription=active["id"], limit=1)["data"][0]
    payment = aurora.get("invoice_payments", invoice=bill["id"])["data"][0]
    intent = payment["payment"]["payment_intent"]
    query = {"payment[type]": "payment_intent", "payment[payment_intent]": intent}
    assert aurora.get("invoice_payments", **query)["data"][0]["invoice"] == bill["id"]
    assert len(aurora.get("charges", payment_intent=intent)["data"]) >= 1
    missing = aurora.call("GET", "invoice_payments", {"payment[payment_intent]": intent})
    assert missing.status_code == 400


def test_cancel_at_period_end_and_take_it_back(aurora: Account, active: Json) -> None:
    path = f"subscriptions/{active['id']}"
    end = active["items"]["data"][0]["current_period_end"]
    later = aurora.post(path, {"cancel_at_period_end": "true"})
    assert (later["status"], later["cancel_at"]) == ("active", end)
    back = aurora.post(path, {"cancel_at_period_end": "false"})
    assert (back["cancel_at"], back["canceled_at"]) == (None, None)
    named = aurora.post(path, {"cancel_at": "min_period_end"})
    assert (named["cancel_at"], named["cancel_at_period_end"]) == (end, False)
    both = {"cancel_at": "min_period_end", "cancel_at_period_end": "true"}
    assert aurora.refused(path, both)["status"] == 400
    now = aurora.get(path)["cancel_at"]
    aurora.program.control("POST", "clock", {"advance_s": 32 * 86400})
    ended = aurora.get(path)
    assert (ended["status"], ended["cancel_at"]) == ("canceled", now)


def test_cancel_now_says_why_and_works_once(aurora: Account, active: Json) -> None:
    # 4.2: DELETE {invoice_now, prorate, cancellation_details{comment, feedback}}.
    path = f"subscriptions/{active['id']}"
    params = {
        "invoice_now": "true",
        "prorate": "true",
        "cancellation_details[comment]": "Moving on",
        "cancellation_details[feedback]": "unused",
    }
    done = aurora.call("DELETE", path, params).json()
    assert done["status"] == "canceled"
    assert done["cancellation_details"] == {
        "comment": "Moving on",
        "feedback": "unused",
        "reason": "cancellation_requested",
    }
    credit = aurora.get(f"invoices/{done['latest_invoice']}")
    assert credit["total"] <= 0
    assert aurora.get(f"customers/{done['customer']}")["balance"] == credit["total"]
    again = aurora.call("DELETE", path)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "resource_missing")
    assert aurora.refused(path, {"cancel_at_period_end": "true"})["status"] == 400


def test_feedback_is_a_closed_list(aurora: Account, active: Json) -> None:
    wrong = {"cancellation_details[feedback]": "bored"}
    assert aurora.refused(f"subscriptions/{active['id']}", wrong)["param"] == "feedback"


def test_a_paused_one_resumes(aurora: Account) -> None:
    paused = aurora.get("subscriptions", status="paused", limit=1)["data"][0]
    assert paused["status_details"]["type"] == "paused"
    assert aurora.post(f"subscriptions/{paused['id']}/resume")["status"] == "active"


def test_renewals_happen_by_themselves(aurora: Account, active: Json) -> None:
    before = active["items"]["data"][0]["current_period_end"]
    aurora.program.control("POST", "clock", {"advance_s": 32 * 86400})
    after = aurora.get(f"subscriptions/{active['id']}")
    assert after["items"]["data"][0]["current_period_start"] == before
    bill = aurora.get(f"invoices/{after['latest_invoice']}")
    assert (bill["status"], bill["billing_reason"]) == ("paid", "subscription_cycle")
    events = aurora.get("events", limit=100, **{"created[gte]": before})["data"]
    about = {(event["type"], event["data"]["object"]["id"]) for event in events}
    assert ("invoice.paid", bill["id"]) in about or len(events) == 100


@pytest.mark.parametrize("status", ["active", "trialing", "past_due", "canceled", "unpaid"])
def test_tests_can_make_their_own(account: Account, status: str) -> None:
    order = {
        "account": account.name,
        "object": "subscription",
        "status": status,
        "amount": 1500,
        "currency": "usd",
        "age_days": 40,
        "trial_days": 50 if status == "trialing" else 0,
    }
    made = account.program.control("POST", "objects", order)["object"]
    assert account.get(f"subscriptions/{made['id']}")["status"] == status
    bills = account.get("invoices", subscription=made["id"])["data"]
    assert bool(bills) == (status != "trialing")
    assert account.get("customers", limit=1)["data"][0]["id"] == made["customer"]


def test_a_renewal_can_be_forced_or_fail(account: Account) -> None:
    order = {"account": account.name, "object": "subscription"}
    made = account.program.control("POST", "objects", order)["object"]
    renewed = account.act(made["id"], "renew")
    assert account.get(f"invoices/{renewed['latest_invoice']}")["status"] == "paid"
    failed = account.act(made["id"], "fail_renewal")
    assert failed["status"] == "past_due"
    assert account.get(f"invoices/{failed['latest_invoice']}")["status"] == "open"
    assert account.get("charges", limit=1)["data"][0]["status"] == "failed"
