"""The demo's past: large and varied enough, with the people of the inbox in it (design 7, 8)."""

from collections import Counter
from typing import Any

import pytest

from sandbox.seed.stories import STORIES
from tests.sandbox.program import Account, Program

KEYS = {
    "acct_aurora_eu": "sk_test_aurora_eu",
    "acct_aurora_us": "sk_test_aurora_us",
    "acct_brightpath": "sk_test_brightpath",
}


def _all(program: Program, account: str, path: str, **params: Any) -> list[dict[str, Any]]:
    caller = Account(program, account, KEYS[account])
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = caller.get(path, limit=100, **params, **cursor)
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = {"starting_after": found[-1]["id"]}


@pytest.fixture(scope="module")
def charges(demo: Program) -> dict[str, list[dict[str, Any]]]:
    """All charges, by account."""
    return {account: _all(demo, account, "charges") for account in KEYS}


def test_thousands_of_charges_of_several_hundred_people(
    demo: Program, charges: dict[str, list[dict[str, Any]]]
) -> None:
    assert sum(map(len, charges.values())) > 4000
    assert sum(len(_all(demo, account, "customers")) for account in KEYS) > 400


def test_enough_to_refund_among_the_newest(charges: dict[str, list[dict[str, Any]]]) -> None:
    # Design 7 asks for 200 in the first demo tenant, which owns the two Aurora accounts.
    both = charges["acct_aurora_eu"] + charges["acct_aurora_us"]
    newest = sorted((c for c in both if c["paid"]), key=lambda c: -c["created"])[:500]
    refundable = [
        c
        for c in newest
        if c["captured"]
        and not c["disputed"]
        and not c["amount_refunded"]
        and c["amount"] >= 500
        and c["currency"] in {"eur", "usd", "gbp"}
    ]
    assert len(refundable) >= 400


def test_currencies_statuses_and_methods(charges: dict[str, list[dict[str, Any]]]) -> None:
    europe = charges["acct_aurora_eu"]
    assert {c["currency"] for c in europe} == {"eur", "gbp", "jpy", "kwd", "isk"}
    assert all(c["amount"] % 10 == 0 for c in europe if c["currency"] == "kwd")
    assert all(c["amount"] % 100 == 0 for c in europe if c["currency"] == "isk")
    assert {c["status"] for c in europe} == {"succeeded", "failed"}
    kinds = Counter(c["payment_method_details"]["type"] for c in europe)
    assert kinds["card"] > kinds["sepa_debit"] > 0
    assert any(c["status"] == "succeeded" and not c["captured"] for c in europe)
    declines = {c["outcome"]["reason"] for c in europe if c["status"] == "failed"}
    assert len(declines) > 3


def test_disputes_and_refunds_in_many_states(demo: Program) -> None:
    disputes = [item["status"] for account in KEYS for item in _all(demo, account, "disputes")]
    assert {"needs_response", "won", "lost"} <= set(disputes)
    refunds = [item["status"] for account in KEYS for item in _all(demo, account, "refunds")]
    assert {"succeeded", "pending"} <= set(refunds)


def test_the_bank_of_one_card_has_warned_of_fraud(demo: Program) -> None:
    (warning,) = _all(demo, "acct_aurora_eu", "radar/early_fraud_warnings")
    caller = Account(demo, "acct_aurora_eu", KEYS["acct_aurora_eu"])
    charge = caller.get(f"charges/{warning['charge']}")
    assert (warning["actionable"], charge["refunded"], charge["disputed"]) == (True, False, False)


def test_money_adds_up(demo: Program, charges: dict[str, list[dict[str, Any]]]) -> None:
    told = demo.control("GET", "money", provider="stripe", account="acct_aurora_us")["objects"]
    for charge in charges["acct_aurora_us"]:
        if charge["captured"] and charge["status"] == "succeeded":
            assert told[charge["id"]]["captured_minor"] == charge["amount_captured"]
            assert told[charge["id"]]["refunded_minor"] == charge["amount_refunded"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.slug)
def test_the_people_of_the_inbox(demo: Program, story: Any) -> None:
    caller = Account(demo, story.account, KEYS[story.account])
    found = caller.get("customers", email=story.email)["data"]
    assert [item["name"] for item in found] == [story.name]
    assert caller.get("charges", customer=found[0]["id"])["data"]


def test_somebody_pays_two_accounts(demo: Program) -> None:
    emails = [
        {item["email"] for item in _all(demo, account, "customers")}
        for account in ("acct_aurora_eu", "acct_aurora_us")
    ]
    assert "emma.johnson@example.net" in emails[0] & emails[1]
    assert len(emails[0] & emails[1]) > 10


def test_all_people_are_plainly_invented(demo: Program) -> None:
    for account in KEYS:
        for item in _all(demo, account, "customers"):
            assert item["email"].split("@")[1] in {"example.com", "example.org", "example.net"}
