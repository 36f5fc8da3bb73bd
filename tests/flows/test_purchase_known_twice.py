"""One purchase, two records: shown and counted once, refunded through the outer system."""

import time

import pytest

from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.models import IntentState
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.ledger.models import CustomerTotal, Refund
from chargedesk.ledger.rollups import first_difference
from chargedesk.ledger.selectors import ChargeFilter, charge_detail, charges
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.snapshots import ObjectKind
from tests.actions.mall import INNER, OUTER, Mall, open_mall
from tests.conftest import Running

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("turns", [("outer", "inner"), ("inner", "outer")], ids="then".join)
def test_it_is_one_purchase_from_import_to_refund(
    sandbox: Running, outer: str, inner: str, turns: tuple[str, str]
) -> None:
    """M10, M11."""
    mall = open_mall(sandbox.url, outer, inner)
    order, charge = mall.buy(3000)
    mall.read(*turns)
    assert mall.link_of(charge)
    assert _shown(mall) == [order]
    assert _counted(mall) == (3000, 0, 1)

    with pytest.raises(ActionDeniedError) as refused:
        mall.inner.refund(mall.inner.charge(charge), 500)
    assert refused.value.reason == "part_of_purchase"
    assert str(mall.outer.charge(order).id) in refused.value.message
    assert mall.refunds_made() == {outer: 0, inner: 0}

    intent = mall.outer.send(mall.outer.place(mall.outer.charge(order), 1000))
    assert intent.state == IntentState.SUCCEEDED
    # The shop asked its gateway, with a key of its own: one refund at each.
    assert mall.refunds_made() == {outer: 1, inner: 1}

    _read_again(mall, charge)
    assert _counted(mall) == (3000, 1000, 1)
    with scoping.tenant(mall.tenant.id):
        assert Refund.objects.count() == 2
        detail = charge_detail(mall.outer.charge(order).id)
    assert detail is not None
    assert str(detail.root.available) == "20.00 EUR"
    assert detail.paid_through is not None
    assert detail.paid_through.external_id == charge


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("outer", OUTER)
def test_a_refund_behind_the_shop_is_seen_and_not_given_again(
    sandbox: Running, outer: str, inner: str
) -> None:
    """M11: somebody refunded in the gateway's dashboard, and the shop does not know."""
    mall = open_mall(sandbox.url, outer, inner)
    order, charge = mall.buy(3000)
    mall.read("outer", "inner")
    mall.inner.account.act(charge, "dashboard_refund", amount=2500)
    _read_again(mall, charge)
    assert _counted(mall) == (3000, 2500, 1)
    with pytest.raises(ActionDeniedError) as refused:
        mall.outer.refund(mall.outer.charge(order), 1000)
    assert refused.value.reason == "amount_too_large"
    with scoping.tenant(mall.tenant.id):
        detail = charge_detail(mall.outer.charge(order).id)
    assert detail is not None
    assert (str(detail.refunded), str(detail.given_back)) == ("0.00 EUR", "25.00 EUR")


def _shown(mall: Mall) -> list[str]:
    with scoping.tenant(mall.tenant.id):
        assert first_difference() is None
        return [each.external_id for each in charges(ChargeFilter(), limit=9).charges]


def _counted(mall: Mall) -> tuple[int, int, int]:
    with scoping.tenant(mall.tenant.id):
        assert first_difference() is None
        rows = CustomerTotal.objects.values_list("paid_minor", "refunded_minor", "charges")
        paid, refunded, number = (sum(column) for column in zip(*rows, strict=True))
    return paid, refunded, number


def _read_again(mall: Mall, charge_id: str) -> None:
    """The gateway's news lead to reading its charge again; its clock knows whole seconds."""
    time.sleep(1.1)
    connection = mall.inner.connection
    adapter = registry.adapter(connection.provider)
    found = adapter.read(gateway_credentials(connection), ObjectKind.CHARGE, charge_id)
    with scoping.tenant(mall.tenant.id):
        store(connection, found)
