"""Every served object against the contract derived from the official SDK."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.program import ROOT, Account, Program

NAME = "shared/specs/gateways/stripe/sdk-contract-2026-10-28.endive.json"
CONTRACT = next((path / NAME for path in ROOT.parents if (path / NAME).exists()), None)
LISTS = (
    "customers",
    "charges",
    "payment_intents",
    "refunds",
    "disputes",
    "products",
    "prices",
    "coupons",
    "promotion_codes",
    "subscriptions?status=all",
    "invoices",
    "invoice_payments",
    "balance_transactions",
    "events",
    "payment_methods",
    "webhook_endpoints",
    "plans",
)
KINDS = {"line_item": "invoice_line_item"}

pytestmark = pytest.mark.skipif(
    CONTRACT is None, reason="the SDK's contract data is not beside the repository"
)


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The objects of the contract."""
    assert CONTRACT is not None
    objects: dict[str, Any] = json.loads(Path(CONTRACT).read_text(encoding="utf-8"))["objects"]
    return objects


def complaints(contract: dict[str, Any], value: Any) -> set[str]:
    """Say where an object, or one inside it, differs from the contract."""
    if isinstance(value, list):
        return {text for item in value for text in complaints(contract, item)}
    if not isinstance(value, dict):
        return set()
    found = {text for item in value.values() for text in complaints(contract, item)}
    named = value.get("object")
    kind = KINDS.get(named, named) if isinstance(named, str) else ""
    if kind in contract and not value.get("deleted"):
        found |= {f"{kind}.{text}" for text in _own(contract[kind]["fields"], value)}
    return found


def _own(fields: dict[str, Any], value: dict[str, Any]) -> set[str]:
    found = {f"{name} is unknown" for name in value if name not in fields}
    for name, rule in fields.items():
        given = value.get(name)
        if given is None and not rule["nullable"]:
            found.add(f"{name} is missing")
        if isinstance(given, str) and rule.get("enum") and given not in rule["enum"]:
            found.add(f"{name} is {given}")
    return found


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("key", ["sk_test_aurora_eu", "sk_test_aurora_us", "sk_test_brightpath"])
def test_lists_of_the_demo(demo: Program, contract: dict[str, Any], key: str, path: str) -> None:
    account = Account(demo, "", key)
    page = account.get(path, limit=100)
    assert complaints(contract, page["data"]) == set()
    assert page["data"] or path == "webhook_endpoints"


@pytest.mark.parametrize(
    ("path", "expand"),
    [
        ("charges", ["customer", "balance_transaction", "refunds", "payment_intent"]),
        ("subscriptions", ["latest_invoice.payments", "discounts", "customer"]),
        ("invoices", ["payments", "customer"]),
    ],
)
def test_expanded_objects(
    demo: Program, contract: dict[str, Any], path: str, expand: list[str]
) -> None:
    account = Account(demo, "", "sk_test_aurora_eu")
    page = account.get(path, **{"limit": 50, "expand[]": [f"data.{name}" for name in expand]})
    assert complaints(contract, page["data"]) == set()


def test_written_objects(account: Account, contract: dict[str, Any]) -> None:
    refund = account.post("refunds", {"charge": account.charges[0], "amount": 100})
    failed = account.act(refund["id"], "fail_refund")
    dispute = account.act(account.charges[1], "dispute")
    held = account.charge(outcome="uncaptured")
    canceled = account.post(f"payment_intents/{held['payment_intent']}/cancel")
    sepa = account.charge(method="sepa_debit", outcome="pending")
    customer = account.post("customers", {"name": "Ada", "address[city]": "Turin"})
    number = {"type": "eu_vat", "value": "IT00743110157"}
    tax_id = account.post(f"customers/{customer['id']}/tax_ids", number)
    endpoint = {"url": "http://127.0.0.1:1/x", "enabled_events[]": ["*"]}
    made = account.post("webhook_endpoints", endpoint)
    setup = account.post(
        "checkout/sessions",
        {
            "mode": "setup",
            "customer": customer["id"],
            "currency": "eur",
            "success_url": "http://127.0.0.1:1/",
        },
    )
    left = account.act(setup["id"], "pay")
    product = account.post("products", {"name": "Plan"})["id"]
    tariff = {"product": product, "currency": "eur", "unit_amount": 900}
    price = account.post("prices", {**tariff, "recurring[interval]": "month"})["id"]
    off = account.post("coupons", {"percent_off": 10, "duration": "forever"})["id"]
    wish = {"customer": account.customers[0], "items[0][price]": price}
    running = account.post("subscriptions", {**wish, "discounts[0][coupon]": off})
    upcoming = account.post("invoices/create_preview", {"subscription": running["id"]})
    billing = [setup, left, running, upcoming]
    events = account.get("events", limit=100)["data"]
    objects = [
        *billing,
        refund,
        failed,
        dispute,
        canceled,
        held,
        sepa,
        customer,
        tax_id,
        made,
        events,
    ]
    assert complaints(contract, objects) == set()
