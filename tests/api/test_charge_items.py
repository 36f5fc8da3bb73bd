"""Line items: of the invoice a charge paid, or the charge itself."""

from chargedesk.base import scoping
from chargedesk.ledger.models import GatewayInvoice
from chargedesk.ledger.models.mirrored import mirrored_id
from tests.api.world import START, World


def test_a_charge_without_an_invoice_is_one_item(world: World) -> None:
    world.add_charge("ch_a", description="Order 7")
    body = world.client().get("/charges/ch_a/items").json()
    assert body["success"] is True
    assert body["data"]["taxes"] == []
    assert [(each["description"], each["amount"]) for each in body["data"]["items"]] == [
        ("Order 7", "34.00")
    ]


def test_the_lines_and_the_tax_of_the_invoice(world: World) -> None:
    world.add_charge("ch_a", invoice_external_id="in_a")
    lines = [
        {"description": "Plan", "amount_minor": 3000, "quantity": 2},
        {"description": "Extra", "amount_minor": 400, "quantity": 1},
    ]
    with scoping.tenant(world.tenant.id):
        GatewayInvoice.objects.create(
            id=mirrored_id(world.connection.id, "invoice", "in_a"),
            tenant=world.tenant,
            connection=world.connection,
            external_id="in_a",
            as_of=START,
            occurred_at=START,
            recorded_at=START,
            status="paid",
            total_minor=3400,
            tax_minor=613,
            currency="EUR",
            lines=lines,
        )
    data = world.client().get("/charges/ch_a/items").json()["data"]
    shown = [(each["ord"], each["amount"], each["quantity"]) for each in data["items"]]
    assert shown == [("0", "30.00", "2"), ("1", "4.00", "1")]
    assert [tax["amount"] for tax in data["taxes"]] == ["6.13"]
