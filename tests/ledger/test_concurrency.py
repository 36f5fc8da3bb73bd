"""Real threads at the same doors: nothing lost, nothing twice, nothing stuck."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connections

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.kit.money import Money
from chargedesk.ledger import services
from chargedesk.ledger.locking import available, locked_root, place_hold
from chargedesk.ledger.matching import current_customer_id, merge_customers, unmerge
from chargedesk.ledger.models import (
    Change,
    Charge,
    Customer,
    CustomerTotal,
    GatewayCustomer,
    MoneyRoot,
)
from chargedesk.ledger.models.mirrored import mirrored_id
from chargedesk.ledger.rollups import first_difference
from chargedesk.tenants.models import Connection
from tests.ledger import pictures
from tests.ledger.conftest import make_connection, make_tenant
from tests.ledger.pictures import at

THREADS = 4


@contextmanager
def shop() -> Iterator[Connection]:
    """A tenant of its own, committed; the scope is not entered."""
    tenant = make_tenant()
    with scoping.tenant(tenant.id):
        connection = make_connection(tenant)
    yield connection


def together(tenant_id: UUID, *jobs: Callable[[], object]) -> list[BaseException]:
    """Run each job in a thread and a scope of its own, all starting at once."""
    start, errors = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            start.wait(20)
            with scoping.tenant(tenant_id):
                job()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def test_the_same_batch_at_once_in_any_order(committed_db: None) -> None:
    batch = [
        pictures.charge(f"ch_{n}", payment_id=f"pi_{n % 20}", customer_id=f"cus_{n % 7}")
        for n in range(40)
    ]
    with shop() as connection:
        jobs = [
            lambda part=batch[turn:] + batch[:turn]: services.record_charges(connection, part)
            for turn in range(0, 40, 40 // THREADS)
        ]
        assert together(connection.tenant_id, *jobs) == []

        with scoping.tenant(connection.tenant_id):
            assert Charge.objects.count() == 40
            assert Change.objects.filter(object="charge").count() == 40
            assert sum(CustomerTotal.objects.values_list("paid_minor", flat=True)) == 40 * 5000
            assert first_difference() is None


def test_news_of_one_charge_out_of_order_at_once(committed_db: None) -> None:
    with shop() as connection:
        for round_ in range(5):
            jobs = [
                lambda n=n, r=round_: services.record_charges(
                    connection, [pictures.charge(as_of=at(10 * r + n), refunded_minor=10 * r + n)]
                )
                for n in range(THREADS)
            ]
            assert together(connection.tenant_id, *jobs) == []

        with scoping.tenant(connection.tenant_id):
            newest = 40 + THREADS - 1
            assert Charge.objects.get().refunded_minor == newest
            assert MoneyRoot.objects.get().provider_refunded_minor == newest
            assert CustomerTotal.objects.get().refunded_minor == newest
            assert first_difference() is None


def test_holds_never_exceed_what_is_there(committed_db: None) -> None:
    """M11: read under the lock, held under the lock."""
    with shop() as connection:
        with scoping.tenant(connection.tenant_id):
            services.record_charges(connection, [pictures.charge()])
        root_id = mirrored_id(connection.id, "root", "pi_1")

        def hold() -> None:
            root = locked_root(root_id)
            wanted = Money.of(2000, "EUR")
            if not available(root) < wanted:
                place_hold(root.id, ids.new_id(), wanted)

        assert together(connection.tenant_id, *[hold] * THREADS) == []

        with scoping.tenant(connection.tenant_id):
            assert MoneyRoot.objects.get().held_minor == 4000


def test_a_newcomer_during_a_merge_follows_it(committed_db: None) -> None:
    for _ in range(5):
        with shop() as connection:
            with scoping.tenant(connection.tenant_id):
                people = [
                    pictures.customer(f"cus_{n}", email=f"p{n}@shop.example") for n in range(2)
                ]
                services.record_customers(connection, people)
                stored = list(GatewayCustomer.objects.order_by("external_id"))
            late = pictures.customer("cus_9", email="p1@shop.example")

            errors = together(
                connection.tenant_id,
                lambda: merge_customers(
                    stored[0].customer_id,  # noqa: B023  joined before the next round
                    stored[1].customer_id,  # noqa: B023
                    actor=SYSTEM,
                ),
                lambda: services.record_customers(connection, [late]),  # noqa: B023
            )

            assert errors == []
            with scoping.tenant(connection.tenant_id):
                belongs = GatewayCustomer.objects.values_list("customer_id", flat=True)
                assert set(belongs) == {stored[0].customer_id}
                assert Customer.objects.filter(merged_into=None).count() == 1


@pytest.mark.parametrize("second", ["undo the outer merge", "merge again"])
def test_groupings_of_one_family_take_turns(committed_db: None, second: str) -> None:
    """One is not committed yet when the other begins: every record is where its arrows lead."""
    with shop() as connection:
        with scoping.tenant(connection.tenant_id):
            people = [pictures.customer(f"cus_{n}", email=f"p{n}@shop.example") for n in range(4)]
            services.record_customers(connection, people)
            born = GatewayCustomer.objects.order_by("external_id")
            a, b, c, d = born.values_list("customer_id", flat=True)
            inner = merge_customers(b, c, actor=SYSTEM)
            outer = merge_customers(a, b, actor=SYSTEM)
        has_begun = threading.Event()

        def undo_slowly() -> None:
            unmerge(inner.id, actor=SYSTEM)
            has_begun.set()
            time.sleep(0.5)

        def meanwhile() -> None:
            has_begun.wait(20)
            if second == "merge again":
                merge_customers(d, a, actor=SYSTEM)
            else:
                unmerge(outer.id, actor=SYSTEM)

        assert together(connection.tenant_id, undo_slowly, meanwhile) == []
        with scoping.tenant(connection.tenant_id):
            for record in GatewayCustomer.objects.all():
                assert record.customer_id == current_customer_id(record.home_id)


def test_gateways_that_know_the_same_people_never_wait_in_a_circle(committed_db: None) -> None:
    """M17: who is born to a known person takes its row at once as strongly as it will need it."""
    emails = [f"person{n}@example.com" for n in range(60)]
    with shop() as known:
        with scoping.tenant(known.tenant_id):
            others = [
                make_connection(known.tenant, account_id=f"acct_{n}") for n in range(2, 2 + THREADS)
            ]
            services.record_customers(
                known, [pictures.customer(f"old_{each}", email=each) for each in emails]
            )
        for turn in range(4):
            jobs = [
                lambda connection=connection, turn=turn: services.record_customers(
                    connection,
                    [pictures.customer(f"{turn}_{each}", email=each) for each in emails],
                )
                for connection in others
            ]
            assert together(known.tenant_id, *jobs) == []
