"""Finding the person behind an address, an id or a name."""

from typing import Any

import pytest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import GatewayCustomer, Identifier
from tests.api.world import World, later


@pytest.fixture
def ada(world: World) -> GatewayCustomer:
    """One person with records at two gateways and two charges."""
    first = world.add_customer(
        "cus_1", name="Ada Example", email="ada@shop.example", phone="+39 02 1234", username="ada"
    )
    second = world.add_customer("cus_2", connection=world.add_connection())
    with scoping.tenant(world.tenant.id):
        GatewayCustomer.objects.filter(id=second.id).update(customer_id=first.customer_id)
        for kind, value in (
            ("email", "ada@shop.example"),
            ("phone", "39021234"),
            ("name", "ada example"),
        ):
            Identifier.objects.create(
                tenant=world.tenant,
                customer_id=first.customer_id,
                gateway_customer=first,
                kind=kind,
                value=value,
                source="gateway",
                created_at=clock.now(),
            )
    world.add_charge("ch_old", gateway_customer=first)
    world.add_charge("ch_new", gateway_customer=first, occurred_at=later(1))
    return first


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"customer[email]": "ADA@shop.example"}, "email"),
        ({"email": "ada@shop.example"}, "email"),
        ({"customer[id]": "cus_2"}, "id"),
        ({"username": "ada"}, "username"),
        ({"phone": "+39 021234"}, "phone"),
        ({"name": "Ada Example"}, "name"),
        ({"query": "ada@shop.example"}, "query"),
    ],
)
def test_all_records_of_the_person_with_their_payments(
    world: World, ada: GatewayCustomer, query: dict[str, Any], param: str
) -> None:
    for path in ("/customers/grouped", "/customers/history"):
        answer = world.client().get(path, query)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert body["match"]["param"] == param
        assert 0 < body["match"]["score"] <= 100
        assert {each["customer_id"] for each in body["customers"]} == {"cus_1", "cus_2"}
        history = {each["customer_id"]: each["history"] for each in body["customers"]}
        assert [charge["transaction_id"] for charge in history["cus_1"]] == ["ch_new", "ch_old"]


def test_nobody_and_nothing_asked(world: World, other_world: World) -> None:
    other_world.add_customer("cus_foreign", email="ada@shop.example")
    body = world.client().get("/customers/grouped", {"customer[id]": "cus_foreign"}).json()
    assert body == {"search": "cus_foreign", "match": None, "customers": []}
    answer = world.client().get("/customers/grouped")
    assert answer.status_code == 400
    assert answer.json()["error"]["incorrect_parameter"] == "query"
