"""One purchase, two records (M10): linked when it is sure, counted once, whichever comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import available, locked_root, place_hold
from chargedesk.ledger.models import Change, Charge, CustomerTotal, Hold, MoneyRoot
from chargedesk.ledger.purchases import settle_purchases, unsettled_charges
from chargedesk.ledger.rollups import first_difference, rebuild_summaries
from chargedesk.ledger.services import record_charges, record_refunds, record_snapshots
from chargedesk.tenants.models import Connection, ConnectionState, Tenant
from gateways.snapshots import ChargeSnapshot, ChargeStatus
from tests.ledger import pictures
from tests.ledger.conftest import make_connection, make_tenant
from tests.ledger.pictures import at
from tests.ledger.test_concurrency import together

pytestmark = pytest.mark.usefixtures("committed_db")


@dataclass(frozen=True)
class Town:
    """A tenant with a shop and the payment gateway its orders are paid through."""

    tenant: Tenant
    gateway: Connection
    shop: Connection

    def inner(self, *, via: Connection | None = None, **facts: Any) -> None:
        """The gateway tells of its charge `ch_1`."""
        self.tell(via or self.gateway, pictures.charge(**facts))

    def outer(self, number: str = "1042", *, via: Connection | None = None, **facts: Any) -> None:
        """The shop tells of an order that was paid by `ch_1`."""
        self.tell(via or self.shop, order(number, **facts))

    def tell(self, connection: Connection, *snapshots: ChargeSnapshot) -> None:
        """Bring a batch to the door."""
        with scoping.tenant(self.tenant.id):
            record_charges(connection, snapshots)

    def links(self) -> dict[str, str]:
        """Inner root to outer root."""
        with scoping.tenant(self.tenant.id):
            rows = MoneyRoot.objects.exclude(parent=None)
            return dict(rows.values_list("external_id", "parent__external_id"))

    def counted(self) -> list[tuple[int, int, int]]:
        """Paid, refunded and number, of every customer's totals that are not zero."""
        with scoping.tenant(self.tenant.id):
            assert first_difference() is None
            rows = CustomerTotal.objects.exclude(charges=0)
            return list(rows.values_list("paid_minor", "refunded_minor", "charges"))

    def shadows(self) -> set[str]:
        """The charges another record tells of."""
        with scoping.tenant(self.tenant.id):
            return set(Charge.objects.filter(is_shadow=True).values_list("external_id", flat=True))


def order(number: str = "1042", **facts: Any) -> ChargeSnapshot:
    """An order of the shop, paid by the gateway's `ch_1` unless it says otherwise."""
    usual = {"payment_id": "", "customer_id": "7", "paid_through": "stripe:ch_1"}
    return pictures.charge(number, **{**usual, **facts})


@pytest.fixture
def town() -> Town:
    """A tenant with a shop and a payment gateway."""
    tenant = make_tenant()
    with scoping.tenant(tenant.id):
        shop = make_connection(tenant, account_id="shop")
        Connection.objects.filter(pk=shop.pk).update(provider="woocommerce")
        shop.refresh_from_db()
        return Town(tenant, make_connection(tenant), shop)


@pytest.mark.parametrize("turns", set(permutations(["inner", "outer", "inner", "outer"])))
def test_either_side_may_come_first_and_come_again(town: Town, turns: Sequence[str]) -> None:
    for turn in turns:
        getattr(town, turn)()
    assert town.links() == {"pi_1": "1042"}
    assert town.counted() == [(5000, 0, 1)]
    assert town.shadows() == {"ch_1"}


def test_a_mixed_batch_links_too(town: Town) -> None:
    with scoping.tenant(town.tenant.id):
        record_snapshots(
            town.shop, [order(), pictures.refund("re_9", charge_id="1042", payment_id="")]
        )
        record_snapshots(town.gateway, [pictures.payment(), pictures.charge(), pictures.refund()])
    assert town.links() == {"pi_1": "1042"}


def test_an_order_may_name_the_payment_instead(town: Town) -> None:
    town.outer(paid_through="stripe:pi_1")
    town.inner()
    assert town.links() == {"pi_1": "1042"}


@pytest.mark.parametrize(
    "facts",
    [
        {"paid_through": "stripe:ch_2"},
        {"paid_through": "braintree:ch_1"},
        {"paid_through": ""},
        {"amount_minor": 4999},
        {"currency": "USD"},
        {"deleted": True},
    ],
)
def test_what_is_not_sure_is_no_link(town: Town, facts: dict[str, Any]) -> None:
    town.inner()
    town.outer(**facts)
    assert town.links() == {}
    assert town.shadows() == set()


def test_an_authorization_stays_by_itself_until_it_is_captured(town: Town) -> None:
    town.outer(status=ChargeStatus.AUTHORIZED, captured_minor=0)
    town.inner(status=ChargeStatus.AUTHORIZED, captured_minor=0)
    assert town.links() == {}
    town.inner(as_of=at(5))
    assert town.links() == {"pi_1": "1042"}


def test_two_orders_that_name_one_charge_are_none_of_it(town: Town) -> None:
    town.inner()
    town.outer()
    town.outer("1043")
    assert town.links() == {}
    assert sorted(town.counted()) == [(5000, 0, 1), (10000, 0, 2)]
    town.outer("1043", as_of=at(5), amount_minor=100)
    assert town.links() == {"pi_1": "1042"}


def test_one_order_that_two_accounts_know_is_of_neither(town: Town) -> None:
    with scoping.tenant(town.tenant.id):
        other = make_connection(town.tenant, account_id="acct_2")
    town.outer()
    town.inner()
    town.inner(via=other)
    assert town.links() == {}


