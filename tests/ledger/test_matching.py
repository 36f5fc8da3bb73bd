"""Finding people, with the match grades of design section 3, and the agent's search (S7)."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from audit.services import SYSTEM
from chargedesk.ledger import services
from chargedesk.ledger.matching import (
    Grade,
    GroupingError,
    Identity,
    find_customers,
    link_identifier,
    merge_customers,
    search,
    unlink_identifier,
)
from chargedesk.ledger.models import Customer, GatewayCustomer, Identifier, IdentifierKind
from chargedesk.tenants.models import Connection, Tenant
from tests.ledger import pictures
from tests.ledger.conftest import make_connection
from tests.ledger.pictures import at


@pytest.fixture
def ada(connection: Connection) -> GatewayCustomer:
    """A customer with a charge, an invoice and all identifiers."""
    known = pictures.customer(phone="+39 06 555 0100", username="Ada99")
    charge = pictures.charge(statement_descriptor="EXAMPLE SHOP", amount_minor=5000)
    services.record_snapshots(
        connection, [known, charge, pictures.refund(), pictures.invoice(), pictures.subscription()]
    )
    return GatewayCustomer.objects.get()


def grades(query: Identity) -> list[str]:
    return [match.grade for match in find_customers(query)]


def test_how_sure_we_are(ada: GatewayCustomer) -> None:
    assert grades(Identity(external_ids=("cus_1",))) == [Grade.EXACT]
    assert grades(Identity(email="Ada@Shop.example ", email_is_verified=True)) == [
        Grade.VERIFIED_EMAIL
    ]
    assert grades(Identity(email="ada@shop.example")) == [Grade.EMAIL]
    assert grades(Identity(phone="0039065550100", name="ada example")) == [Grade.GUESS]
    assert grades(Identity(phone="39065550100")) == [Grade.GUESS]
    assert grades(Identity(email="nobody@shop.example")) == []
    assert grades(Identity()) == []


def test_one_statement_whatever_is_known(ada: GatewayCustomer) -> None:
    everything = Identity(
        email="ada@shop.example",
        phone="39065550100",
        external_ids=("cus_1", "other"),
        helpdesk_id="zendesk:7",
        name="Ada Example",
    )

    with CaptureQueriesContext(database) as statements:
        (match,) = find_customers(everything)

    assert len(statements) == 1
    assert match.grade == Grade.EXACT


def test_an_agents_link_is_exact_and_can_be_taken_back(ada: GatewayCustomer) -> None:
    """S7: "link this person" stores an alias."""
    who = Identity(email="private@home.example")

    links = {
        link_identifier(
            ada.customer_id, IdentifierKind.EMAIL, "Private@home.example", actor=SYSTEM
        ).id
        for _ in range(2)
    }

    assert len(links) == 1
    assert grades(who) == [Grade.EXACT]
    unlink_identifier(links.pop(), actor=SYSTEM)
    assert grades(who) == []
    told = AuditEvent.objects.filter(seq__gt=1).order_by("seq").values_list("verb", "result")
    assert list(told) == [("customer.linked", "linked"), ("customer.linked", "unlinked")]
    with pytest.raises(GroupingError):
        link_identifier(ada.customer_id, IdentifierKind.PHONE, "none", actor=SYSTEM)


def test_a_link_follows_a_merge(ada: GatewayCustomer) -> None:
    other = Customer.objects.create(tenant_id=ada.tenant_id, name="Ada", created_at=at(0))
    link_identifier(other.id, IdentifierKind.HELPDESK_ID, "zendesk:7", actor=SYSTEM)

    merge_customers(ada.customer_id, other.id, actor=SYSTEM)

    (match,) = find_customers(Identity(helpdesk_id="zendesk:7"))
    assert (match.customer_id, match.grade) == (ada.customer_id, Grade.EXACT)


@pytest.mark.parametrize(
    "typed",
    [
        "ada@shop.example",
        "ada@sh",
        "Ada Exa",
        "ada",
        "ADA99",
        "+39 06 555 0100",
        "cus_1",
        "ch_1",
        "pi_1",
        "re_1",
        "sub_1",
        "in_1",
        "EX-0001",
        "example shop",
        "4242 50.00",
        "4242 50,00 EUR",
        "4242 2026-03-01",
        "card 4242 on 1.3.2026",
    ],
)
def test_what_an_agent_types_finds_them(ada: GatewayCustomer, typed: str) -> None:
    with CaptureQueriesContext(database) as statements:
        found = search(typed)

    assert [match.customer_id for match in found] == [ada.customer_id]
    assert found[0].reason
    assert len(statements) == 1


@pytest.mark.parametrize(
    "typed",
    ["", "a", "4242", "4242 51.00", "4242 2026-02-27", "4242 2026-99-99", "bob", "%", "' OR 1"],
)
def test_what_finds_nobody(ada: GatewayCustomer, typed: str) -> None:
    assert search(typed) == []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ({"description": "Order #1947"}, "1947"),
        ({"description": "Order #1947"}, "#1947"),
        ({"description": "Order #1947"}, "Ordine #1947"),
        ({"description": "AUR-73660"}, "aur-73660"),
        ({"description": "Two mugs", "metadata": {"order_id": "A_1001"}}, "order A_1001"),
        ({"description": "Order 7", "metadata": {"order_number": "#5512"}}, "5512"),
        ({"description": "x" * 100_000 + " 1947"}, "1947"),
    ],
)
def test_a_shops_order_number_finds_them(connection: Connection, written: Any, typed: str) -> None:
    services.record_snapshots(connection, [pictures.customer(), pictures.charge(**written)])

    (match,) = search(typed)

    payer = GatewayCustomer.objects.get().customer_id
    assert (match.customer_id, match.grade) == (payer, Grade.GUESS)
    assert "order" in match.reason


def test_no_number_is_no_order(connection: Connection) -> None:
    charge = pictures.charge(description="Two mugs", metadata={"order_id": ""})
    services.record_snapshots(connection, [pictures.customer(), charge])
    assert search("order mugs") == search("mugs") == []


def test_gateway_records_with_one_address_are_one_person(
    tenant: Tenant, connection: Connection
) -> None:
    second = make_connection(tenant, account_id="acct_2")

    services.record_customers(connection, [pictures.customer()])
    services.record_customers(second, [pictures.customer("cus_9", email="ADA@shop.example")])

    assert len(set(GatewayCustomer.objects.values_list("customer_id", flat=True))) == 1
    assert Customer.objects.count() == 1


def test_a_tenant_may_want_them_apart(tenant: Tenant, connection: Connection) -> None:
    Tenant.objects.filter(id=tenant.id).update(groups_by_email=False)

    services.record_customers(connection, [pictures.customer(), pictures.customer("cus_2")])

    assert Customer.objects.count() == 2


def test_a_later_address_moves_nobody(connection: Connection) -> None:
    services.record_customers(connection, [pictures.customer()])
    person = GatewayCustomer.objects.get().customer_id

    services.record_customers(
        connection, [pictures.customer(as_of=at(1), email="new@shop.example", phone="1234567")]
    )

    assert GatewayCustomer.objects.get().customer_id == person
    assert grades(Identity(email="new@shop.example")) == [Grade.EMAIL]
    assert grades(Identity(email="ada@shop.example")) == []
    services.record_customers(connection, [pictures.customer(as_of=at(2), email="", phone="")])
    assert list(Identifier.objects.values_list("kind", flat=True)) == ["name"]


def test_a_stub_joins_the_person_with_its_address_once_known(
    tenant: Tenant, connection: Connection
) -> None:
    second = make_connection(tenant, account_id="acct_2")
    services.record_customers(second, [pictures.customer("cus_9")])
    services.record_charges(connection, [pictures.charge()])
    stub_person = GatewayCustomer.objects.get(is_stub=True).customer_id

    services.record_customers(connection, [pictures.customer()])

    assert len(set(GatewayCustomer.objects.values_list("customer_id", flat=True))) == 1
    assert Customer.objects.get(id=stub_person).merged_into is not None


def test_guests_are_grouped_by_their_address(tenant: Tenant, connection: Connection) -> None:
    guest = pictures.charge(customer_id="guest:ada@shop.example", customer_name="Ada")
    services.record_charges(connection, [guest])

    services.record_customers(connection, [pictures.customer()])

    assert Customer.objects.count() == 1
    assert GatewayCustomer.objects.count() == 2


def test_a_newcomer_follows_a_merge(tenant: Tenant, connection: Connection) -> None:
    services.record_customers(
        connection, [pictures.customer(), pictures.customer("cus_2", email="boss@shop.example")]
    )
    ada, boss = (GatewayCustomer.objects.get(external_id=e) for e in ("cus_1", "cus_2"))
    merge_customers(boss.customer_id, ada.customer_id, actor=SYSTEM)

    services.record_customers(connection, [pictures.customer("cus_3")])

    assert GatewayCustomer.objects.get(external_id="cus_3").customer_id == boss.customer_id
