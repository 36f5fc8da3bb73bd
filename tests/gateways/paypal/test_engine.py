"""PayPal from the engine's side, where only the report tells what went back: hours later."""

from datetime import timedelta

import pytest

from chargedesk.actions.models import IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import available, locked_root
from chargedesk.tenants.credentials import gateway_credentials
from gateways.snapshots import ChargeSnapshot, ObjectKind
from tests.conftest import Running
from tests.contracts.desks import Desk
from tests.crash.town import Firm, arm, open_firm
from tests.crash.wishes import REFUND
from tests.services.accounts import Control

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")
APART = timedelta(minutes=11)


@pytest.fixture
def desk(sandbox: Running) -> Desk:
    """A firm with one payment that has no order, as subscriptions and invoices are paid."""
    firm = open_firm(Control(sandbox.url), "paypal", paid=0, others=0, has_webhook=False)
    firm.account.control.switch(f"paypal.report_lag_s.{firm.account.id}", "0")
    firm.read(firm.make("paid", is_bare=True))
    return Desk(firm, REFUND)


def test_a_refund_that_the_report_does_not_show_yet_is_never_failed(desk: Desk) -> None:
    """M7: its key is dead, and long after it was sent nothing is found."""
    intent = desk.place()
    arm(desk.firm, intent, "lookup_lag", delay_s=600)
    arm(desk.firm, intent, "answer_lost_after_effect")
    assert desk.firm.send(intent).state == IntentState.UNKNOWN
    for _ in range(2):
        assert desk.without_key(intent).state == IntentState.UNKNOWN
        desk.firm.change(intent, first_empty_look_up_at=clock.now() - APART)
    assert desk.holds(intent)
    assert desk.firm.account.catch_up() > 0
    assert desk.without_key(intent).state == IntentState.SUCCEEDED
    assert (len(desk.sent(intent)), len(desk.effects(intent))) == (1, 1)


def test_a_report_that_lags_frees_no_money(desk: Desk) -> None:
    """M11: the payment is read again, newer than its refund's answer, and shows none of it."""
    intent = desk.place()
    arm(desk.firm, intent, "lookup_lag", delay_s=600)
    assert desk.firm.send(intent).state == IntentState.SUCCEEDED
    left = _left(desk.firm, intent.target_id)
    assert left.minor == desk.firm.worth["paid"] - (intent.amount_minor or 0)
    credentials = gateway_credentials(desk.firm.connection)
    charge = desk.firm.adapter.read(credentials, ObjectKind.CHARGE, intent.target_id)[0]
    assert isinstance(charge, ChargeSnapshot)
    assert charge.refunded_minor == 0, "the lag was met"
    desk.firm.read(intent.target_id)
    assert _left(desk.firm, intent.target_id) == left


def _left(firm: Firm, charge_id: str) -> Money:
    with scoping.tenant(firm.tenant.id):
        return available(locked_root(firm.charge(charge_id).root_id))
