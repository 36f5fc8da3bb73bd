"""After a restore from backup: what was sent since is known to the gateway only (M9)."""

import time
from datetime import timedelta

import pytest

from chargedesk.actions.acceptance import order_from_json, steps_from_json
from chargedesk.actions.errors import IntentClosedError
from chargedesk.actions.models import ActionIntent, IntentState, SpentBudget
from chargedesk.actions.recovery import tidy
from chargedesk.actions.services import take_back
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Tenant
from gateways import registry
from tests.actions.shop import Shop

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")
HOURS = timedelta(hours=2)


def test_an_order_waits_while_orders_are_paused(shop: Shop) -> None:
    """It may have been sent since the backup: nobody can say that it was not."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 500)
    _pause(shop, "Restored.")
    assert shop.send(intent).state == IntentState.READY
    assert shop.root(intent.target_id).held_minor == 500
    _pause(shop, "")
    assert shop.send(intent).state == IntentState.SUCCEEDED


def test_no_order_expires_while_orders_are_paused(shop: Shop) -> None:
    """How old it is says nothing about what was sent since the backup."""
    intent = _overdue(shop, shop.place(shop.charge(shop.account.charges[0]), 500))
    _pause(shop, "Restored.")
    tidy(shop.tenant.id)
    assert shop.send(intent).state == IntentState.READY
    _pause(shop, "")
    tidy(shop.tenant.id)
    assert shop.intent(intent.id).state == IntentState.EXPIRED


@pytest.mark.parametrize("is_claimed_first", [True, False])
def test_what_was_sent_since_the_backup_is_done(shop: Shop, *, is_claimed_first: bool) -> None:
    """Its refund was read again and carries the marker: it neither expires nor is sent again."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 500)
    _sent_since_the_backup(shop, intent)
    shop.sync_refunds()
    _overdue(shop, intent)
    if is_claimed_first:
        shop.send(intent)
    else:
        tidy(shop.tenant.id)
    ended = shop.intent(intent.id)
    assert (ended.state, ended.result_minor) == (IntentState.SUCCEEDED, 500)
    assert shop.root(intent.target_id).held_minor == 0
    assert len(shop.refunds_made()) == 1


def test_what_was_approved_and_sent_since_the_backup_is_done(shop: Shop) -> None:
    """The backup knows an order that waits for approval, the gateway its refund."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 500)
    shop.change(intent, state=IntentState.AWAITING_APPROVAL, ready_at=None)
    with scoping.tenant(shop.tenant.id):
        # What waits for approval has reserved nothing.
        SpentBudget.objects.update(spent_minor=0)
    _sent_since_the_backup(shop, intent)
    shop.sync_refunds()
    shop.change(intent, created_at=clock.now() - timedelta(hours=25))
    tidy(shop.tenant.id)
    done = shop.intent(intent.id)
    assert done.state == IntentState.SUCCEEDED
    # A gateway's times have whole seconds.
    time.sleep(1.1)
    shop.account.act(done.result_id, "fail_refund")
    shop.sync_refunds()
    assert shop.intent(intent.id).state == IntentState.REVERSED
    with scoping.tenant(shop.tenant.id):
        # What it gives back it had taken.
        assert not SpentBudget.objects.exclude(spent_minor=0).exists()


def test_what_was_sent_since_the_backup_cannot_be_taken_back(shop: Shop) -> None:
    """It would be shown as never sent, and its amount as free."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 500)
    _sent_since_the_backup(shop, intent)
    shop.sync_refunds()
    with scoping.tenant(shop.tenant.id), pytest.raises(IntentClosedError):
        take_back(intent.id, actor=shop.system().actor)


def _pause(shop: Shop, reason: str) -> None:
    Tenant.objects.filter(pk=shop.tenant.id).update(money_paused_reason=reason)


def _overdue(shop: Shop, intent: ActionIntent) -> ActionIntent:
    past = clock.now() - HOURS
    shop.change(intent, ready_at=past, created_at=past, not_before=past)
    return shop.intent(intent.id)


def _sent_since_the_backup(shop: Shop, intent: ActionIntent) -> None:
    """What the workers did whose database was lost."""
    order, (step,) = order_from_json(intent.order), steps_from_json(intent.steps)
    adapter, credentials = registry.adapter("stripe"), gateway_credentials(shop.connection)
    adapter.send(credentials, order, step, deadline=clock.now() + timedelta(seconds=10))
