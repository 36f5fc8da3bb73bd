"""A mixed batch: every kind of object, in any order, twice, and the statements it takes."""

import random
from dataclasses import replace

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from chargedesk.kit.ids import DerivedIds, derived_id, new_id
from chargedesk.ledger import services
from chargedesk.ledger.models import (
    Change,
    Charge,
    Coupon,
    Customer,
    CustomerTotal,
    Dispute,
    FraudWarning,
    GatewayCustomer,
    GatewayInvoice,
    InvoicePayment,
    MoneyRoot,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Subscription,
)
from chargedesk.ledger.services.snapshots import _DOORS
from chargedesk.tenants.models import Connection
from gateways.snapshots import AnySnapshot, SubscriptionSnapshot
from tests.ledger import pictures
from tests.ledger.pictures import at
from tests.services.statements import counted

MIRRORED = (
    Charge,
    Coupon,
    Dispute,
    FraudWarning,
    GatewayCustomer,
    GatewayInvoice,
    InvoicePayment,
    MoneyRoot,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Subscription,
)
# A statement each: stubs and locks, the objects, the roots' sums.
MOST_STATEMENTS = 3


def test_every_kind_is_stored_once(connection: Connection) -> None:
    recorded = services.record_snapshots(connection, pictures.one_of_each())
    again = services.record_snapshots(connection, pictures.one_of_each())

    # The payment was stored as the charge's stub before its own news came.
    assert (recorded.created, recorded.changed) == (11, 2)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 13)
    assert all(model.objects.count() == 1 for model in MIRRORED)
    assert Subscription.objects.get().product_id == Product.objects.get().id
    assert Subscription.objects.get().items[0]["name"] == "Team plan"
    assert Price.objects.get().product_id == Product.objects.get().id
    assert InvoicePayment.objects.get().root_id == MoneyRoot.objects.get().id
    assert GatewayInvoice.objects.get().subscription_id == Subscription.objects.get().id


@pytest.mark.parametrize("seed", range(5))
def test_any_order_one_by_one_ends_the_same(connection: Connection, seed: int) -> None:
    snapshots = pictures.one_of_each() * 2
    random.Random(seed).shuffle(snapshots)  # noqa: S311  repeatable on purpose

    for snapshot in snapshots:
        services.record_snapshots(connection, [snapshot])

    assert all(model.objects.count() == 1 for model in MIRRORED)
    root = MoneyRoot.objects.get()
    assert (root.status, root.captured_minor, root.refunds_minor) == ("succeeded", 5000, 1000)
    customer = GatewayCustomer.objects.get()
    assert (customer.is_stub, customer.email) == (False, "ada@shop.example")
    assert Customer.objects.get(merged_into=None).id == customer.customer_id
    assert CustomerTotal.objects.get().paid_minor == 5000


@pytest.mark.parametrize("snapshot", pictures.one_of_each(), ids=lambda s: type(s).__name__)
def test_a_door_needs_few_statements(connection: Connection, snapshot: AnySnapshot) -> None:
    with CaptureQueriesContext(
        database,
    ) as alone:
        services.record_snapshots(connection, [snapshot])
    with CaptureQueriesContext(database) as twice:
        services.record_snapshots(connection, [snapshot])

    assert len(counted(alone)) <= MOST_STATEMENTS
    assert len(counted(twice)) <= MOST_STATEMENTS


def test_a_batch_needs_as_few(connection: Connection) -> None:
    batch = [
        pictures.charge(f"ch_{n}", payment_id=f"pi_{n}", customer_id=f"cus_{n % 50}")
        for n in range(500)
    ]

    with CaptureQueriesContext(database) as statements:
        recorded = services.record_charges(connection, batch)

    assert recorded.created == 500
    assert len(counted(statements)) == MOST_STATEMENTS
    assert MoneyRoot.objects.count() == 500
    assert GatewayCustomer.objects.count() == 50


@pytest.mark.parametrize("snapshot", pictures.one_of_each(), ids=lambda s: type(s).__name__)
def test_what_the_provider_deleted_keeps_what_it_was(
    connection: Connection, snapshot: AnySnapshot
) -> None:
    services.record_snapshots(connection, [snapshot])

    gone = replace(snapshot, as_of=at(5), deleted=True, raw=b"")
    recorded = services.record_snapshots(connection, [gone])

    assert recorded.changed == 1
    (stored,) = [row for model in MIRRORED for row in model.objects.filter(is_deleted=True)]
    assert stored.raw_payload() == snapshot.raw


def test_each_kind_of_snapshot_has_its_door() -> None:
    assert set(_DOORS) == set(AnySnapshot.__args__)


def test_the_feed_names_each_change_once(connection: Connection) -> None:
    services.record_snapshots(connection, [pictures.charge(), pictures.customer()])

    fed = sorted(Change.objects.values_list("object", "is_new"))
    assert fed.count(("charge", True)) == 1
    assert fed.count(("money_root", True)) == 1
    assert ("gateway_customer", False) in fed


def test_ids_hashed_in_two_steps_are_the_same() -> None:
    connection_id = new_id()
    derived = DerivedIds(connection_id, "charge")

    for n in range(50):
        assert derived.hex_of(f"ch_ü{n}") == derived_id(connection_id, "charge", f"ch_ü{n}").hex


def test_tax_ids_stay_known_until_they_are_read_again(connection: Connection) -> None:
    """Lists and news of a customer do not tell them; that must not forget them."""
    known = ({"external_id": "txi_1", "type": "eu_vat", "value": "IT1", "status": "verified"},)
    read = pictures.customer(tax_ids=known)
    services.record_snapshots(connection, [read])
    news = replace(read, tax_ids=None, name="Renamed", as_of=at(1))
    services.record_snapshots(connection, [news])
    stored = GatewayCustomer.objects.get()
    assert (stored.name, stored.tax_ids) == ("Renamed", [dict(known[0])])
    services.record_snapshots(connection, [replace(news, tax_ids=(), as_of=at(2))])
    assert GatewayCustomer.objects.get().tax_ids == []


def test_pause_and_discounts_of_a_subscription_are_stored(connection: Connection) -> None:
    discount = {"external_id": "di_1", "coupon_id": "TEN"}
    subscription = next(
        each for each in pictures.one_of_each() if isinstance(each, SubscriptionSnapshot)
    )
    paused = replace(subscription, pause="collection", discounts=(discount,))
    services.record_snapshots(connection, [paused])
    stored = Subscription.objects.get()
    assert (stored.pause, stored.discounts) == ("collection", [discount])
