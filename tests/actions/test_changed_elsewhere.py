"""What changes at a gateway between the page and the sending stops an order, at every gateway."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from chargedesk.actions.errors import MoneyChangedError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.selectors import preview
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge
from gateways import registry
from gateways.snapshots import ObjectKind
from tests.conftest import Running
from tests.contracts.desks import A_SECOND, firm_at
from tests.crash.town import MOST_MINOR, Firm, place
from tests.crash.wishes import CANCEL, CAPTURE, DECLARED, REFUND, Wish

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")
_THEIRS_MINOR = 100
# What a colleague does meanwhile in the provider's own pages.
_MEANWHILE: dict[str, Callable[[Firm, str], object]] = {
    REFUND.name: lambda firm, charge: firm.refund_elsewhere(charge, _THEIRS_MINOR),
    CAPTURE.name: lambda firm, held: firm.account.act(held, "cancel"),
    CANCEL.name: lambda firm, subscription: firm.account.act(subscription, "cancel"),
}
_PLAYED = tuple(each for each in DECLARED if each[1].name in _MEANWHILE)
# An own system has no record of a dispute, and a shop knows none.
_DISPUTED = tuple(
    gateway
    for gateway, wish in _PLAYED
    if wish is REFUND and ObjectKind.DISPUTE in registry.adapter(gateway).capabilities.reads
)
everywhere = pytest.mark.parametrize(
    ("gateway", "wish"), _PLAYED, ids=[f"{gateway}, {wish.name}" for gateway, wish in _PLAYED]
)


@pytest.fixture
def firm(sandbox: Running, gateway: str) -> Firm:
    """The company that these tests have at this gateway; each orders about an object of its own."""
    return firm_at(sandbox.url, gateway)


@everywhere
def test_what_changed_before_it_was_sent_is_not_sent(firm: Firm, wish: Wish) -> None:
    """M14, R2: read again before the first try; what the page showed is not so any more."""
    object_id, target = firm.object_for(wish)
    intent = _order(firm, wish, object_id, _version(firm, wish, object_id))
    _change(firm, wish, target)
    before = _changes(firm)
    stopped = firm.send(intent)

    assert (stopped.state, stopped.failure_code) == (IntentState.FAILED, "changed_elsewhere")
    assert (stopped.first_try_at, _changes(firm)) == (None, before)
    if wish is REFUND:
        root = firm.root(target)
        assert (root.refunds_minor, root.held_minor) == (_THEIRS_MINOR, 0)


@everywhere
def test_an_older_page_orders_nothing(firm: Firm, wish: Wish) -> None:
    """M14: what we have learned since the page was shown stops its order, and is named."""
    object_id, target = firm.object_for(wish)
    version = _version(firm, wish, object_id)
    _change(firm, wish, target)
    firm.read(target)
    with pytest.raises(MoneyChangedError) as stopped:
        _order(firm, wish, object_id, version)
    if wish is REFUND:
        assert stopped.value.difference["refunded_minor"] == _THEIRS_MINOR
    with scoping.tenant(firm.tenant.id):
        assert not ActionIntent.objects.filter(target_id=target).exists()


@pytest.mark.parametrize("gateway", _DISPUTED)
def test_a_dispute_that_came_meanwhile_stops_a_refund(firm: Firm) -> None:
    """M18: disputes are read before money: else the customer would get it back twice."""
    object_id, charge = firm.object_for(REFUND)
    intent = place(firm, REFUND, object_id)
    time.sleep(A_SECOND)
    firm.account.act(charge, "dispute")
    before = _changes(firm)
    stopped = firm.send(intent)

    assert (stopped.state, stopped.failure_code) == (IntentState.FAILED, "disputed")
    assert (stopped.first_try_at, _changes(firm)) == (None, before)
    assert firm.root(charge).held_minor == 0


def _version(firm: Firm, wish: Wish, object_id: UUID) -> int:
    with scoping.tenant(firm.tenant.id):
        return preview(wish.action, object_id, firm.system()).money_version


def _order(firm: Firm, wish: Wish, object_id: UUID, version: int) -> ActionIntent:
    if wish is not REFUND:
        return firm.order(wish.action, object_id, money_version=version, **wish.more)
    with scoping.tenant(firm.tenant.id):
        charge = Charge.objects.get(pk=object_id)
    return firm.place(charge, MOST_MINOR, money_version=version)


def _change(firm: Firm, wish: Wish, target: str) -> None:
    # The providers' clocks have whole seconds.
    time.sleep(A_SECOND)
    _MEANWHILE[wish.name](firm, target)


def _changes(firm: Firm) -> list[dict[str, Any]]:
    return [call for call in firm.account.calls() if call["effect"]]
