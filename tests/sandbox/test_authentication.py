"""Keys: which account they open, and how wrong ones are answered (reference 8, 4.4)."""

import pytest
import requests

from tests.sandbox.program import Account, Program


def _get(program: Program, path: str, key: str, *, method: str = "GET") -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.request(method, f"{program.url}/stripe/v1/{path}", headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("sk_test_aurora_eu", "acct_aurora_eu"),
        ("sk_test_aurora_us", "acct_aurora_us"),
        ("sk_test_brightpath", "acct_brightpath"),
        ("rk_test_aurora_eu_full", "acct_aurora_eu"),
        ("sk_live_aurora_eu", "acct_aurora_eu"),
    ],
)
def test_a_key_opens_its_account(program: Program, key: str, account: str) -> None:
    assert _get(program, "account", key).json()["id"] == account


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk_test_nobody_knows", "Invalid API Key provided: sk_test_"),
        ("sk_test_revoked", "Expired API Key provided: sk_test_"),
    ],
)
def test_a_wrong_key_is_401_and_never_echoed(program: Program, key: str, words: str) -> None:
    # 4.4: bad_credentials is AuthenticationError 401.
    response = _get(program, "charges", key)
    assert response.status_code == 401
    assert words in response.json()["error"]["message"]
    assert key not in response.text


def test_no_key_at_all_is_401(program: Program) -> None:
    response = requests.get(f"{program.url}/stripe/v1/charges", timeout=30)
    assert response.status_code == 401
    assert "did not provide an API key" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("key", "method", "path", "missing"),
    [
        ("rk_test_aurora_eu_readonly", "POST", "refunds", "rak_charge_write"),
        ("rk_test_aurora_eu_readonly", "DELETE", "subscriptions/sub_1", "rak_subscription_write"),
        ("rk_test_aurora_eu_nocharges", "GET", "charges", "rak_charge_read"),
        ("rk_test_aurora_eu_nocharges", "GET", "refunds", "rak_charge_read"),
    ],
)
def test_a_restricted_key_is_told_what_it_lacks(
    program: Program, key: str, method: str, path: str, missing: str
) -> None:
    # 8: "403 PermissionError names what is missing".
    response = _get(program, path, key, method=method)
    assert response.status_code == 403
    assert f"'{missing}'" in response.json()["error"]["message"]


def test_test_and_live_data_never_mix(program: Program) -> None:
    # 8: "Sandbox and live are separate connections".
    order = {"account": "acct_aurora_eu", "object": "charge", "livemode": True}
    made = program.control("POST", "objects", order)["object"]
    assert made["livemode"] is True
    assert _get(program, f"charges/{made['id']}", "sk_live_aurora_eu").status_code == 200
    assert _get(program, f"charges/{made['id']}", "sk_test_aurora_eu").status_code == 404


def test_only_the_own_account_can_be_read(program: Program) -> None:
    own = _get(program, "accounts/acct_aurora_us", "sk_test_aurora_us")
    assert own.json()["default_currency"] == "usd"
    foreign = _get(program, "accounts/acct_aurora_eu", "sk_test_aurora_us")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "account_invalid")


def test_another_accounts_objects_are_unknown(account: Account, program: Program) -> None:
    stranger = program.account()
    response = stranger.call("GET", f"charges/{account.charges[0]}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "resource_missing"
