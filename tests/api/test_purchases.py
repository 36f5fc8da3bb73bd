"""A purchase known twice over `/v1`: listed and counted once, the inner record reachable."""

from typing import Any

import pytest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.locking import link_parent
from chargedesk.ledger.models import Charge, GatewayCustomer, Identifier
from chargedesk.ledger.rollups import rebuild_summaries, refresh_inside
from tests.api.test_gateway_methods import refused
from tests.api.world import World, later


@pytest.fixture
def bought(world: World) -> Charge:
    """Order 1042 of a shop, paid by `ch_1`; its customer is known to both."""
    shop = world.add_connection("woocommerce")
    buyer = world.add_customer("7", connection=shop, email="ada@shop.example")
    payer = world.add_customer("cus_1")
    inner = world.add_charge("ch_1", gateway_customer=payer, occurred_at=later(1))
    outer = world.add_charge(
        "1042",
        connection=shop,
        gateway_customer=buyer,
        paid_through="stripe:ch_1",
        description="#1042: Wool blanket",
    )
    with scoping.tenant(world.tenant.id):
        GatewayCustomer.objects.filter(id=payer.id).update(customer_id=buyer.customer_id)
        Identifier.objects.create(
            tenant=world.tenant,
            customer_id=buyer.customer_id,
            gateway_customer=buyer,
            kind="email",
            value="ada@shop.example",
            source="gateway",
            created_at=clock.now(),
        )
        rebuild_summaries()
        link_parent(inner.root_id, outer.root_id)
    return outer


def _ids(world: World, **query: Any) -> list[str]:
    answer = world.client().get("/charges", query)
    assert answer.status_code == 200, answer.content
    return [each["transaction_id"] for each in answer.json()["data"]]


def test_lists_show_the_outer_record(world: World, bought: Charge) -> None:
    assert _ids(world) == ["1042"]
    assert _ids(world, status="paid") == ["1042"]
    assert _ids(world, transaction_id="ch_1") == ["ch_1"]
    assert _ids(world, gateway_id=str(world.connection.id)) == ["ch_1"]


def test_the_inner_record_says_what_it_is_part_of(world: World, bought: Charge) -> None:
    inner = world.client().get("/charges/ch_1").json()
    assert inner["part_of"] == {
        "charge_id": str(bought.id),
        "transaction_id": "1042",
        "gateway_id": str(bought.connection_id),
        "gateway": "woocommerce 2",
        "description": "#1042: Wool blanket",
    }
    assert (inner["paid_through"], inner["methods_active"]) == (None, [])
    outer = world.client().get("/charges/1042").json()
    assert (outer["part_of"], outer["paid_through"]["transaction_id"]) == (None, "ch_1")
    assert "refund" in outer["methods_active"]


def test_grouped_customers_count_and_show_it_once(world: World, bought: Charge) -> None:
    answer = world.client().get("/customers/grouped", {"email": "ada@shop.example"})
    people = {each["customer_id"]: each for each in answer.json()["customers"]}
    assert {key: each["charges"] for key, each in people.items()} == {"7": 1, "cus_1": 0}
    shown = [each["transaction_id"] for one in people.values() for each in one["history"]]
    assert shown == ["1042"]


def test_the_inner_record_is_refunded_nowhere_else(world: World, bought: Charge) -> None:
    """M10: the answer says where."""
    answer = world.client().post("/gateway/charges/ch_1/refund", {"amount": "5.00"})
    assert refused(world, answer, 400) == "part_of_purchase"
    message = answer.json()["error"]["message"]
    assert str(bought.id) in message
    assert "#1042: Wool blanket" in message


def test_what_went_back_inside_is_told(world: World, bought: Charge) -> None:
    with scoping.tenant(world.tenant.id):
        Charge.objects.filter(external_id="ch_1").update(refunded_minor=1400)
        refresh_inside([bought.root_id])
    outer = world.client().get("/charges/1042").json()
    assert (outer["amount_refunded"], outer["status"]) == ("14.00", "partially refunded")
    with scoping.tenant(world.tenant.id):
        Charge.objects.filter(external_id="ch_1").update(refunded_minor=3400)
        refresh_inside([bought.root_id])
    outer = world.client().get("/charges/1042").json()
    assert (outer["status"], outer["methods_active"]) == ("refunded", [])
