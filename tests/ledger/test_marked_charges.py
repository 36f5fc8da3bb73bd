"""A charge that carries our marker is linked to its order; two that took money are told of."""

from chargedesk.kit import ids
from chargedesk.ledger.models import Charge
from chargedesk.ledger.services import record_charges
from chargedesk.tenants.models import Connection
from gateways.snapshots import ChargeStatus
from tests.ledger import pictures
from tests.ledger.pictures import at


def test_a_marked_charge_names_its_order_once_per_change(connection: Connection) -> None:
    """M11."""
    intent = ids.new_id()
    made = pictures.charge(marker=intent)
    assert record_charges(connection, [made]).linked_intents == (intent,)
    assert Charge.objects.get().intent_id == intent
    assert record_charges(connection, [made]).linked_intents == ()
    failed = pictures.charge(marker=intent, as_of=at(1), status=ChargeStatus.FAILED)
    assert record_charges(connection, [failed]).linked_intents == (intent,)


def test_news_without_the_marker_keeps_the_link(connection: Connection) -> None:
    intent = ids.new_id()
    record_charges(connection, [pictures.charge(marker=intent)])
    record_charges(connection, [pictures.charge(as_of=at(1), description="New words")])
    assert Charge.objects.get().intent_id == intent


def test_two_charges_that_took_money_for_one_order_are_an_incident(connection: Connection) -> None:
    """A failed attempt before the one that took the money is none."""
    intent = ids.new_id()
    failed = pictures.charge("ch_1", marker=intent, status=ChargeStatus.FAILED)
    taken = pictures.charge("ch_2", marker=intent)
    assert record_charges(connection, [failed, taken]).incidents == ()
    again = record_charges(connection, [pictures.charge("ch_3", marker=intent)])
    assert [(each.code, each.intent_id) for each in again.incidents] == [("marker_twice", intent)]
