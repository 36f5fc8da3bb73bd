"""Early fraud warnings: as the official SDK knows them, and ended by what ends them."""

from typing import Any

import pytest
import requests
from stripe.radar import EarlyFraudWarning

from tests.gateways.stripe.contract import published_examples
from tests.sandbox.program import Account

LIST = "radar/early_fraud_warnings"
OBJECT = "radar.early_fraud_warning"


def _news(account: Account) -> list[tuple[str, bool]]:
    listed = account.get("events", limit=100)["data"]
    about = [each for each in reversed(listed) if each["data"]["object"]["object"] == OBJECT]
    return [(each["type"], each["data"]["object"]["actionable"]) for each in about]


def test_a_warning_has_the_fields_that_the_sdk_and_the_published_example_have(
    account: Account,
) -> None:
    warning = account.act(account.charges[0], "fraud_warning")
    assert account.get(f"{LIST}/{warning['id']}") == warning
    own = {name for name in EarlyFraudWarning.__annotations__ if not name.startswith("_")}
    assert set(warning) == own - {"OBJECT_NAME"}
    for example in published_examples(OBJECT).values():
        assert example.keys() <= warning.keys()
        assert all(type(warning[name]) is type(value) for name, value in example.items())


def test_warnings_are_listed_by_charge_payment_and_time(account: Account) -> None:
    first, second = (account.act(each, "fraud_warning") for each in account.charges[:2])

    def found(**wanted: Any) -> list[str]:
        return [each["id"] for each in account.get(LIST, **wanted)["data"]]

    assert found() == [second["id"], first["id"]]
    assert found(charge=first["charge"]) == [first["id"]]
    assert found(payment_intent=second["payment_intent"]) == [second["id"]]
    assert found(limit=1, starting_after=second["id"]) == [first["id"]]
    assert found(**{"created[gt]": second["created"]}) == []


def test_a_refund_of_all_ends_it_and_one_of_a_part_does_not(account: Account) -> None:
    warning = account.act(account.charges[0], "fraud_warning", fraud_type="misc")
    assert (warning["actionable"], warning["fraud_type"]) == (True, "misc")
    account.post("refunds", {"charge": warning["charge"], "amount": 100})
    assert account.get(f"{LIST}/{warning['id']}")["actionable"] is True
    account.post("refunds", {"charge": warning["charge"]})
    assert account.get(f"{LIST}/{warning['id']}")["actionable"] is False
    assert _news(account) == [(f"{OBJECT}.created", True), (f"{OBJECT}.updated", False)]


def test_a_dispute_ends_it(account: Account) -> None:
    warning = account.act(account.charges[0], "fraud_warning")
    account.act(warning["charge"], "dispute")
    assert account.get(f"{LIST}/{warning['id']}")["actionable"] is False
    assert account.act(warning["charge"], "fraud_warning")["actionable"] is False


def test_a_restricted_key_needs_a_right_of_its_own(account: Account) -> None:
    key = f"rk_test_{account.name}"
    order = {"account": account.name, "key": key, "permissions": ["rak_charge_read"]}
    account.program.control("POST", "accounts", order)
    limited = Account(account.program, account.name, key)
    assert limited.call("GET", LIST).status_code == 403


@pytest.mark.parametrize("fraud_type", ["", "of_a_new_kind"])
def test_only_a_known_type_of_fraud_can_be_ordered(account: Account, fraud_type: str) -> None:
    order = {"provider": "stripe", "object": account.charges[0], "do": "fraud_warning"}
    url = f"{account.program.url}/_control/act"
    answer = requests.post(url, json={**order, "fraud_type": fraud_type}, timeout=30)
    assert answer.status_code == 400
