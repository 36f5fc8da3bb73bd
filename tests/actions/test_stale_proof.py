"""What is older than the order, or than the look-up that counts, proves nothing (M6, M7, M8)."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from chargedesk.actions.approvals import confirm_resolution, propose_resolution
from chargedesk.actions.errors import IntentClosedError
from chargedesk.actions.execution import SENT_WITH
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.recovery import _claim_open, recover
from chargedesk.actions.settlement import settle_finding, store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge
from chargedesk.runtime.processes import wait_until
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.roles import Role
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.paypal.client import call as paypal_call
from gateways.snapshots import ObjectKind
from tests.actions.elsewhere import open_branch
from tests.actions.shop import Shop
from tests.conftest import Running

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")
CAPTURES: dict[str, Any] = {"path_regex": "/capture$", "method": "POST", "times": 1}
REFUNDS: dict[str, Any] = {"path_regex": "/refunds$", "method": "POST", "times": 1}


def test_an_equal_capture_from_before_is_not_the_orders(sandbox: Running) -> None:
    """M6: the shop itself had taken as much of the hold; ours was not carried out."""
    shop, placed, taken_before = _capture_of_a_hold_partly_taken(sandbox)
    shop.account.fault("error_500", **CAPTURES | {"times": 2})
    intent = _some_time_later(shop, shop.send(placed))

    intent = shop.find_out(intent)

    assert intent.state == IntentState.UNKNOWN, intent.result_id
    assert "25.00 EUR" in intent.evidence["seen"]
    assert shop.find_out(intent).state == IntentState.SUCCEEDED
    assert shop.intent(intent.id).result_id != taken_before


def test_of_two_equal_captures_the_newer_one_is_the_orders(sandbox: Running) -> None:
    """M6: nothing marks a capture, so it is told by when it was made."""
    shop, placed, taken_before = _capture_of_a_hold_partly_taken(sandbox)
    shop.account.fault("answer_lost_after_effect", **CAPTURES)
    time.sleep(1.1)
    intent = shop.send(placed)
    assert intent.state == IntentState.UNKNOWN
    shop.change(intent, first_try_at=clock.now() - timedelta(days=40))

    intent = shop.find_out(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert intent.result_id != taken_before


def test_a_hold_is_older_than_its_capture(shop: Shop) -> None:
    """M6: where the hold itself becomes the charge, its state and amount settle the order."""
    held = shop.account.make("charge", outcome="uncaptured", amount=3000)
    shop.sync()
    charge = shop.charge(held["id"])
    placed = shop.order(ActionKind.CAPTURE, charge.id)
    shop.account.fault("answer_lost_before_effect", **CAPTURES)
    intent = _dead_key(shop, shop.send(placed))
    shop.account.request("POST", f"/v1/payment_intents/{held['payment_intent']}/capture")
    with scoping.tenant(shop.tenant.id):
        Charge.objects.filter(pk=charge.id).update(occurred_at=clock.now() - timedelta(days=3))

    assert shop.find_out(intent).state == IntentState.SUCCEEDED


def test_a_look_up_from_before_the_lease_ended_is_no_second_one(shop: Shop) -> None:
    """M7: the worker was frozen between looking and settling, and another one looked meanwhile."""
    intent = _dead_key(shop, _unanswered(shop))
    shop.change(intent, next_look_up_at=clock.now())
    claim, _ = _claim_open(shop.tenant.id, intent.id)
    assert claim is not None
    seen = claim.adapter.look_up(claim.credentials, claim.order, claim.steps[-1])
    shop.change(intent, lease_until=clock.now() - timedelta(seconds=1))
    assert shop.find_out(intent).first_empty_look_up_at is not None
    shop.change(intent, first_empty_look_up_at=clock.now() - timedelta(minutes=11))

    settle_finding(claim, seen, empty_is_proof=True)

    assert shop.intent(intent.id).state == IntentState.UNKNOWN


def test_a_new_try_is_younger_than_what_was_looked_up_before(shop: Shop) -> None:
    """M7: the old key was put back, so the call was repeated; its own empty look-ups count."""
    intent = _unanswered(shop)
    sent_with = intent.evidence[SENT_WITH]
    shop.change(intent, evidence={**intent.evidence, SENT_WITH: "another"})
    assert shop.find_out(intent).first_empty_look_up_at is not None
    shop.change(intent, evidence={**intent.evidence, SENT_WITH: sent_with})
    shop.account.fault("answer_lost_before_effect", **REFUNDS)

    assert shop.find_out(intent).first_empty_look_up_at is None


@pytest.mark.parametrize("has_succeeded", [True, False])
def test_nobody_settles_by_hand_what_is_being_sent_again(
    shop: Shop, *, has_succeeded: bool
) -> None:
    """M8: it would free the amount while the same order is on its way."""
    intent = _unanswered(shop)
    one, two = shop.person(Role.FINANCE), shop.person(Role.ADMIN)
    told = {"provider_id": "re_by_hand" if has_succeeded else "", "evidence": "The dashboard."}
    propose_resolution(shop.tenant.id, intent.id, proposer=one, has_succeeded=has_succeeded, **told)
    shop.account.fault("delay_before_effect", **REFUNDS, delay_s=6)
    shop.change(intent, next_look_up_at=clock.now())
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(_recovered, shop, intent)
        assert wait_until(lambda: _tries(shop, intent) == 2, timeout_s=30)
        with pytest.raises(IntentClosedError):
            confirm_resolution(shop.tenant.id, intent.id, confirmer=two)
        again.result()
    assert shop.intent(intent.id).state == IntentState.SUCCEEDED
    assert len(shop.refunds_made()) == 1


def _capture_of_a_hold_partly_taken(sandbox: Running) -> tuple[Shop, ActionIntent, str]:
    """A hold of 90.00 EUR, 25.00 of it taken by the shop itself, and an order for as much again."""
    branch = open_branch(sandbox.url, "paypal")
    shop, held = branch.shop, branch.hands.make("authorization", amount=9000)["id"]
    credentials = gateway_credentials(shop.connection)
    part = {"amount": {"value": "25.00", "currency_code": "EUR"}, "final_capture": False}
    path = f"/v2/payments/authorizations/{held}/capture"
    taken = paypal_call(credentials, "POST", path, body=part, deadline=time.monotonic() + 10)
    found = registry.adapter("paypal").read(credentials, ObjectKind.PAYMENT, held)
    with scoping.tenant(shop.tenant.id):
        store(shop.connection, found)
    charge_id = shop.charge(held).id
    placed = shop.order(ActionKind.CAPTURE, charge_id, amount=Money.of(2500, "EUR"))
    return shop, placed, taken.object()["id"]


def _some_time_later(shop: Shop, intent: ActionIntent) -> ActionIntent:
    """As if what was there before had been there for minutes: gateways' times are not exact."""
    shop.change(intent, first_try_at=clock.now() + timedelta(minutes=2))
    return shop.intent(intent.id)


def _unanswered(shop: Shop) -> ActionIntent:
    shop.account.fault("answer_lost_before_effect", **REFUNDS)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 500))
    assert intent.state == IntentState.UNKNOWN
    return intent


def _dead_key(shop: Shop, intent: ActionIntent) -> ActionIntent:
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=13))
    return shop.intent(intent.id)


def _recovered(shop: Shop, intent: ActionIntent) -> None:
    try:
        recover(shop.tenant.id, intent.id)
    finally:
        connections.close_all()


def _tries(shop: Shop, intent: ActionIntent) -> Any:
    with scoping.tenant(shop.tenant.id):
        return intent.tries.count()
