"""What the ledger's readers get, and how few statements it takes."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from chargedesk.kit import ids
from chargedesk.kit.money import Money
from chargedesk.ledger import services
from chargedesk.ledger.locking import link_parent, place_hold
from chargedesk.ledger.models import Charge, GatewayCustomer
from chargedesk.ledger.models.mirrored import mirrored_id
from chargedesk.ledger.selectors import (
    ChargeFilter,
    card_facts,
    charge_detail,
    charges,
    refunds_of,
)
from chargedesk.tenants.models import Connection
from gateways.snapshots import InvoiceStatus
from tests.ledger import pictures
from tests.ledger.pictures import at


@pytest.fixture
def loaded(connection: Connection) -> Connection:
    """One customer with everything."""
    services.record_snapshots(connection, pictures.one_of_each())
    owed = pictures.invoice(
        "in_2", status=InvoiceStatus.OPEN, due_minor=900, paid_minor=0, due_at=at(60)
    )
    services.record_invoices(connection, [owed])
    return connection


def test_the_card_tells_everything_in_one_statement(loaded: Connection) -> None:
    person = GatewayCustomer.objects.get().customer_id

    with CaptureQueriesContext(database) as statements:
        card = card_facts(person)

    assert len(statements) == 1
    assert card is not None
    assert (card.name, card.email) == ("Ada Example", "ada@shop.example")
    assert [str(t.paid) for t in card.totals] == ["50.00 EUR"]
    assert [(i.kind, i.value) for i in card.identifiers] == [("email", "ada@shop.example")]
    (record,) = card.gateway_customers
    assert (record.connection.label, record.payment_methods[0].last4) == ("Shop acct_1", "4242")
    (charge,) = card.charges
    assert charge.open_dispute is not None
    assert charge.product_name == "Team plan"
    assert [str(r.amount) for r in charge.refunds] == ["10.00 EUR"]
    assert (str(charge.root.available), charge.root.is_agreed) == ("40.00 EUR", False)
    (subscription,) = card.subscriptions
    assert (subscription.product_name, str(subscription.amount)) == ("Team plan", "20.00 EUR")
    (owed,) = card.invoices
    assert (str(owed.due), owed.is_overdue(at(61)), owed.is_overdue(at(59))) == (
        "9.00 EUR",
        True,
        False,
    )


def test_nobody_has_no_card(connection: Connection) -> None:
    assert card_facts(ids.new_id()) is None
    assert charge_detail(ids.new_id()) is None


def test_the_card_shows_the_newest_charges_only(connection: Connection) -> None:
    batch = [pictures.charge(f"ch_{n}", payment_id=f"pi_{n}", created_at=at(n)) for n in range(12)]
    services.record_charges(connection, batch)

    card = card_facts(GatewayCustomer.objects.get().customer_id)

    assert card is not None
    assert [c.external_id for c in card.charges] == ["ch_11", "ch_10", "ch_9", "ch_8", "ch_7"]
    assert card.charge_count == 12


def test_a_charge_page_goes_on_where_the_last_one_ended(connection: Connection) -> None:
    # Three share each moment: the id decides among them.
    batch = [
        pictures.charge(f"ch_{n}", payment_id=f"pi_{n}", created_at=at(n // 3)) for n in range(10)
    ]
    services.record_charges(connection, batch)
    seen, after = [], None

    for _ in range(4):
        with CaptureQueriesContext(database) as statements:
            page = charges(ChargeFilter(connection_id=connection.id), limit=3, after=after)
        assert len(statements) == 1
        seen += [c.external_id for c in page.charges]
        after = page.next_after

    assert after is None
    assert sorted(seen) == sorted(c.external_id for c in batch)
    second = charges(ChargeFilter(), limit=3, offset=3)
    assert [c.external_id for c in second.charges] == seen[3:6]


def test_charges_are_filtered(loaded: Connection) -> None:
    person = GatewayCustomer.objects.get().customer_id

    def found(**wanted: object) -> int:
        return len(charges(ChargeFilter(**wanted), limit=9).charges)  # type: ignore[arg-type]

    assert found(customer_id=person, statuses=["succeeded"]) == 1
    assert found(customer_id=ids.new_id()) == 0
    assert found(from_time=at(0), to_time=at(1)) == 1
    assert found(to_time=pictures.START - timedelta(seconds=1)) == 0


def test_a_charge_shows_its_hold_and_its_outer_record(loaded: Connection) -> None:
    """M10, M11: of a purchase known twice, the outer record carries the limits."""
    charge = Charge.objects.get()
    place_hold(charge.root_id, ids.new_id(), Money.of(700, "EUR"))
    services.record_payments(loaded, [pictures.payment("order_1", received_minor=0)])
    outer = mirrored_id(loaded.id, "root", "order_1")

    link_parent(charge.root_id, outer)

    detail = charge_detail(charge.id)
    assert detail is not None
    assert detail.root.id == outer
    assert (str(detail.root.held), str(detail.root.available)) == ("7.00 EUR", "33.00 EUR")
    assert [r.external_id for r in refunds_of(outer)] == ["re_1"]
