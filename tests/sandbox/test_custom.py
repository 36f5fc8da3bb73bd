"""The company's own system as the guide describes it: signatures, refusals, no idempotency."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.conftest import Running

SECRET = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
Json = dict[str, Any]


@dataclass
class Company:
    """One company at the sandbox, called with raw HTTP."""

    url: str
    account: str

    def control(self, route: str, **order: object) -> Json:
        """An order to the sandbox."""
        body = {"provider": "custom", "account": self.account, **order}
        answer = requests.post(f"{self.url}/_control/{route}", json=body, timeout=10)
        assert answer.ok, answer.text
        return dict(answer.json())

    def charge(self, **wanted: object) -> Json:
        """A charge of 90.00 EUR."""
        return dict(self.control("objects", object="charge", **wanted)["object"])

    def call(self, name: str, body: Json, *, secret: str = SECRET, age: int = 0) -> Any:
        """A signed call."""
        text = json.dumps({"action": name, **body}).encode()
        stamp = str(int(time.time()) - age)
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = hmac.digest(key, f"call-1.{stamp}.".encode() + text, hashlib.sha256)
        headers = {
            "webhook-id": "call-1",
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(signed).decode(),
            "idempotency-key": str(body.get("idempotency_key", "")),
        }
        url = f"{self.url}/custom/{self.account}/{name}"
        return requests.post(url, data=text, headers=headers, timeout=10)

    def refund(self, charge: Json, amount: str, key: str = "k1") -> Any:
        """A refund call."""
        body = {"charge": charge, "refund_amount": float(amount), "idempotency_key": key}
        return self.call("refund", body)

    def money(self, charge: Json) -> Json:
        """The sandbox's own account of a charge."""
        query = {"provider": "custom", "account": self.account}
        found = requests.get(f"{self.url}/_control/money", params=query, timeout=10).json()
        return dict(found["objects"][charge["transaction_id"]])


@pytest.fixture
def company(sandbox: Running) -> Company:
    made = Company(sandbox.url, f"co_{secrets.token_hex(6)}")
    made.control("accounts", secret=SECRET)
    return made


def test_only_signed_calls_are_heard(company: Company) -> None:
    body = {"charge": company.charge()}
    assert company.call("look_up", body).status_code == 200
    assert company.call("look_up", body, secret=SECRET[:-8] + "AAAAAAA=").status_code == 401
    assert company.call("look_up", body, age=400).status_code == 401


def test_a_refund_moves_money_and_is_in_the_journal(company: Company) -> None:
    charge = company.charge()
    answer = company.refund(charge, "25.00").json()
    assert answer["charge"]["amount_refunded"] == "25.00"
    assert answer["refund"]["idempotency_key"] == "k1"
    assert company.money(charge)["refunded_minor"] == 2500
    query = {"provider": "custom", "account": company.account}
    journal = requests.get(f"{company.url}/_control/journal", params=query, timeout=10).json()
    effects = [each["effect"] for each in journal["entries"] if each["effect"]]
    assert effects == ["refund.created"]


def test_it_knows_no_keys_unless_told(company: Company) -> None:
    charge = company.charge()
    for _ in range(2):
        assert company.refund(charge, "25.00").ok
    assert company.money(charge)["refunds"] == 2
    company.control("accounts", secret=SECRET, remembers_keys="1")
    for _ in range(2):
        assert company.refund(charge, "10.00", key="k2").ok
    assert company.money(charge)["refunds"] == 3


def test_it_refuses_the_impossible_in_words(company: Company) -> None:
    charge = company.charge(outcome="authorized")
    for answer in (
        company.refund(charge, "25.00"),
        company.refund(company.charge(), "90.01"),
        company.call("capture", {"charge": company.charge(), "capture_amount": 1}),
        company.call("void", {"charge": company.charge()}),
    ):
        assert answer.status_code == 422
        assert answer.json()["error"]["message"]
    assert company.refund({"transaction_id": "nobody"}, "1.00").status_code == 404


def test_look_ups_may_show_the_records_of_a_while_ago(company: Company) -> None:
    """As a copy does that lags behind: what was done, and what was made, is not there yet."""
    place = {"provider": "custom", "account": company.account}
    company.control("faults", kind="lookup_lag", path_regex="/refund$", times=1, delay_s=600)
    charge = company.charge()
    assert company.refund(charge, "25.00").status_code == 200
    asked = {"charge": {"transaction_id": charge["transaction_id"]}, "idempotency_key": "k1"}
    early = company.call("look_up", asked).json()["charge"]
    assert (early["amount_refunded"], early["refunds"]) == ("0.00", [])
    assert company.money(charge)["refunded_minor"] == 2500
    assert company.control("catch_up", **place)["shown"] > 0
    later = company.call("look_up", asked).json()["charge"]
    assert (later["amount_refunded"], len(later["refunds"])) == ("25.00", 1)


def test_amounts_have_their_currency_s_digits(company: Company) -> None:
    for currency, minor, text in (("JPY", 500, "500"), ("KWD", 12345, "12.345")):
        charge = company.charge(currency=currency, amount=minor)
        assert charge["amount"] == text
        assert company.money(charge)["captured_minor"] == minor


@pytest.mark.parametrize(("is_later", "state"), [(True, "canceled"), (False, "expired")])
def test_it_ends_a_subscription_at_its_gateway(
    sandbox: Running,
    is_later: bool,  # noqa: FBT001
    state: str,
) -> None:
    """A routed order: the company acts at its gateway, which then shows what was done."""
    site, key = f"s{secrets.token_hex(6)}", secrets.token_hex(8)
    recurly = Company(sandbox.url, site)
    recurly.control("accounts", provider="recurly", key=key)
    made = recurly.control("objects", provider="recurly", object="subscription")["object"]
    company = Company(sandbox.url, f"co_{secrets.token_hex(6)}")
    company.control("accounts", secret=SECRET, cancels_at="recurly")

    body = {"subscription": {"subscription_id": made["id"]}, "at_period_end": is_later}
    answer = company.call("cancel_subscription", body)

    assert (answer.status_code, answer.json()) == (200, {})
    headers = {"Accept": "application/vnd.recurly.v2021-02-25"}
    url = f"{sandbox.url}/recurly/subscriptions/{made['id']}"
    shown = requests.get(url, auth=(key, ""), headers=headers, timeout=10).json()
    assert shown["state"] == state

    body = {"subscription": {"subscription_id": "elsewhere"}, "at_period_end": is_later}
    refused = company.call("cancel_subscription", body)
    assert refused.status_code == 422
    assert "elsewhere" in refused.json()["error"]["message"]
