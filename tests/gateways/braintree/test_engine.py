"""Braintree from the engine's side: imports, orders and polls end as the provider's books say."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest

from audit.models import AuditEvent
from audit.verbs import Verb
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.runtime.processes import wait_until
from chargedesk.sync.models import RunKind, RunState, SyncRun
from chargedesk.sync.services import backfill, inbox, polling, start_connection
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services.connecting import connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.contract import Credentials
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop
from tests.conftest import Running
from tests.contracts.braintree.harness import BraintreeHarness
from tests.services.accounts import Account, new_tenant, new_user
from tests.sync.pictures import picture

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")
DEMO = {
    "environment": "sandbox",
    "merchant_id": "aurora_braintree",
    "public_key": "aurora_public",
    "private_key": "aurora_private",
}


@dataclass(frozen=True)
class _Desk:
    """A tenant connected to a merchant of its own."""

    merchant: BraintreeHarness
    shop: Shop

    def charge(self, **wanted: object) -> Charge:
        """A sale that the ledger knows."""
        external_id = self.merchant.make("charge", amount=9000, **wanted)["id"]
        adapter = registry.adapter("braintree")
        page = adapter.page(self.merchant.credentials(), ObjectKind.CHARGE)
        with scoping.tenant(self.shop.tenant.id):
            record_snapshots(self.shop.connection, page.snapshots)
        return self.shop.charge(external_id)

    def arm(self, kind: str, **more: float) -> None:
        """Let the next refund suffer."""
        self.merchant.control(
            "faults",
            account=self.merchant.merchant,
            path_regex="/refund$",
            method="POST",
            kind=kind,
            times=1,
            **more,
        )

    def refunded(self, external_id: str) -> int:
        """What the provider's own books say went back."""
        return int(self.merchant.books()[external_id]["refunded_minor"])

    def refunds_made(self) -> int:
        """How many refunds calls of ours have made."""
        return self.merchant.effects().count("refund.created")


@pytest.fixture
def desk(committed_db: None, sandbox: Running) -> _Desk:
    """A merchant, and a tenant connected to it."""
    merchant = BraintreeHarness(sandbox.url)
    connection = _connect(merchant.credentials())
    with scoping.tenant(connection.tenant_id):
        tenant = connection.tenant
    shop = Shop(tenant, connection, cast(Account, merchant))
    return _Desk(merchant, shop)


def _connect(credentials: Credentials) -> Connection:
    return connect_gateway(
        new_tenant().id,
        provider="braintree",
        values=dict(credentials.values),
        actor=member_actor(new_user()),
        api_base=credentials.api_base,
    )


def _read_all(connection: Connection) -> SyncRun:
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    backfill.advance(run.tenant_id, run.id, budget_s=60)
    with scoping.tenant(connection.tenant_id):
        return SyncRun.objects.get(id=run.id)


def _poll(connection: Connection) -> int:
    with scoping.tenant(connection.tenant_id):
        watch = SyncRun.objects.get(connection=connection, kind=RunKind.INCREMENTAL)
    unheard = polling.poll(connection.tenant_id, watch.id)
    while inbox.handle_batch(connection.tenant_id, connection.id):
        pass
    return unheard


def _let_a_second_pass() -> None:
    """Dates count whole seconds, and news of the same second is no newer (M18)."""
    time.sleep(1.1)


def _incidents(intent: ActionIntent) -> list[str]:
    with scoping.tenant(intent.tenant_id):
        rows = AuditEvent.objects.filter(verb=Verb.INCIDENT_RAISED, details__intent=str(intent.id))
        return [each.details["what"] for each in rows]


def _root(desk: _Desk, charge: Charge) -> tuple[int, int]:
    root = desk.shop.root(charge.external_id)
    return root.refunds_minor, root.held_minor


