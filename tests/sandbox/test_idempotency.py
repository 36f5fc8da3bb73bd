"""Idempotency keys as Stripe treats them (reference 4.1)."""

import threading

import pytest

from tests.sandbox.program import Account, Program

HOUR = 3600


def test_the_same_key_replays_the_stored_answer(account: Account) -> None:
    params = {"charge": account.charges[0], "amount": 100}
    first = account.call("POST", "refunds", params, key="k1")
    again = account.call("POST", "refunds", params, key="k1")
    assert again.content == first.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(account.journal(effect="refund.created")) == 1
    assert account.journal()[-1]["effect"] is None
    assert account.charges[0] in account.journal()[-1]["ids"]


def test_the_same_key_with_another_body_is_400(account: Account) -> None:
    # 4.1: "Same key, other body: 400 idempotency_error".
    account.post("refunds", {"charge": account.charges[0], "amount": 100}, key="k1")
    error = account.refused("refunds", {"charge": account.charges[0], "amount": 101}, key="k1")
    assert (error["status"], error["type"]) == (400, "idempotency_error")
    elsewhere = account.refused("customers", {"name": "x"}, key="k1")
    assert elsewhere["type"] == "idempotency_error"


def test_keys_belong_to_one_account(program: Program, account: Account) -> None:
    other = program.account(charges=1)
    account.post("refunds", {"charge": account.charges[0]}, key="shared")
    other.post("refunds", {"charge": other.charges[0]}, key="shared")
    assert len(other.journal(effect="refund.created")) == 1


def test_a_key_in_progress_is_409(account: Account) -> None:
    # 4.1: "Concurrent: 409"; 1.1: the body's type is idempotency_error.
    account.arm("delay_before_effect", path_regex="/refunds$", delay_s=2)
    params = {"charge": account.charges[0], "amount": 100}
    slow = threading.Thread(
        target=account.call, args=("POST", "refunds", params), kwargs={"key": "k"}
    )
    slow.start()
    account.program.wait_for_strike()
    error = account.refused("refunds", params, key="k")
    slow.join()
    assert (error["status"], error["type"]) == (409, "idempotency_error")
    assert error["code"] == "idempotency_key_in_use"
    assert account.call("POST", "refunds", params, key="k").headers["Idempotent-Replayed"] == "true"


def test_refusals_before_execution_are_not_stored(account: Account) -> None:
    # 4.1: "requests that failed validation before execution are not stored".
    account.refused("refunds", {"charge": account.charges[0], "amount": "abc"}, key="k1")
    account.post("refunds", {"charge": account.charges[0], "amount": 100}, key="k1")


def test_refusals_during_execution_are_stored(account: Account) -> None:
    params = {"charge": account.charges[0], "amount": 2000}
    account.post("refunds", params)
    first = account.call("POST", "refunds", params, key="k1")
    again = account.call("POST", "refunds", params, key="k1")
    assert first.status_code == again.status_code == 400
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("effect", "refunds"), [("done", 1), ("none", 0)])
def test_a_stored_500_is_replayed(account: Account, effect: str, refunds: int) -> None:
    # 4.1: "replays the stored answer including a 500".
    account.arm("stored_500", path_regex="/refunds$", effect=effect)
    params = {"charge": account.charges[0], "amount": 100}
    first = account.call("POST", "refunds", params, key="k1")
    again = account.call("POST", "refunds", params, key="k1")
    assert first.status_code == again.status_code == 500
    assert again.headers["Idempotent-Replayed"] == "true"
    assert account.money()[account.charges[0]]["refunds"] == refunds
    assert len(account.journal(effect="refund.created")) == refunds


def test_a_key_lives_24_hours(own_program: Program) -> None:
    account = own_program.account(charges=1)
    params = {"charge": account.charges[0], "amount": 100}
    first = account.post("refunds", params, key="k1")
    own_program.control("POST", "clock", {"advance_s": 23 * HOUR})
    assert account.post("refunds", params, key="k1")["id"] == first["id"]
    own_program.control("POST", "clock", {"advance_s": 2 * HOUR})
    assert account.post("refunds", params, key="k1")["id"] != first["id"]


@pytest.mark.parametrize(("switch", "status"), [("0", 404), ("1", 200)])
def test_keys_on_delete_are_unsure(program: Program, switch: str, status: int) -> None:
    # 4.1 says "Covers: all POST"; a replay of DELETE is therefore a switch, off by default.
    account = program.account(charges=0)
    customer = account.post("customers", {"name": "Ada"})["id"]
    program.control("POST", "settings", {"stripe.delete_honours_key": switch})
    try:
        assert account.call("DELETE", f"customers/{customer}", key="d").status_code == 200
        assert account.call("DELETE", f"customers/{customer}", key="d").status_code == status
    finally:
        program.control("POST", "settings", {"stripe.delete_honours_key": "0"})
