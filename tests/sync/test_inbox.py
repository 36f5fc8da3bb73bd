"""The inbox: complete news recorded as it is, hints read again, and no event in another's way."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.kit import clock, ids
from chargedesk.ledger.models import Change, Charge, Refund
from chargedesk.sync.models import EventState, InboundEvent
from chargedesk.sync.services import inbox, intake, polling, retry_failed
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.services import pause_connection
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from tests.services.accounts import (
    Account,
    Control,
    connect,
    new_tenant,
    new_user,
    open_account,
    reread,
)
from tests.services.statements import counted

pytestmark = pytest.mark.usefixtures("committed_db")
BIG_INT = 10**30


@pytest.fixture
def account(control: Control) -> Iterator[Account]:
    """An account with a customer; its news is put into the inbox by the test."""
    control.post("deliveries", do="pause")
    yield open_account(control, customers=1)
    control.post("deliveries", do="resume")


@pytest.fixture
def connection(account: Account) -> Connection:
    """The account, connected."""
    return connect(account, new_tenant())


def put(connection: Connection, *events: dict[str, Any] | bytes) -> None:
    """Store events as if their webhooks had been accepted."""
    bodies = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in events]
    with scoping.tenant(connection.tenant_id):
        InboundEvent.objects.bulk_create(
            InboundEvent(
                tenant_id=connection.tenant_id,
                connection=connection,
                event_id=_id_in(body),
                body=body,
                received_at=clock.now() + timedelta(microseconds=place),
            )
            for place, body in enumerate(bodies)
        )


def _id_in(body: bytes) -> str:
    try:
        return str(json.loads(body)["id"])
    except (ValueError, KeyError, TypeError):
        return f"evt_{ids.new_id().hex}"


def handle(connection: Connection) -> int:
    """Handle one batch."""
    return inbox.handle_batch(connection.tenant_id, connection.id)


def states(connection: Connection) -> list[str]:
    """What became of the events, oldest first."""
    with scoping.tenant(connection.tenant_id):
        return list(
            InboundEvent.objects.filter(connection=connection)
            .order_by("received_at", "id")
            .values_list("state", flat=True)
        )


def let_wait_pass(connection: Connection) -> None:
    """Behave as if every back-off and lease had run out."""
    with scoping.tenant(connection.tenant_id):
        InboundEvent.objects.filter(connection=connection, retry_at__isnull=False).update(
            retry_at=clock.now() - timedelta(seconds=1)
        )


def charges(connection: Connection) -> list[Charge]:
    """The connection's charges, oldest first."""
    with scoping.tenant(connection.tenant_id):
        return list(Charge.objects.filter(connection=connection).order_by("occurred_at", "id"))


def reads(account: Account) -> int:
    """How often the provider was asked for an object."""
    return len([each for each in account.calls() if each["method"] == "GET"])


def test_complete_event_costs_no_provider_call(account: Account, connection: Connection) -> None:
    """Issue: no provider call where the payload is complete; at most 8 statements alone."""
    account.make("charge", amount=1500)
    put(connection, account.events("charge.succeeded")[-1])
    before = reads(account)
    with CaptureQueriesContext(database) as captured:
        assert handle(connection) == 1
    assert len(counted(captured)) <= 8
    assert reads(account) == before
    [charge] = charges(connection)
    assert (charge.amount_minor, states(connection)) == (1500, [EventState.HANDLED])
    assert handle(connection) == 0
    assert reread(connection).last_event_at is not None


@pytest.mark.parametrize("odd", ["\x00", "\ud800"])
def test_news_whose_id_cannot_be_kept_as_it_is_are_news(
    account: Account, connection: Connection, odd: str
) -> None:
    """What is kept of the id finds the event again, in the inbox and in the gateway's own list."""
    account.make("charge", amount=1500)
    event = account.events("charge.succeeded")[-1]
    event["id"] += odd
    body = json.dumps(event).encode()
    events = [replace(each, raw=body) for each in registry.adapter("stripe").parse_stored(body)]
    with scoping.tenant(connection.tenant_id):
        assert intake.store_listed(connection.id, events, read_at=clock.now()) == 1
        assert intake.store_listed(connection.id, events, read_at=clock.now()) == 0
        assert not polling._unheard(connection, events)
    assert handle(connection) == 1
    [charge] = charges(connection)
    assert (charge.amount_minor, states(connection)) == (1500, [EventState.HANDLED])


