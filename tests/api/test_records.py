"""Telling `/v1` of records of one's own: create, change, delete, and what is refused."""

from typing import Any

import pytest

from chargedesk.base import scoping
from chargedesk.ledger.models import CustomerTotal, GatewayCustomer, MoneyRoot
from tests.api.world import World, make_world

pytestmark = pytest.mark.django_db

CHARGE = {
    "transaction_id": "inv-1",
    "amount": "34.00",
    "currency": "usd",
    "customer[id]": "cus-1",
    "customer[email]": "robin@example.com",
    "customer[name]": "Robin Example",
    "occurred": "1760000000",
    "last_4_digits": "4242",
    "metadata[order]": "A-17",
}


@pytest.fixture
def world() -> World:
    """A tenant with a Stripe account and a custom integration."""
    made = make_world()
    made.add_connection("custom")
    return made


def _own(world: World) -> str:
    return str(world.connections[1].id)


def _error(answer: Any) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, answer.content
    error: dict[str, Any] = answer.json()["error"]
    return error


def test_a_charge_is_stored_and_shown(world: World) -> None:
    told = world.client().post("/charges", CHARGE)
    assert told.status_code == 200, told.content
    body = told.json()
    assert body == world.client().get("/charges/inv-1").json() | {
        name: body[name] for name in ("accurate_at", "occurred_relative")
    }
    assert (body["transaction_id"], body["gateway_id"]) == ("inv-1", _own(world))
    assert (body["status"], body["amount"], body["currency"]) == ("paid", "34.00", "USD")
    assert (body["customer_id"], body["customer_email"]) == ("cus-1", "robin@example.com")
    assert body["occurred"] == "1760000000"
    assert body["metadata"] == {"order": "A-17"}


def test_an_id_that_exists_is_refused_without_duplicate_update(world: World) -> None:
    world.client().post("/charges", CHARGE)
    error = _error(world.client().post("/charges", CHARGE))
    assert error["incorrect_parameter"] == "transaction_id"
    again = world.client().post("/charges", CHARGE | {"duplicate": "update", "amount": "35.00"})
    assert again.json()["amount"] == "35.00"


def test_a_change_leaves_the_rest_as_it_was(world: World) -> None:
    world.client().post("/charges", CHARGE)
    body = (
        world.client().post("/charges/inv-1", {"metadata[note]": "late", "status": "paid"}).json()
    )
    assert body["metadata"] == {"order": "A-17", "note": "late"}
    assert (body["amount"], body["customer_id"], body["last_4_digits"]) == (
        "34.00",
        "cus-1",
        "4242",
    )


def test_a_refunded_total_is_money_gone(world: World) -> None:
    """M11: total and refunds agree, whichever way it was told."""
    world.client().post("/charges", CHARGE)
    world.client().post("/charges/inv-1", {"amount_refunded": "10.00"})
    body = (
        world.client()
        .post("/charges/inv-1", {"refunds[][refund_id]": "back-1", "refunds[][amount]": "4.00"})
        .json()
    )
    assert (body["status"], body["amount_refunded"]) == ("partially refunded", "10.00")
    with scoping.tenant(world.tenant.id):
        root = MoneyRoot.objects.get(external_id="inv-1")
        total = CustomerTotal.objects.get(gateway_customer__external_id="cus-1")
    assert (root.refunds_minor, root.provider_refunded_minor) == (1000, 1000)
    assert (total.paid_minor, total.refunded_minor) == (3400, 1000)


def test_without_an_id_one_is_made(world: World) -> None:
    """And a creation repeated with its key makes no second charge."""
    charge = {name: value for name, value in CHARGE.items() if name != "transaction_id"}
    key = {"Idempotency-Key": "once"}
    first = world.client().post("/charges", charge, **key).json()
    again = world.client().post("/charges", charge, **key).json()
    other = world.client().post("/charges", charge).json()
    assert first["charge_id"] == again["charge_id"] != other["charge_id"]


