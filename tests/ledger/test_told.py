"""Records told in parts: brought together with what is stored, newest first, nothing lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargedesk.base import scoping
from chargedesk.ledger.locking import totals_agree
from chargedesk.ledger.models import Charge, MoneyRoot, Refund
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.models import Connection
from gateways import registry
from gateways.contract import records_taker
from gateways.errors import PayloadError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind
from tests.api.world import World, make_world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, 0, 500, tzinfo=UTC)
WHOLE = {"amount": "90.00", "currency": "EUR", "customer_id": "cus-1", "status": "paid"}


@pytest.fixture
def world() -> World:
    made = make_world()
    made.add_connection("custom")
    return made


def _told(fields: Mapping[str, Any], *, at: datetime, name: str = "inv-1") -> AnySnapshot:
    """As an adapter hands news over: a picture it can only guess at, and what was told."""
    taker = records_taker(registry.adapter("custom"))
    assert taker is not None
    told = {"transaction_id": name, **fields}
    guess = taker.pictures(ObjectKind.CHARGE, {**WHOLE, **told}, stored=b"", as_of=at)
    return replace(guess[0], told=told)


def _record(world: World, *told: AnySnapshot, connection: Connection | None = None) -> None:
    with scoping.tenant(world.tenant.id):
        record_snapshots(connection or world.connections[1], told)


def _charge(world: World, name: str = "inv-1") -> Charge:
    with scoping.tenant(world.tenant.id):
        return Charge.objects.get(external_id=name)


def _root(world: World) -> MoneyRoot:
    with scoping.tenant(world.tenant.id):
        root = MoneyRoot.objects.get(external_id="inv-1")
        assert totals_agree(root)
        return root


def _later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_parts_come_together(world: World) -> None:
    _record(world, _told(WHOLE, at=NOON))
    _record(world, _told({"description": "Membership"}, at=_later(1)))
    charge = _charge(world)
    assert (charge.amount_minor, charge.description) == (9000, "Membership")


def test_two_parts_in_one_batch(world: World) -> None:
    _record(
        world,
        _told(WHOLE, at=NOON),
        _told({"metadata": {"a": "1"}}, at=_later(1)),
        _told({"metadata": {"b": "2"}}, at=_later(2)),
    )
    assert _charge(world).metadata == {"a": "1", "b": "2"}


def test_older_news_adds_its_refunds_and_nothing_else(world: World) -> None:
    """A refund is never out of date; a status is (M18)."""
    _record(world, _told(WHOLE, at=NOON))
    _record(world, _told({"status": "disputed"}, at=_later(5)))
    refund = {"refund_id": "back-1", "amount": "10.00"}
    _record(world, _told({"status": "paid", "refunds": [refund]}, at=_later(3)))
    assert _charge(world).status == "disputed"
    assert _root(world).refunds_minor == 1000


def test_a_total_and_single_refunds_are_one_sum(world: World) -> None:
    """M11: whatever comes first, rows and total agree."""
    _record(world, _told({**WHOLE, "amount_refunded": "30.00"}, at=NOON))
    assert _root(world).refunds_minor == 3000
    refunds = [
        {"refund_id": "back-1", "amount": "10.00"},
        {"refund_id": "back-2", "amount": "5.00"},
    ]
    _record(world, _told({"refunds": refunds}, at=_later(1)))
    assert _root(world).refunds_minor == 3000
    _record(world, _told({"amount_refunded": "15.00"}, at=_later(2)))
    assert _root(world).refunds_minor == 1500
    with scoping.tenant(world.tenant.id):
        assert Refund.objects.exclude(status="canceled").count() == 2


def test_a_refund_that_failed_gives_its_amount_back(world: World) -> None:
    refund = {"refund_id": "back-1", "amount": "10.00", "status": "pending"}
    _record(world, _told({**WHOLE, "refunds": [refund]}, at=NOON))
    assert _root(world).refunds_minor == 1000
    _record(world, _told({"refunds": [{**refund, "status": "failed"}]}, at=_later(1)))
    assert _root(world).refunds_minor == 0
    assert _charge(world).status == "succeeded"


def test_the_same_refund_under_two_names_counts_once(world: World) -> None:
    """Known by its key first, its own id told later."""
    key = {"idempotency_key": "01999999-0000-7000-8000-000000000001-refund", "amount": "10.00"}
    _record(world, _told({**WHOLE, "refunds": [key]}, at=NOON))
    named = {**key, "refund_id": "back-1"}
    _record(world, _told({"refunds": [named], "amount_refunded": "10.00"}, at=_later(1)))
    assert _root(world).refunds_minor == 1000


def test_more_than_was_taken_is_refused(world: World) -> None:
    _record(world, _told(WHOLE, at=NOON))
    refund = {"refund_id": "back-1", "amount": "60.00"}
    _record(world, _told({"refunds": [refund]}, at=_later(1)))
    with pytest.raises(PayloadError):
        _record(world, _told({"refunds": [{**refund, "refund_id": "back-2"}]}, at=_later(2)))
    assert _root(world).refunds_minor == 6000


def test_an_authorization_can_be_captured(world: World) -> None:
    _record(world, _told({**WHOLE, "status": "authorized"}, at=NOON))
    assert (_root(world).capturable_minor, _root(world).captured_minor) == (9000, 0)
    _record(world, _told({"status": "paid", "amount_captured": "50.00"}, at=_later(1)))
    assert (_root(world).capturable_minor, _root(world).captured_minor) == (0, 5000)


def test_a_gateway_s_records_are_not_told(world: World) -> None:
    with pytest.raises(UnsupportedError):
        _record(world, _told(WHOLE, at=NOON), connection=world.connection)