def test_batch_of_one_type_stays_within_its_budget(
    account: Account, connection: Connection
) -> None:
    """Issue: at most 10 statements per batch of one type, whatever its size up to 500."""
    account.control.post(
        "seed", account=account.id, customers=30, charges=150, events=True, currency="eur"
    )
    put(connection, *account_events(account, "charge.succeeded"))
    with CaptureQueriesContext(database) as captured:
        assert handle(connection) == 150
    assert len(counted(captured)) <= 10
    assert len(charges(connection)) == 150
    assert set(states(connection)) == {EventState.HANDLED}


def account_events(account: Account, kind: str) -> list[dict[str, Any]]:
    """All events of one type."""
    found: list[dict[str, Any]] = []
    path = f"/v1/events?limit=100&type={kind}"
    while True:
        page = account.request(
            "GET", path + (f"&starting_after={found[-1]['id']}" if found else "")
        )
        found += page["data"]
        if not page["has_more"]:
            return found


def test_order_of_arrival_means_nothing(account: Account, connection: Connection) -> None:
    charge = account.make("charge", amount=1500)
    account.act(charge["id"], "dashboard_refund", amount=500)
    events = account.events("charge") + account.events("refund")
    put(connection, *reversed(events))
    while handle(connection):
        let_wait_pass(connection)
    [stored] = charges(connection)
    assert (stored.refunded_minor, stored.status) == (500, "partially_refunded")
    with scoping.tenant(connection.tenant_id):
        assert [each.amount_minor for each in Refund.objects.all()] == [500]


def test_twice_changes_nothing(account: Account, connection: Connection) -> None:
    account.make("charge", amount=1500)
    event = account.events("charge.succeeded")[-1]
    put(connection, event)
    handle(connection)
    with scoping.tenant(connection.tenant_id):
        before = Change.objects.count()
    put(connection, {**event, "id": f"{event['id']}again"})
    handle(connection)
    with scoping.tenant(connection.tenant_id):
        assert Change.objects.count() == before


def test_foreign_version_is_read_again(account: Account, connection: Connection) -> None:
    account.make("charge", amount=1500)
    event = account.events("charge.succeeded")[-1]
    event["api_version"] = "2019-12-03"
    event["data"]["object"]["amount"] = 1
    put(connection, event)
    before = reads(account)
    handle(connection)
    assert reads(account) > before
    assert [each.amount_minor for each in charges(connection)] == [1500]


def test_read_of_the_same_second_is_repeated(account: Account, connection: Connection) -> None:
    """M18: a read that is not surely newer than the news proves nothing."""
    account.make("charge", amount=1500)
    event = account.events("charge.succeeded")[-1]
    event["api_version"] = "2019-12-03"
    event["created"] += 3600
    put(connection, event)
    handle(connection)
    assert states(connection) == [EventState.WAITING]
    assert handle(connection) == 0
    assert [each.amount_minor for each in charges(connection)] == [1500]


def test_poison_is_set_aside_and_the_rest_goes_on(account: Account, connection: Connection) -> None:
    for amount in (100, 200, 300):
        account.make("charge", amount=amount)
    good = account.events("charge.succeeded")
    poisoned = json.loads(json.dumps(good[1]))
    poisoned["data"]["object"]["amount"] = BIG_INT
    put(connection, good[0], poisoned, b'{"garbage": true}', good[2])
    assert handle(connection) == 4
    assert sorted(each.amount_minor for each in charges(connection)) == [100, 300]
    assert states(connection) == ["handled", "waiting", "waiting", "handled"]
    assert handle(connection) == 0
    for _ in range(12):
        let_wait_pass(connection)
        handle(connection)
    assert states(connection) == ["handled", "failed", "failed", "handled"]
    with scoping.tenant(connection.tenant_id):
        assert all(InboundEvent.objects.filter(state="failed").values_list("error", flat=True))
        assert retry_failed(connection.id) == 2


