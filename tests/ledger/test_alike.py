"""S7: who else may be the person on the card, and who was joined with them, in one statement."""

from uuid import UUID

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from audit.services import Actor
from chargedesk.ledger import services
from chargedesk.ledger.matching import link_identifier, merge_customers, unmerge
from chargedesk.ledger.models import GatewayCustomer, IdentifierKind
from chargedesk.ledger.selectors import CardFacts, card_facts
from chargedesk.tenants.models import Connection, Tenant
from tests.ledger import pictures
from tests.ledger.conftest import make_connection

BEN = Actor(kind="member", id="m-ben", label="Ben")


@pytest.fixture
def elsewhere(tenant: Tenant, connection: Connection) -> Connection:
    """A second gateway of a tenant that wants records apart."""
    Tenant.objects.filter(id=tenant.id).update(groups_by_email=False)
    return make_connection(tenant, account_id="acct_2")


@pytest.fixture
def ada(connection: Connection, elsewhere: Connection) -> UUID:
    """Ada, at the first gateway."""
    return record(connection, "cus_1")


def record(connection: Connection, external_id: str, **facts: str) -> UUID:
    """A record at a gateway; returns its person."""
    services.record_customers(connection, [pictures.customer(external_id, **facts)])
    return GatewayCustomer.objects.get(external_id=external_id).customer_id


def card(person: UUID) -> CardFacts:
    """The card, from one statement."""
    with CaptureQueriesContext(database) as statements:
        facts = card_facts(person)
    assert facts
    assert len(statements) == 1
    return facts


def test_the_same_address_at_another_gateway(ada: UUID, elsewhere: Connection) -> None:
    twin = record(elsewhere, "cus_2", name="A. Example", email="ADA@shop.example")

    (other,) = card(ada).alike

    assert (other.customer_id, other.name, other.gateways) == (
        twin,
        "A. Example",
        ("Shop acct_2",),
    )
    assert [each.customer_id for each in card(twin).alike] == [ada]


def test_an_address_that_an_agent_linked(ada: UUID, elsewhere: Connection) -> None:
    private = record(elsewhere, "cus_2", email="private@mail.example")
    assert card(ada).alike == ()

    link_identifier(ada, IdentifierKind.EMAIL, "private@mail.example", actor=BEN)

    assert [each.customer_id for each in card(ada).alike] == [private]


def test_no_name_phone_or_empty_address_makes_two_people_alike(elsewhere: Connection) -> None:
    """M8: never on a name or the like."""
    same = {"name": "Ada", "phone": "555 0100", "username": "ada"}
    one = record(elsewhere, "cus_3", email="", **same)
    record(elsewhere, "cus_4", email="", **same)
    record(elsewhere, "cus_5", email="other@shop.example", **same)

    assert card(one).alike == ()


def test_many_records_of_one_person_are_one_suggestion(ada: UUID, elsewhere: Connection) -> None:
    twin = record(elsewhere, "cus_2")
    merge_customers(twin, record(elsewhere, "cus_3"), actor=BEN)

    assert [each.customer_id for each in card(ada).alike] == [twin]


def test_who_was_joined_by_whom_when_and_why(ada: UUID, elsewhere: Connection) -> None:
    twin = record(elsewhere, "cus_2", name="A. Example")
    third = record(elsewhere, "cus_3", name="Ada E.")
    inner = merge_customers(twin, third, actor=BEN, reason="Same card")
    outer = merge_customers(ada, twin, actor=BEN, reason="Told us on the phone")

    shown = card(third)

    assert shown.customer_id == ada
    assert shown.alike == ()
    assert [(j.merge_id, j.name, j.by, j.reason, j.at) for j in shown.joined] == [
        (outer.id, "A. Example", "Ben", "Told us on the phone", outer.merged_at),
        (inner.id, "Ada E.", "Ben", "Same card", inner.merged_at),
    ]
    assert [j.gateways for j in shown.joined] == [("Shop acct_2",)] * 2

    unmerge(outer.id, actor=BEN)

    assert card(ada).joined == ()
    assert [j.merge_id for j in card(twin).joined] == [inner.id]
    merge_customers(ada, twin, actor=Actor(kind="system", id="import", label=""))
    assert [j.by for j in card(ada).joined] == ["import", "Ben"]


def test_a_person_with_hundreds_of_records_has_a_card(ada: UUID, elsewhere: Connection) -> None:
    twin = record(elsewhere, "cus_2")
    guests = [pictures.customer(f"guest_{n}", email="ada@shop.example") for n in range(120)]
    services.record_customers(elsewhere, guests)

    assert len(card(twin).alike) == 10
