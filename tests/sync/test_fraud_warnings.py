"""Warnings of fraud on every way in (S3): history, polling, webhooks, in any order and twice."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, FraudWarning
from chargedesk.ledger.selectors import ChargeFacts, charge_detail
from chargedesk.sync.models import InboundEvent, RunKind, SyncRun
from chargedesk.sync.services import backfill, inbox, polling, start_connection
from chargedesk.tenants.models import Connection, ConnectionState
from tests.conftest import Running
from tests.services.accounts import Account, Control, connect, new_tenant, open_account, reread
from tests.sync.posting import post

pytestmark = pytest.mark.usefixtures("committed_db")

NEWS = "radar.early_fraud_warning"


@pytest.fixture
def account(control: Control) -> Iterator[Account]:
    """An account whose webhooks come only as the test posts them."""
    control.post("deliveries", do="pause")
    yield open_account(control, customers=1, charges=1)
    control.post("deliveries", do="resume")


@pytest.fixture
def connection(account: Account) -> Connection:
    """The account, connected; nothing is read yet."""
    return connect(account, new_tenant(), has_webhook=True)


def read_history(connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    while backfill.advance(run.tenant_id, run.id, budget_s=60):
        pass


def poll(connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        run = SyncRun.objects.get(connection=connection, kind=RunKind.INCREMENTAL)
    polling.poll(connection.tenant_id, run.id)
    handle(connection)


def handle(connection: Connection) -> None:
    while inbox.handle_batch(connection.tenant_id, connection.id):
        pass


def states(connection: Connection) -> set[str]:
    with scoping.tenant(connection.tenant_id):
        return set(InboundEvent.objects.values_list("state", flat=True))


def charge_of(connection: Connection, external_id: str) -> ChargeFacts:
    with scoping.tenant(connection.tenant_id):
        found = charge_detail(Charge.objects.get(external_id=external_id).id)
    assert found
    return found


def news_of(account: Account) -> list[dict[str, Any]]:
    return account.events(NEWS)


def warn(account: Account, charge_id: str) -> None:
    account.act(charge_id, "fraud_warning")


def test_history_brings_them(account: Account, connection: Connection) -> None:
    warn(account, account.charges[0])
    read_history(connection)
    assert charge_of(connection, account.charges[0]).can_avoid_dispute


def test_polling_brings_them_and_their_end(account: Account, connection: Connection) -> None:
    read_history(connection)
    warn(account, account.charges[0])
    poll(connection)
    assert charge_of(connection, account.charges[0]).can_avoid_dispute
    with scoping.tenant(connection.tenant_id):
        first = FraudWarning.objects.get()
    # Events have whole seconds: two of one second are a tie, and read again later.
    time.sleep(1.1)
    account.act(account.charges[0], "dashboard_refund")
    poll(connection)
    with scoping.tenant(connection.tenant_id):
        last = FraudWarning.objects.get()
    assert (last.id, last.is_actionable) == (first.id, False)


def test_webhooks_in_any_order_and_twice(
    account: Account, connection: Connection, live_web: Running
) -> None:
    """The warning's end comes before its beginning, and both before the charge."""
    charge = account.make("charge", amount=4200)
    charged = account.events("charge.succeeded")[-1]
    warn(account, charge["id"])
    account.act(charge["id"], "dashboard_refund")
    warned, ended = news_of(account)
    # The sandbox made both within one second, which says nothing about their order.
    ended["created"] = warned["created"] + 1
    for event in (ended, warned, charged, warned, ended):
        assert post(live_web.url, connection, event).ok
        handle(connection)
    facts = charge_of(connection, charge["id"])
    assert [each.is_actionable for each in facts.fraud_warnings] == [False]
    assert states(connection) == {"handled"}


def test_a_warning_waits_for_its_charge(
    account: Account, connection: Connection, live_web: Running
) -> None:
    charge = account.make("charge", amount=4200)
    charged = account.events("charge.succeeded")[-1]
    warn(account, charge["id"])
    (warned,) = news_of(account)
    assert post(live_web.url, connection, warned).ok
    handle(connection)
    assert post(live_web.url, connection, charged).ok
    handle(connection)
    assert charge_of(connection, charge["id"]).can_avoid_dispute


def test_a_key_without_the_right_loses_nothing_else(
    account: Account, control: Control, live_web: Running
) -> None:
    """Its own news is complete and needs no right; what must be read again is left to a person."""
    rights = ("charge", "customer", "payment_intent", "dispute", "event", "product", "plan")
    reads = [f"rak_{each}_read" for each in (*rights, "balance_transaction_source")]
    key = f"rk_test_{account.id}"
    control.post("accounts", account=account.id, key=key, permissions=[*reads, "rak_webhook_write"])
    limited = Account(control=control, id=account.id, key=key)
    connection = connect(limited, new_tenant(), has_webhook=True)
    warn(account, account.charges[0])
    read_history(connection)
    assert charge_of(connection, account.charges[0]).fraud_warnings == ()
    (warned,) = news_of(account)
    hint = {**warned, "id": "evt_hint", "api_version": "2024-06-20"}
    for event in (hint, json.loads(json.dumps(warned))):
        assert post(live_web.url, connection, event).ok
    handle(connection)
    assert charge_of(connection, account.charges[0]).can_avoid_dispute
    assert reread(connection).state == ConnectionState.ACTIVE
