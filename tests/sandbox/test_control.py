"""The control API: journal entries, acts, accounts, clock, reset (design, section 8)."""

import email.utils
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.sandbox.program import Account, Program


def test_entries_have_exactly_these_fields(account: Account) -> None:
    account.post("refunds", {"charge": account.charges[0], "amount": 700}, key="k1")
    entry = account.journal(provider="stripe")[-1]
    assert set(entry) == {
        "seq",
        "time",
        "provider",
        "method",
        "path",
        "idempotency_key",
        "status",
        "effect",
        "ids",
        "fault",
        "amount",
        "body_sha256",
    }
    body = f"charge={account.charges[0]}&amount=700".encode()
    assert entry["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert (entry["method"], entry["path"]) == ("POST", "/stripe/v1/refunds")
    assert (entry["effect"], entry["amount"], entry["status"]) == ("refund.created", 700, 200)
    assert entry["ids"][1:] == [account.charges[0], account.intents[0]]


def test_reads_and_refusals_are_entries_without_effect(account: Account) -> None:
    account.get("charges")
    account.refused("refunds", {"charge": "ch_nope"})
    entries = account.journal()
    assert [entry["effect"] for entry in entries] == [None, None]
    assert [entry["status"] for entry in entries] == [200, 404]
    assert entries[0]["seq"] < entries[1]["seq"]
    assert account.journal(after=str(entries[0]["seq"])) == entries[1:]
    assert account.program.control("GET", "journal", None, account=account.name, limit="1") == {
        "entries": entries[:1],
        "more": True,
    }


def test_what_is_stored_is_told_by_kind(program: Program) -> None:
    account, other = program.account(charges=2), program.account(charges=1)
    made = account.post("refunds", {"charge": account.charges[0], "amount": 700})
    query = f"objects?provider=stripe&account={account.name}"
    charges = program.control("GET", f"{query}&kind=charge")["objects"]
    assert [each["id"] for each in charges] == list(account.charges)
    assert other.charges[0] not in account.charges
    refunds = program.control("GET", f"{query}&kind=refund")["objects"]
    assert [each["id"] for each in refunds] == [made["id"]]


def test_seed_fills_an_account(program: Program) -> None:
    account = program.account(currency="usd")
    order = {
        "provider": "stripe",
        "account": account.name,
        "customers": 3,
        "charges": 7,
        "currency": "usd",
        "amount": 1234,
    }
    made = program.control("POST", "seed", order)
    assert (len(made["customers"]), len(made["charges"])) == (3, 7)
    charge = account.get(f"charges/{made['charges'][0]}")
    assert (charge["amount"], charge["currency"]) == (1234, "usd")
    assert charge["customer"] == made["customers"][0]


def test_how_somebody_paid_can_be_read(account: Account) -> None:
    usual = account.get(f"charges/{account.charges[0]}")["payment_method"]
    assert account.get(f"payment_methods/{usual}")["customer"] == account.customers[0]
    amex = account.charge(customer=account.customers[0], brand="amex", last4="0005")
    assert amex["payment_method_details"]["card"]["last4"] == "0005"
    path = f"customers/{account.customers[0]}/payment_methods"
    assert {item["card"]["brand"] for item in account.get(path)["data"]} == {"visa", "amex"}
    debit = account.charge(method="sepa_debit")
    assert account.get(f"payment_methods/{debit['payment_method']}")["type"] == "sepa_debit"


def test_keys_with_chosen_permissions(program: Program, account: Account) -> None:
    key = f"rk_test_{account.name}"
    order = {"account": account.name, "key": key, "permissions": ["rak_customer_read"]}
    program.control("POST", "accounts", order)
    limited = Account(program, account.name, key)
    assert limited.get("customers")["object"] == "list"
    assert limited.call("GET", "charges").status_code == 403


def test_acts_of_people_and_banks(account: Account) -> None:
    dispute = account.act(account.charges[0], "dispute", reason="product_not_received")
    assert (dispute["status"], dispute["reason"]) == ("needs_response", "product_not_received")
    assert account.get(f"charges/{account.charges[0]}")["disputed"] is True
    assert account.act(dispute["id"], "close", outcome="lost")["status"] == "lost"
    url = f"{account.program.url}/_control/act"
    wrong = {"provider": "stripe", "object": account.charges[0], "do": "explode"}
    assert requests.post(url, json=wrong, timeout=30).status_code == 400
    unknown = {"provider": "stripe", "object": "ch_nope", "do": "dispute"}
    assert requests.post(url, json=unknown, timeout=30).status_code == 400


def test_the_date_of_answers_follows_the_clock(own_program: Program) -> None:
    # money-rules M18 reads the response's own date.
    account = own_program.account(charges=1)
    own_program.control("POST", "clock", {"advance_s": 86400})
    told = email.utils.parsedate_to_datetime(account.call("GET", "charges").headers["Date"])
    assert abs(told.timestamp() - time.time() - 86400) < 60
    refund = account.post("refunds", {"charge": account.charges[0]})
    assert refund["created"] > time.time() + 86000


def test_reset_reloads_the_seed(own_program: Program) -> None:
    account = own_program.account(charges=1)
    own_program.control("POST", "clock", {"advance_s": 86400})
    own_program.control("POST", "reset")
    assert account.call("GET", "charges").status_code == 401
    assert own_program.control("GET", "journal")["entries"][:1] != []
    assert abs(own_program.control("GET", "clock")["now"] - time.time()) < 60
    aurora = Account(own_program, "acct_aurora_eu", "sk_test_aurora_eu")
    assert aurora.get("charges")["data"] == []


def test_unknown_orders_are_404(program: Program) -> None:
    assert requests.get(f"{program.url}/_control/nonsense", timeout=30).status_code == 404
    assert requests.get(f"{program.url}/nonsense", timeout=30).status_code == 404


def test_many_connections_at_once(account: Account) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: account.call("GET", "charges").status_code, range(200)))
    assert set(answers) == {200}