def test_a_repeated_key_changes_nothing(world: World) -> None:
    """Whether the record was made or changed with it, and whatever came in between."""
    client = world.client()
    making, changing = {"Idempotency-Key": "make-17"}, {"Idempotency-Key": "change-17"}
    first = client.post("/charges", CHARGE, **making).json()
    changed = client.post("/charges/inv-1", {"last_4_digits": "1111"}, **changing).json()
    assert (first["last_4_digits"], changed["last_4_digits"]) == ("4242", "1111")
    client.post("/charges/inv-1", {"last_4_digits": "2222"})
    for answer in (
        client.post("/charges", CHARGE, **making),
        client.post("/charges/inv-1", {"last_4_digits": "1111"}, **changing),
    ):
        assert answer.status_code == 200, answer.content
        assert answer.json()["charge_id"] == first["charge_id"]
        assert answer.json()["last_4_digits"] == "2222"


def test_a_key_for_another_body_is_refused(world: World) -> None:
    """With or without an id of its own, for another kind or another record: nothing is stored."""
    client, key = world.client(), {"Idempotency-Key": "once"}
    unnamed = {name: value for name, value in CHARGE.items() if name != "transaction_id"}
    first = client.post("/charges", unnamed, **key).json()
    for path, body in (
        ("/charges", unnamed | {"amount": "35.00"}),
        ("/charges", CHARGE),
        (f"/charges/{first['charge_id']}", {"amount": "35.00"}),
        ("/products", {"product_id": "gold", "name": "Gold"}),
    ):
        answer = client.post(path, body, **key)
        assert (answer.status_code, _error(answer)["code"]) == (409, "idempotency_key_reused")
    shown = client.get("/charges").json()
    assert [row["amount"] for row in shown["data"]] == ["34.00"]
    assert client.get("/products/gold").status_code == 404


def test_a_refused_body_does_not_use_its_key_up(world: World) -> None:
    client, key = world.client(), {"Idempotency-Key": "once"}
    assert client.post("/charges", CHARGE | {"amount": "-1"}, **key).status_code == 400
    assert client.post("/charges", CHARGE | {"currency": "zzz"}, **key).status_code == 400
    client.post("/charges", CHARGE)
    assert client.post("/charges", CHARGE, **key).status_code == 400
    told = client.post("/charges", CHARGE | {"transaction_id": "inv-2"}, **key)
    assert told.status_code == 200, told.content


def test_a_key_belongs_to_the_api_key_that_sent_it(world: World) -> None:
    key = {"Idempotency-Key": "once"}
    world.client().post("/charges", CHARGE, **key)
    other = world.client(world.add_key())
    told = other.post("/charges", CHARGE | {"transaction_id": "inv-2"}, **key)
    assert told.json()["transaction_id"] == "inv-2"


def test_what_was_deleted_is_not_stored_again_by_its_key(world: World) -> None:
    client, key = world.client(), {"Idempotency-Key": "once"}
    client.post("/charges", CHARGE, **key)
    client.django.delete("/v1/charges/inv-1", headers=client.headers)
    error = _error(client.post("/charges", CHARGE, **key))
    assert (error["code"], error["incorrect_parameter"]) == ("not_found", "Idempotency-Key")
    assert client.get("/charges/inv-1").status_code == 404


def test_customers_subscriptions_and_products(world: World) -> None:
    client = world.client()
    customer = client.post(
        "/customers", {"customer_id": "cus-1", "email": "robin@example.com", "delinquent": "1"}
    ).json()
    assert (customer["email"], customer["delinquent"]) == ("robin@example.com", "1")
    product = client.post(
        "/products",
        {"product_id": "gold", "name": "Gold", "amount": "9.00", "currency": "EUR"}
        | {"interval": "month"},
    ).json()
    assert (product["name"], product["amount"], product["interval"]) == ("Gold", "9.00", "month")
    row = client.post(
        "/subscriptions",
        {"subscription_id": "sub-1", "customer_id": "cus-1", "product_id": "gold"}
        | {"status": "trialing", "amount": "9.00", "currency": "EUR", "interval": "month"},
    ).json()
    assert (row["status"], row["product_desc"], row["customer_id"]) == ("trialing", "Gold", "cus-1")
    assert client.post("/subscriptions/sub-1", {"status": "pending_cancel"}).json()["status"] == (
        "pending_cancel"
    )
    assert (
        client.post("/subscriptions/sub-1", {"status": "canceled"}).json()["status"] == "canceled"
    )
    assert client.post("/customers/cus-1", {"name": "Robin"}).json()["email"] == "robin@example.com"
    assert client.post("/products/gold", {"chargeable": "0"}).json()["chargeable"] == "0"


