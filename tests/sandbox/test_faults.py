"""Every scripted fault: what the client sees, what happened, what the journal says (design 8)."""

import time
from typing import Any

import pytest
import requests

from chargedesk.runtime.processes import wait_until
from tests.sandbox.program import Account, Json, Program

LOST = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def _refund(account: Account, *, key: str = "k1", timeout: float = 20) -> requests.Response:
    params = {"charge": account.charges[0], "amount": 100}
    return account.call("POST", "refunds", params, key=key, timeout=timeout)


def _state(account: Account) -> tuple[int, int]:
    """Give the refunds in the money and in the journal."""
    effects = account.journal(effect="refund.created")
    return account.money()[account.charges[0]]["refunds"], len(effects)


def _rule(program: Program, number: int) -> Json:
    rules = program.control("GET", "faults")["faults"]
    return next(rule for rule in rules if rule["id"] == number)


@pytest.mark.parametrize(
    ("kind", "rule", "refunds"),
    [
        ("answer_lost_after_effect", {}, 1),
        ("answer_lost_before_effect", {}, 0),
        ("reset", {}, 0),
        ("reset", {"effect": "done"}, 1),
        ("half_body", {}, 1),
    ],
)
def test_answers_that_never_arrive(
    account: Account, program: Program, kind: str, rule: dict[str, Any], refunds: int
) -> None:
    number = account.arm(kind, path_regex="/refunds$", method="POST", **rule)
    with pytest.raises(LOST):
        _refund(account)
    assert _state(account) == (refunds, refunds)
    entry = account.journal()[-1]
    assert entry["fault"] == kind
    assert entry["effect"] == ("refund.created" if refunds else None)
    consumed = _rule(program, number)
    assert (consumed["consumed"], consumed["left"]) == (1, 0)
    again = _refund(account)
    assert again.status_code == 200
    assert ("Idempotent-Replayed" in again.headers) == bool(refunds)
    assert _state(account) == (1, 1)


def test_a_reset_is_a_reset_on_the_wire(account: Account) -> None:
    account.arm("reset", path_regex="/refunds$")
    with pytest.raises(requests.ConnectionError, match=r"reset by peer|Connection reset"):
        _refund(account)


@pytest.mark.parametrize(
    ("kind", "rule", "status", "refunds"),
    [
        ("error_500", {}, 500, 0),
        ("error_500", {"effect": "done"}, 500, 1),
        ("rate_limited", {}, 429, 0),
        ("empty_200", {}, 200, 1),
        ("empty_200", {"effect": "done"}, 200, 1),
        ("delay_before_effect", {"delay_s": 0.1}, 200, 1),
        ("delay_after_effect", {"delay_s": 0.1}, 200, 1),
    ],
)
def test_answers_that_mislead(
    account: Account, kind: str, rule: dict[str, Any], status: int, refunds: int
) -> None:
    account.arm(kind, path_regex="/refunds$", **rule)
    answer = _refund(account)
    assert answer.status_code == status
    assert _state(account) == (refunds, refunds)
    assert account.journal()[-1]["fault"] == kind
    assert _refund(account).json()["object"] == "refund"
    assert _state(account) == (1, 1)


def test_a_429_says_how_long_to_wait(account: Account) -> None:
    # 2.1: "429 means wait with jitter"; design: 429 with Retry-After.
    account.arm("rate_limited", path_regex="/charges$", delay_s=7)
    answer = account.call("GET", "charges")
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["error"]["code"] == "rate_limit"


def test_an_empty_200_has_no_body(account: Account) -> None:
    account.arm("empty_200", path_regex="/refunds$")
    assert _refund(account).content == b""


def test_a_late_effect_comes_after_the_client_has_gone(account: Account) -> None:
    account.arm("late_effect", path_regex="/refunds$", delay_s=3)
    with pytest.raises(LOST):
        _refund(account)
    assert _state(account) == (0, 0)
    # While it is still to come, the key is in progress.
    assert _refund(account).status_code == 409
    assert wait_until(lambda: "Idempotent-Replayed" in _refund(account).headers, timeout_s=30)
    assert _state(account) == (1, 1)


def test_a_client_that_gives_up_does_not_stop_the_effect(account: Account) -> None:
    account.arm("delay_before_effect", path_regex="/refunds$", delay_s=1)
    with pytest.raises(requests.Timeout):
        _refund(account, timeout=0.3)
    assert wait_until(lambda: _state(account) == (1, 1), timeout_s=30)


@pytest.mark.parametrize("how", ["on_write", "on_look_up"])
def test_look_ups_lag(account: Account, how: str) -> None:
    method = "POST" if how == "on_write" else "GET"
    account.arm("lookup_lag", path_regex="/refunds$", method=method, delay_s=4)
    made = _refund(account).json()["id"]
    assert account.get("refunds", charge=account.charges[0])["data"] == []
    assert account.get(f"refunds/{made}")["id"] == made
    time.sleep(4.2)
    assert len(account.get("refunds", charge=account.charges[0])["data"]) == 1


def test_a_lag_can_be_ended(account: Account) -> None:
    account.arm("lookup_lag", path_regex="/refunds$", method="POST", delay_s=600)
    _refund(account)
    assert account.get("refunds", charge=account.charges[0])["data"] == []
    place = {"provider": "stripe", "account": account.name}
    assert account.program.control("POST", "catch_up", place)["shown"] > 0
    assert len(account.get("refunds", charge=account.charges[0])["data"]) == 1


def test_a_lag_strikes_only_what_can_be_shown_late(account: Account, program: Program) -> None:
    """Otherwise a test that arms one would prove nothing."""
    number = account.arm("lookup_lag", times=1)
    account.get(f"charges/{account.charges[0]}")
    assert _rule(program, number)["consumed"] == 0
    _refund(account)
    assert _rule(program, number)["consumed"] == 1


def test_no_lag_is_played_where_nothing_lags(program: Program) -> None:
    with pytest.raises(AssertionError, match="nothing lags at woocommerce"):
        program.control("POST", "faults", {"provider": "woocommerce", "kind": "lookup_lag"})


def test_rules_fit_by_method_path_and_account(account: Account, program: Program) -> None:
    other = program.account(charges=1)
    account.arm("error_500", path_regex="/refunds$", method="POST")
    assert account.call("GET", "refunds").status_code == 200
    assert account.call("GET", "charges").status_code == 200
    assert other.call("POST", "refunds", {"charge": other.charges[0]}).status_code == 200
    assert _refund(account).status_code == 500


def test_probability_is_seeded(account: Account, program: Program) -> None:
    rule = {"path_regex": "/charges$", "times": 100, "probability": 0.5, "seed": 7}
    number = account.arm("error_500", **rule)
    seen = [account.call("GET", "charges").status_code for _ in range(20)]
    assert 3 < seen.count(500) < 17
    assert _rule(program, number)["consumed"] == seen.count(500)


def test_rules_that_make_no_sense_are_refused(program: Program) -> None:
    for rule in (
        {"kind": "gremlins"},
        {"kind": "reset", "path_regex": "("},
        {"kind": "reset", "x": 1},
    ):
        answer = requests.post(f"{program.url}/_control/faults", json=rule, timeout=30)
        assert answer.status_code == 400


def test_rules_can_be_cleared(own_program: Program) -> None:
    account = own_program.account(charges=1)
    account.arm("error_500")
    own_program.control("DELETE", "faults")
    assert own_program.control("GET", "faults") == {"faults": []}
    assert account.call("GET", "charges").status_code == 200