def test_the_whole_demo_is_imported(committed_db: None, sandbox: Running) -> None:
    connection = _connect(Credentials(values=DEMO, api_base=f"{sandbox.url}/braintree"))
    run = _read_all(connection)
    assert (run.state, run.error) == (RunState.DONE, "")
    found = picture(connection)
    assert len(found["Charge"]) > 400
    assert len(found["Refund"]) > 5
    with scoping.tenant(connection.tenant_id):
        told = Subscription.objects.filter(connection=connection)
        assert told.count() > 20
        assert not told.filter(gateway_customer=None).exists()


def test_a_refund_waits_until_it_settles(desk: _Desk) -> None:
    """M16: pending is polled until it ends."""
    charge = desk.charge()
    intent = desk.shop.send(desk.shop.place(charge, 2500))
    assert intent.state == IntentState.PENDING
    assert _root(desk, charge) == (2500, 0)
    _let_a_second_pass()
    desk.merchant.act(charge.external_id, "settle")
    assert desk.shop.find_out(intent).state == IntentState.SUCCEEDED
    assert desk.refunded(charge.external_id) == 2500


def test_a_refund_that_fails_gives_the_amount_back(desk: _Desk) -> None:
    charge = desk.charge()
    intent = desk.shop.send(desk.shop.place(charge, 2500))
    _let_a_second_pass()
    desk.merchant.act(charge.external_id, "fail_refund")
    assert desk.shop.find_out(intent).state in {IntentState.FAILED, IntentState.REVERSED}
    assert _root(desk, charge) == (0, 0)
    assert desk.refunded(charge.external_id) == 0


@pytest.mark.parametrize("kind", ["answer_lost_after_effect", "half_body", "stored_500"])
def test_an_unanswered_refund_is_found_and_never_sent_again(desk: _Desk, kind: str) -> None:
    """M4, M7: the marker settles."""
    charge = desk.charge()
    desk.arm(kind)
    intent = desk.shop.send(desk.shop.place(charge, 2500))
    assert intent.state == IntentState.UNKNOWN
    assert desk.shop.find_out(intent).state == IntentState.PENDING
    assert desk.refunds_made() == 1
    assert _root(desk, charge) == (2500, 0)


@pytest.mark.parametrize("is_done", [True, False])
def test_without_a_key_an_unanswered_refund_is_looked_for_likewise(
    desk: _Desk, *, is_done: bool
) -> None:
    """M4, M7: the marker settles, or two empty look-ups; the key was never what proves."""
    charge = desk.charge()
    desk.merchant.forbid_keys()
    # The first request is refused for its key; the second one's answer is lost.
    desk.arm("delay_after_effect")
    desk.arm("answer_lost_after_effect" if is_done else "answer_lost_before_effect")
    intent = desk.shop.send(desk.shop.place(charge, 2500))
    assert intent.state == IntentState.UNKNOWN
    found = desk.shop.find_out(intent)
    if is_done:
        assert found.state == IntentState.PENDING
    else:
        assert found.state == IntentState.UNKNOWN
        desk.shop.change(intent, first_empty_look_up_at=clock.now() - timedelta(minutes=11))
        assert desk.shop.find_out(intent).failure_code == "not_executed"
    assert desk.refunds_made() == int(is_done)
    assert _root(desk, charge) == (2500 if is_done else 0, 0)


def test_a_refund_that_comes_late_reopens_its_order(desk: _Desk) -> None:
    """M7: nothing was found twice, and yet the marker turns up; nothing is sent again."""
    charge = desk.charge()
    desk.arm("late_effect", delay_s=8)
    intent = desk.shop.find_out(desk.shop.send(desk.shop.place(charge, 2500)))
    desk.shop.change(intent, first_empty_look_up_at=clock.now() - timedelta(minutes=11))
    ended = desk.shop.find_out(intent)
    assert (ended.state, ended.failure_code) == (IntentState.FAILED, "not_executed")
    assert wait_until(lambda: desk.refunds_made() == 1, timeout_s=60)
    desk.shop.sync_refunds()
    reopened = desk.shop.intent(intent.id)
    assert (reopened.state, reopened.failure_code) == (IntentState.PENDING, "")
    assert _root(desk, charge) == (2500, 0)
    assert _incidents(intent) == ["marker found after all"]
    assert desk.refunds_made() == 1


