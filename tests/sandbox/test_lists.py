"""Lists: order, cursors, filters, expansion, unknown parameters (reference 2.1)."""

from typing import Any

import pytest

from tests.sandbox.program import Account, Program


def _ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["data"]]


def test_newest_first_with_cursors_in_both_directions(program: Program) -> None:
    # 2.1: "limit 1-100 (default 10), starting_after, ending_before, ... newest first".
    account = program.account(charges=25)
    newest = account.charges[::-1]
    first = account.get("charges")
    assert _ids(first) == newest[:10]
    assert first["has_more"] is True
    second = account.get("charges", limit=10, starting_after=newest[9])
    assert _ids(second) == newest[10:20]
    last = account.get("charges", limit=100, starting_after=newest[19])
    assert _ids(last) == newest[20:]
    assert last["has_more"] is False
    back = account.get("charges", limit=10, ending_before=newest[20])
    assert _ids(back) == newest[10:20]
    assert back["has_more"] is True


def test_filters_by_time_of_creation(program: Program) -> None:
    account = program.account(charges=5)
    times = [account.get(f"charges/{one}")["created"] for one in account.charges]
    middle = {"created[gte]": times[1], "created[lt]": times[3]}
    assert _ids(account.get("charges", **middle)) == [account.charges[2], account.charges[1]]
    after = account.get("charges", **{"created[gt]": times[3]})
    assert _ids(after) == [account.charges[4]]
    until = account.get("charges", **{"created[lte]": times[0]})
    assert _ids(until) == [account.charges[0]]


def test_filters_of_charges_and_refunds(account: Account) -> None:
    charge, intent = account.charges[0], account.intents[0]
    assert _ids(account.get("charges", payment_intent=intent)) == [charge]
    refund = account.post("refunds", {"charge": charge, "amount": 100})
    assert _ids(account.get("refunds", charge=charge)) == [refund["id"]]
    assert _ids(account.get("refunds", payment_intent=intent)) == [refund["id"]]
    assert _ids(account.get("refunds", charge=account.charges[1])) == []


def test_customers_by_email(account: Account) -> None:
    made = account.post("customers", {"email": "ada@example.org", "name": "Ada"})
    assert _ids(account.get("customers", email="ada@example.org")) == [made["id"]]
    assert _ids(account.get("customers", email="nobody@example.org")) == []


def test_deleted_customers_only_by_id(account: Account) -> None:
    # 2.1: "deleted ones only by id (deleted: true)".
    customer = account.customers[0]
    assert account.call("DELETE", f"customers/{customer}").json()["deleted"] is True
    assert account.get("customers")["data"] == []
    assert account.get(f"customers/{customer}") == {
        "id": customer,
        "object": "customer",
        "deleted": True,
    }


def test_expand_in_lists_and_objects(account: Account) -> None:
    page = account.get("charges", **{"limit": 1, "expand[]": "data.balance_transaction"})
    assert page["data"][0]["balance_transaction"]["net"] == 1945
    intent = account.get(
        f"payment_intents/{account.intents[0]}", **{"expand[0]": "latest_charge.customer"}
    )
    assert intent["latest_charge"]["customer"]["object"] == "customer"


def test_refunds_of_a_charge_need_expand(account: Account) -> None:
    # 2.2: "charge no longer includes refunds by default".
    path = f"charges/{account.charges[0]}"
    account.post("refunds", {"charge": account.charges[0], "amount": 100})
    assert "refunds" not in account.get(path)
    assert len(account.get(path, **{"expand[]": "refunds"})["refunds"]["data"]) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"limit": 0}, "parameter_invalid_integer"),
        ({"limit": 101}, "parameter_invalid_integer"),
        ({"status": "paid"}, "parameter_unknown"),
        ({"starting_after": "ch_nope"}, "resource_missing"),
        ({"created[gte]": "yesterday"}, "parameter_invalid_integer"),
        ({"expand[]": "data.nonsense"}, None),
    ],
)
def test_bad_parameters_are_400(account: Account, params: dict[str, Any], code: str | None) -> None:
    response = account.call("GET", "charges", params)
    assert response.status_code == 400
    assert response.json()["error"].get("code") == code


def test_unknown_paths_and_ids_are_404(account: Account) -> None:
    assert account.call("GET", "nonsense").status_code == 404
    error = account.call("GET", "charges/ch_nope").json()["error"]
    assert error["code"] == "resource_missing"
    assert error["message"] == "No such charge: 'ch_nope'"
    assert error["type"] == "invalid_request_error"
    assert error["doc_url"].endswith("resource-missing")


def test_answers_carry_request_id_and_version(account: Account) -> None:
    response = account.call("GET", "charges")
    assert response.headers["Request-Id"].startswith("req_")
    assert response.headers["Stripe-Version"] == "2026-10-28.endive"