def test_a_customer_known_by_a_charge_only_can_be_created(world: World) -> None:
    world.client().post("/charges", CHARGE)
    made = world.client().post("/customers", {"customer_id": "cus-1", "name": "Robin R. Example"})
    assert made.json()["name"] == "Robin R. Example"


def test_records_of_a_gateway_are_read_from_it(world: World) -> None:
    world.add_charge("ch_1")
    stripe = str(world.connection.id)
    error = _error(world.client().post("/charges", CHARGE | {"gateway_id": stripe}))
    assert error["incorrect_parameter"] == "gateway_id"
    assert (
        _error(world.client().post("/charges/ch_1", {"description": "mine"}))["message"]
        == (error["message"])
    )
    deletion = world.client().django.delete("/v1/charges/ch_1", headers=world.client().headers)
    assert _error(deletion)["message"] == error["message"]


def test_the_connection_must_be_clear() -> None:
    world = make_world()
    assert _error(world.client().post("/charges", CHARGE))["incorrect_parameter"] == "gateway_id"
    first, second = world.add_connection("custom"), world.add_connection("custom")
    assert _error(world.client().post("/charges", CHARGE))["incorrect_parameter"] == "gateway_id"
    for own in (first, second):
        told = world.client().post("/charges", CHARGE | {"gateway_id": str(own.id)})
        assert told.json()["gateway_id"] == str(own.id)
    # The id is ambiguous now.
    assert _error(world.client().post("/charges/inv-1", {}))["incorrect_parameter"] == "gateway_id"


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ({"amount": "34.001"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"currency": "XYZ"}, "currency"),
        ({"status": "gone"}, "status"),
        ({"occurred": "yesterday"}, "occurred"),
        ({"amount": "9" * 20}, "amount"),
        ({"amount_refunded": "99.00"}, "amount_refunded"),
        ({"amount_refunded": "9" * 20}, "amount_refunded"),
        ({"last_4_digits": "42"}, "last_4_digits"),
        ({"colour": "red"}, "colour"),
        ({"transaction_id": "x" * 256}, "transaction_id"),
    ],
)
def test_what_makes_no_sense_is_named(world: World, wrong: dict[str, str], parameter: str) -> None:
    error = _error(world.client().post("/charges", CHARGE | wrong))
    assert error["incorrect_parameter"] == parameter
    assert world.client().get("/charges").json()["data"] == []


def test_a_charge_needs_amount_currency_and_customer(world: World) -> None:
    for missing in ("amount", "currency", "customer[id]"):
        charge = {name: value for name, value in CHARGE.items() if name != missing}
        assert _error(world.client().post("/charges", charge))["incorrect_parameter"] == missing


def test_deleting_a_charge(world: World) -> None:
    world.client().post("/charges", CHARGE)
    client = world.client()
    gone = client.django.delete("/v1/charges/inv-1", headers=client.headers)
    assert gone.json()["deleted"] is True
    assert client.get("/charges/inv-1").status_code == 404
    # It may be told of again.
    assert client.post("/charges", CHARGE).status_code == 200


@pytest.mark.parametrize(("choice", "charges"), [("1", 0), ("0", 1), ("2", 1)])
def test_deleting_a_customer(world: World, choice: str, charges: int) -> None:
    client = world.client()
    client.post("/customers", {"customer_id": "cus-1", "name": "Robin", "email": "r@example.com"})
    client.post("/charges", CHARGE)
    gone = client.django.delete(f"/v1/customers/cus-1?delete_all={choice}", headers=client.headers)
    assert gone.json()["deleted"] is True
    assert client.get("/customers/cus-1").status_code == 404
    assert len(client.get("/charges").json()["data"]) == charges
    with scoping.tenant(world.tenant.id):
        row = GatewayCustomer.objects.get(external_id="cus-1")
    assert (row.email == "") is (choice == "2")


def test_a_key_that_only_reads_tells_nothing(world: World) -> None:
    secret = world.add_key(scopes=["read"])
    client = world.client(secret)
    assert client.post("/charges", CHARGE).status_code == 403
    assert client.django.delete("/v1/charges/inv-1", headers=client.headers).status_code == 403