def test_another_tenants_charge_is_never_meant(town: Town) -> None:
    """M10: only within one tenant."""
    stranger = make_tenant()
    with scoping.tenant(stranger.id):
        theirs = make_connection(stranger)
        record_charges(theirs, [pictures.charge()])
    town.outer()
    assert town.links() == {}


def test_a_link_ends_when_the_facts_change_and_begins_again(town: Town) -> None:
    town.inner()
    town.outer()
    town.outer(as_of=at(5), amount_minor=4000, captured_minor=4000)
    assert (town.links(), town.shadows()) == ({}, set())
    assert sorted(town.counted()) == [(4000, 0, 1), (5000, 0, 1)]
    town.outer(as_of=at(6), paid_through="")
    town.outer(as_of=at(9))
    assert town.links() == {"pi_1": "1042"}
    assert town.counted() == [(5000, 0, 1)]


def test_what_goes_back_on_both_sides_counts_once(town: Town) -> None:
    """M11: the gateway's own row of what the shop refunded is the same money."""
    town.inner()
    town.outer()
    town.outer(as_of=at(5), refunded_minor=1000)
    town.inner(as_of=at(6), refunded_minor=1000)
    assert town.counted() == [(5000, 1000, 1)]
    with scoping.tenant(town.tenant.id):
        record_refunds(town.gateway, [pictures.refund()])
        outer = MoneyRoot.objects.get(external_id="1042")
        assert str(available(outer)) == "40.00 EUR"


def test_what_goes_back_behind_the_shop_counts_too(town: Town) -> None:
    """M11, M14: the gateway's dashboard gave it back; the shop does not know."""
    town.inner()
    town.outer()
    with scoping.tenant(town.tenant.id):
        before = MoneyRoot.objects.get(external_id="1042").money_version
    town.inner(as_of=at(6), refunded_minor=1500)
    assert town.counted() == [(5000, 1500, 1)]
    with scoping.tenant(town.tenant.id):
        outer = MoneyRoot.objects.get(external_id="1042")
        assert str(available(outer)) == "35.00 EUR"
        assert outer.money_version > before
        charge = Charge.objects.get(external_id="1042")
        assert str(charge.given_back) == "15.00 EUR"
        assert rebuild_summaries() == 0


def test_holds_move_with_the_money(town: Town) -> None:
    town.inner()
    with scoping.tenant(town.tenant.id):
        place_hold(MoneyRoot.objects.get().id, ids.new_id(), Money.of(700, "EUR"))
    town.outer()
    with scoping.tenant(town.tenant.id):
        assert Hold.objects.get().root.external_id == "1042"
        outer = locked_root(MoneyRoot.objects.get(external_id="pi_1").id)
        assert (outer.external_id, str(available(outer))) == ("1042", "43.00 EUR")


def test_readers_of_the_feed_hear_of_a_link(town: Town) -> None:
    town.inner()
    town.outer()
    with scoping.tenant(town.tenant.id):
        inner = Charge.objects.get(external_id="ch_1")
        told = Change.objects.filter(object="charge", object_id=inner.id)
        assert told.count() == 2


@pytest.mark.parametrize("removed", ["shop", "gateway"])
def test_a_removed_connection_loses_the_money_and_it_still_counts_once(
    town: Town, removed: str
) -> None:
    town.inner()
    town.outer()
    connection = getattr(town, removed)
    with scoping.tenant(town.tenant.id):
        Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.REMOVED)
        found = unsettled_charges(since=at(10**9))
    assert settle_purchases(town.tenant.id, found) == 1
    assert town.links() == {}
    assert town.shadows() == {"1042" if removed == "shop" else "ch_1"}
    assert town.counted() == [(5000, 0, 1)]
    with scoping.tenant(town.tenant.id):
        assert unsettled_charges(since=at(10**9)) == []


def test_records_that_arrive_at_the_same_moment_are_found_afterwards(town: Town) -> None:
    """Neither transaction sees the other's row; whoever sweeps sees both."""
    for number in range(5):
        name = f"ch_{number}"
        inner = pictures.charge(name, payment_id=f"pi_{name}")
        outer = order(f"o_{name}", paid_through=f"stripe:{name}")
        errors = together(
            town.tenant.id,
            partial(record_charges, town.gateway, [inner]),
            partial(record_charges, town.shop, [outer]),
        )
        assert errors == []
    with scoping.tenant(town.tenant.id):
        left = unsettled_charges()
    settle_purchases(town.tenant.id, left)
    assert town.links() == {f"pi_ch_{n}": f"o_ch_{n}" for n in range(5)}
    assert len(town.counted()) == 1


def test_many_at_once_from_both_sides(town: Town) -> None:
    """No deadlock, nothing linked twice, nothing counted twice."""
    inner = [
        pictures.charge(f"ch_{n}", payment_id=f"pi_{n}", customer_id=f"cus_{n % 3}")
        for n in range(30)
    ]
    outer = [
        order(f"{n}", paid_through=f"stripe:ch_{n}", customer_id=f"{n % 4}") for n in range(30)
    ]
    errors = together(
        town.tenant.id,
        *(
            partial(record_charges, via, part)
            for via, batch in ((town.gateway, inner), (town.shop, outer))
            for part in (batch, batch[::-1], batch[10:])
        ),
    )
    assert errors == []
    with scoping.tenant(town.tenant.id):
        left = unsettled_charges()
    settle_purchases(town.tenant.id, left)
    assert len(town.links()) == 30
    assert sum(paid for paid, _back, _number in town.counted()) == 30 * 5000