@pytest.mark.parametrize("kind", ["answer_lost_before_effect", "reset", "error_500"])
def test_an_unanswered_refund_that_never_was_stays_unknown_at_first(desk: _Desk, kind: str) -> None:
    """M7: one empty look-up proves nothing, and nothing is sent again."""
    charge = desk.charge()
    desk.arm(kind)
    intent = desk.shop.find_out(desk.shop.send(desk.shop.place(charge, 2500)))
    assert intent.state == IntentState.UNKNOWN
    assert desk.refunds_made() == 0
    assert desk.shop.root(charge.external_id).held_minor == 2500


def test_nothing_found_twice_was_not_executed(desk: _Desk) -> None:
    """M7: an empty answer is proof after two look-ups ten minutes apart; nothing is sent again."""
    charge = desk.charge()
    desk.arm("answer_lost_before_effect")
    intent = desk.shop.find_out(desk.shop.send(desk.shop.place(charge, 2500)))
    desk.shop.change(intent, first_empty_look_up_at=clock.now() - timedelta(minutes=11))
    ended = desk.shop.find_out(intent)
    assert (ended.state, ended.failure_code) == (IntentState.FAILED, "not_executed")
    assert desk.refunds_made() == 0
    assert _root(desk, charge) == (0, 0)


def test_a_refund_of_somebody_else_is_shown_to_a_human(desk: _Desk) -> None:
    """M7: an equal amount without our marker settles nothing."""
    charge = desk.charge()
    desk.arm("answer_lost_before_effect")
    intent = desk.shop.send(desk.shop.place(charge, 2500))
    desk.merchant.act(charge.external_id, "dashboard_refund", amount=2500)
    found = desk.shop.find_out(intent)
    assert found.state == IntentState.UNKNOWN
    assert "25.00 EUR" in found.evidence["seen"]
    assert desk.refunds_made() == 0


def test_a_refund_of_what_is_not_settled_is_declined(desk: _Desk) -> None:
    """M12: nothing is voided instead."""
    charge = desk.charge(outcome="submitted_for_settlement")
    intent = desk.shop.send(desk.shop.place(charge, 2500))
    assert intent.state == IntentState.FAILED
    assert _root(desk, charge) == (0, 0)
    assert desk.merchant.effects() == []


@pytest.mark.parametrize("action", [ActionKind.CAPTURE, ActionKind.VOID])
def test_an_authorization_is_taken_or_given_back(desk: _Desk, action: ActionKind) -> None:
    charge = desk.charge(outcome="uncaptured")
    intent = desk.shop.send(desk.shop.order(action, charge.id))
    assert intent.state == IntentState.SUCCEEDED
    expected = {ActionKind.CAPTURE: "charge.captured", ActionKind.VOID: "charge.voided"}
    assert desk.merchant.effects() == [expected[action]]


def test_a_subscription_ends(desk: _Desk) -> None:
    made = desk.merchant.make("subscription")["id"]
    _read_all(desk.shop.connection)
    with scoping.tenant(desk.shop.tenant.id):
        known = Subscription.objects.get(external_id=made)
    intent = desk.shop.send(desk.shop.order(ActionKind.CANCEL_SUBSCRIPTION, known.id))
    assert intent.state == IntentState.SUCCEEDED
    assert desk.merchant.effects() == ["subscription.canceled"]


def test_what_was_refunded_in_the_control_panel_is_polled(desk: _Desk) -> None:
    """No webhook tells of it (reference 3.3)."""
    charge = desk.charge(age=864_000)
    _read_all(desk.shop.connection)
    _poll(desk.shop.connection)
    _let_a_second_pass()
    desk.merchant.act(charge.external_id, "dashboard_refund", amount=1000)
    assert _poll(desk.shop.connection) == 1
    assert _root(desk, charge) == (1000, 0)
    assert desk.shop.charge(charge.external_id).refunded_minor == 1000
