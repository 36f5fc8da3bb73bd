"""Merging people and undoing it loses nothing, in any order."""

from random import Random
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from audit.services import SYSTEM
from audit.verbs import Verb
from chargedesk.ledger import services
from chargedesk.ledger.matching import (
    GroupingError,
    current_customer_id,
    merge_customers,
    separate_gateway_customer,
    unmerge,
)
from chargedesk.ledger.models import Change, Customer, GatewayCustomer
from chargedesk.tenants.models import Connection
from tests.ledger import pictures

PEOPLE = 5


@pytest.fixture
def people(connection: Connection) -> list[UUID]:
    """Five people with a gateway record each."""
    batch = [pictures.customer(f"cus_{n}", email=f"p{n}@shop.example") for n in range(PEOPLE)]
    services.record_customers(connection, batch)
    return list(
        GatewayCustomer.objects.order_by("external_id").values_list("customer_id", flat=True)
    )


def belongings() -> dict[str, UUID]:
    return dict(GatewayCustomer.objects.values_list("external_id", "customer_id"))


def test_a_merge_moves_everything_and_is_told(people: list[UUID]) -> None:
    Change.objects.all().delete()

    merge = merge_customers(people[0], people[1], actor=SYSTEM, reason="same person")

    assert belongings()["cus_1"] == people[0]
    assert current_customer_id(people[1]) == people[0]
    entry = AuditEvent.objects.latest("seq")
    assert (entry.verb, entry.reason, entry.details["merge"]) == (
        "customer.merged",
        "same person",
        str(merge.id),
    )
    assert set(Change.objects.values_list("object", flat=True)) == {"customer", "gateway_customer"}
    with pytest.raises(GroupingError):
        merge_customers(people[1], people[0], actor=SYSTEM)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    wishes=st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_undoing_every_merge_in_any_order_restores(
    people: list[UUID], wishes: list[tuple[int, int]], order: Random
) -> None:
    with transaction.atomic():
        _merge_and_undo(people, wishes, order)
        transaction.set_rollback(True)


def _merge_and_undo(people: list[UUID], wishes: list[tuple[int, int]], order: Random) -> None:
    before = belongings()
    done = []
    for winner, loser in wishes:
        if current_customer_id(people[winner]) != current_customer_id(people[loser]):
            done.append(merge_customers(people[winner], people[loser], actor=SYSTEM))
        expected = {f"cus_{n}": current_customer_id(person) for n, person in enumerate(people)}
        assert belongings() == expected
    order.shuffle(done)

    for merge in done:
        unmerge(merge.id, actor=SYSTEM)
        expected = {f"cus_{n}": current_customer_id(person) for n, person in enumerate(people)}
        assert belongings() == expected

    assert belongings() == before
    assert not Customer.objects.exclude(merged_into=None).exists()


def test_undone_twice_is_undone_once(people: list[UUID]) -> None:
    merge = merge_customers(people[0], people[1], actor=SYSTEM)

    for _ in range(2):
        unmerge(merge.id, actor=SYSTEM)

    assert AuditEvent.objects.exclude(verb=Verb.TENANT_CREATED).count() == 2


def test_a_record_put_elsewhere_stays_there_and_can_go_back(people: list[UUID]) -> None:
    merge = merge_customers(people[0], people[1], actor=SYSTEM)
    record = GatewayCustomer.objects.get(external_id="cus_1")

    alone = separate_gateway_customer(record.id, actor=SYSTEM, reason="a namesake")

    assert belongings()["cus_1"] == alone.id
    unmerge(merge.id, actor=SYSTEM)
    assert belongings()["cus_1"] == alone.id
    home = AuditEvent.objects.get(object_kind="gateway_customer").details["home_before"]
    back = separate_gateway_customer(record.id, to=UUID(home), actor=SYSTEM)
    assert back.id == belongings()["cus_1"] == people[1]