def test_hint_for_a_missing_object_ends(account: Account, connection: Connection) -> None:
    account.make("charge", amount=1500)
    event = account.events("charge.succeeded")[-1]
    event["api_version"] = "2019-12-03"
    event["data"]["object"]["id"] = "ch_nobody_knows"
    put(connection, event)
    handle(connection)
    assert states(connection) == [EventState.IGNORED]


def test_rate_limit_postpones_hints_only(account: Account, connection: Connection) -> None:
    account.make("charge", amount=1500)
    [complete] = account.events("charge.succeeded")
    hint = {**json.loads(json.dumps(complete)), "id": "evt_hint", "api_version": "2019-12-03"}
    hint["data"]["object"]["id"] = "ch_other"
    account.fault("rate_limited", times=1, delay_s=60)
    put(connection, hint, complete)
    handle(connection)
    assert states(connection) == [EventState.WAITING, EventState.HANDLED]
    with scoping.tenant(connection.tenant_id):
        waiting = InboundEvent.objects.get(event_id="evt_hint")
    assert waiting.retry_at is not None
    assert (waiting.attempts, waiting.retry_at > clock.now()) == (0, True)


def test_refused_key_stops_the_connection_and_loses_nothing(
    account: Account, connection: Connection
) -> None:
    account.make("charge", amount=1500)
    [complete] = account.events("charge.succeeded")
    hint = {**json.loads(json.dumps(complete)), "id": "evt_hint", "api_version": "2019-12-03"}
    account.control.post("accounts", account=account.id, key=account.key, state="revoked")
    put(connection, hint)
    handle(connection)
    assert reread(connection).state == ConnectionState.CREDENTIALS_FAILED
    with scoping.tenant(connection.tenant_id):
        assert AuditEvent.objects.filter(result="key_refused").count() == 1
    # What is complete needs no key.
    put(connection, complete)
    let_wait_pass(connection)
    before = reads_of_all(account)
    handle(connection)
    assert reads_of_all(account) == before
    assert states(connection) == [EventState.WAITING, EventState.HANDLED]
    account.control.post("accounts", account=account.id, key=account.key)


def reads_of_all(account: Account) -> int:
    """Entries of the journal, refused calls included."""
    return len(account.calls())


def test_paused_connection_keeps_its_events(account: Account, connection: Connection) -> None:
    account.make("charge", amount=1500)
    put(connection, account.events("charge.succeeded")[-1])
    with scoping.tenant(connection.tenant_id):
        pause_connection(connection.id, actor=member_actor(new_user()))
    assert handle(connection) == 0
    assert states(connection) == [EventState.WAITING]


def test_workers_side_by_side_handle_each_event_once(
    account: Account, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BATCH", 7)
    account.control.post("seed", account=account.id, customers=5, charges=60, events=True)
    put(connection, *account_events(account, "charge.succeeded"))
    taken: list[int] = []

    def work() -> None:
        try:
            while count := handle(connection):
                taken.append(count)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(taken), len(charges(connection))) == (60, 60)
    assert set(states(connection)) == {EventState.HANDLED}
    with scoping.tenant(connection.tenant_id):
        assert Change.objects.filter(object="charge").count() == 60


def test_one_broken_connection_does_not_block_the_other(
    account: Account, connection: Connection
) -> None:
    other_account = open_account(account.control, customers=1)
    other = connect(other_account, new_tenant())
    for each in (account, other_account):
        each.make("charge", amount=700)
    hint = account.events("charge.succeeded")[-1]
    hint["api_version"] = "2019-12-03"
    account.fault("reset", times=5)
    put(connection, hint)
    put(other, other_account.events("charge.succeeded")[-1])
    handle(connection)
    handle(other)
    assert (states(connection), states(other)) == ([EventState.WAITING], [EventState.HANDLED])
