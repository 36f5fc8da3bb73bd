"""Every answer has all fields of v1 with the JSON types its clients were built on."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.api.world import World, later

ROOT = Path(__file__).resolve().parents[2]
SPECS = next(
    (
        folder
        for parent in ROOT.parents
        if (folder := parent / "shared" / "specs" / "chargedesk").is_dir()
    ),
    None,
)
needs_specs = pytest.mark.skipif(SPECS is None, reason="the shared specs are not beside us")


@pytest.fixture
def full_world(world: World) -> World:
    """One of everything, filled and bare."""
    ada = world.add_customer(
        "cus_a",
        name="Ada Example",
        email="ada@shop.example",
        phone="+390212345",
        country="IT",
        metadata={"plan": "pro"},
        address={"line1": "Via Prima 1", "city": "Roma"},
        default_payment_method="pm_1",
    )
    world.add_customer("cus_bare")
    product = world.add_product("prod_a", description="All of it")
    world.add_product("prod_bare", name="")
    world.add_subscription(
        "sub_a",
        gateway_customer=ada,
        product=product,
        items=[
            {
                "external_id": "si_1",
                "name": "Plan Tre",
                "amount_minor": 900,
                "currency": "EUR",
                "quantity": 2,
            }
        ],
        metadata={"seat": "1"},
        period_start=later(0),
        period_end=later(30),
        trial_start=later(-14),
        trial_end=later(0),
    )
    world.add_subscription("sub_bare", amount_minor=None, interval="once")
    charge = world.add_charge(
        "ch_a",
        gateway_customer=ada,
        subscription_external_id="sub_a",
        status="partially_refunded",
        refunded_minor=100,
        method_kind="card",
        method_brand="visa",
        method_last4="4242",
        metadata={"order": "7"},
        receipt_url="https://pay.example/r/1",
    )
    world.add_refund(charge, "re_a", occurred_at=later(2))
    world.add_charge("ch_yen", currency="JPY", amount_minor=3400, status="unknown")
    return world


def _schema(stream: str) -> dict[str, Any]:
    assert SPECS is not None
    manifest = yaml.safe_load((SPECS / "airbyte-manifest.yaml").read_text())
    schema: dict[str, Any] = manifest["schemas"][stream]
    return schema


@needs_specs
@pytest.mark.parametrize("stream", ["charges", "customers", "subscriptions", "products"])
def test_every_row_fits_the_schema_taken_from_live_answers(full_world: World, stream: str) -> None:
    schema = _schema(stream)
    rows = full_world.client().get(f"/{stream}").json()["data"]
    assert len(rows) == 2
    for row in rows:
        jsonschema.Draft7Validator(schema).validate(row)
        assert set(schema["properties"]) <= set(row)


@needs_specs
def test_embedded_subscriptions_are_whole(full_world: World) -> None:
    customer = full_world.client().get("/customers/cus_a").json()
    assert customer["charges"] == 0
    embedded = _schema("customers")["properties"]["subscriptions"]["items"]["properties"]
    assert set(embedded) <= set(customer["subscriptions"][0])
    assert customer["subscriptions"][0] == full_world.client().get("/subscriptions/sub_a").json()


def test_a_charge_in_words_and_figures(full_world: World) -> None:
    charge = full_world.client().get("/charges/ch_a").json()
    expected = {
        "amount": "34.00",
        "amount_refunded": "1.00",
        "amount_formatted": "€34.00 EUR",
        "status": "partially refunded",
        "is_paid": True,
        "occurred": str(int(later(0).timestamp())),
        "refunded_at": str(int(later(2).timestamp())),
        "customer_email_domain": "shop.example",
        "name_email": "Ada Example <ada@shop.example>",
        "product_id": "prod_a",
        "payment_method_describe": "Visa •••• 4242",
        "metadata": {"order": "7"},
        "methods_supported": ["refund", "capture", "void"],
        "methods_active": ["refund"],
    }
    assert {name: charge[name] for name in expected} == expected
    assert charge["gateway_url"].startswith("https://dashboard.stripe.com/")


def test_a_currency_without_decimals_and_empty_metadata(full_world: World) -> None:
    charge = full_world.client().get("/charges/ch_yen").json()
    assert charge["amount"] == "3400"
    assert charge["amount_with_commas"] == "3,400"
    assert charge["metadata"] == []
    assert charge["status"] == "unknown"
    assert charge["is_paid"] is False
    assert charge["methods_active"] == []


def test_times_that_are_not_set_are_zero(full_world: World) -> None:
    subscription = full_world.client().get("/subscriptions/sub_bare").json()
    assert subscription["canceled_at"] == "0"
    assert subscription["trial_end"] == "0"
    assert subscription["first_seen"] == int(later(0).timestamp())
    assert subscription["amount"] is None
    assert full_world.client().get("/subscriptions/sub_a").json()["trial_period_days"] == "14"


def test_no_success_has_an_error_key(full_world: World) -> None:
    for path in ("/charges", "/customers", "/subscriptions", "/products", "/log/activity"):
        body = full_world.client().get(path).json()
        assert "error" not in body
        assert set(body) == {"object", "count", "offset", "data"}
