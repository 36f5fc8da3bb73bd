"""Polling heals what webhooks lose, once, and knows when events are too old to be listed."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import InboundEvent, RunKind, RunState, SyncRun
from chargedesk.sync.services import backfill, inbox, polling, start_connection, sweeping
from chargedesk.tenants.models import Connection
from tests.services.accounts import Account, Control, connect, new_tenant, open_account
from tests.sync.pictures import picture

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def account(control: Control) -> Iterator[Account]:
    """An account whose webhooks never arrive."""
    control.post("deliveries", do="pause")
    yield open_account(control, customers=1, charges=2)
    control.post("deliveries", do="resume")


@pytest.fixture
def connection(account: Account) -> Connection:
    """Connected, history read."""
    connection = connect(account, new_tenant())
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    backfill.advance(run.tenant_id, run.id, budget_s=60)
    return connection


def watch(connection: Connection) -> SyncRun:
    """The connection's incremental run."""
    with scoping.tenant(connection.tenant_id):
        return SyncRun.objects.get(connection=connection, kind=RunKind.INCREMENTAL)


def poll(connection: Connection) -> int:
    """Poll once and handle what came."""
    unheard = polling.poll(connection.tenant_id, watch(connection).id)
    while inbox.handle_batch(connection.tenant_id, connection.id):
        pass
    return unheard


def test_lost_news_is_found_once(account: Account, connection: Connection) -> None:
    charge = account.make("charge", amount=900)
    assert poll(connection) > 0
    assert charge["id"] in {each[0] for each in picture(connection)["Charge"]}
    assert poll(connection) == 0, "the overlap finds what is known"
    with scoping.tenant(connection.tenant_id):
        assert set(InboundEvent.objects.values_list("state", flat=True)) == {"handled"}


def test_late_events_of_the_overlap_are_found(account: Account, connection: Connection) -> None:
    poll(connection)
    time.sleep(1)
    poll(connection)
    charge = account.make("charge", amount=900, created=int(time.time()) - 60)
    assert poll(connection) > 0
    assert charge["id"] in {each[0] for each in picture(connection)["Charge"]}


def test_rate_limit_waits_and_goes_on(account: Account, connection: Connection) -> None:
    account.make("charge", amount=900)
    account.fault("rate_limited", times=1, path_regex="/v1/events")
    assert poll(connection) == 0
    assert watch(connection).state == RunState.WAITING
    with scoping.tenant(connection.tenant_id):
        SyncRun.objects.update(wait_until=None)
    assert poll(connection) > 0
    assert watch(connection).state == RunState.RUNNING


def test_gap_longer_than_events_are_kept_reads_history_again(
    account: Account, connection: Connection
) -> None:
    with scoping.tenant(connection.tenant_id):
        SyncRun.objects.filter(kind=RunKind.INCREMENTAL).update(
            since=clock.now() - timedelta(days=40)
        )
    poll(connection)
    with scoping.tenant(connection.tenant_id):
        states = list(
            SyncRun.objects.filter(kind=RunKind.BACKFILL)
            .order_by("started_at")
            .values_list("state", flat=True)
        )
    assert states == [RunState.DONE, RunState.RUNNING]


def test_sweeps_find_what_nobody_was_woken_for(account: Account, connection: Connection) -> None:
    """The truth is in PostgreSQL: a flushed Redis loses nothing."""
    account.make("charge", amount=900)
    polling.poll(connection.tenant_id, watch(connection).id)
    with scoping.tenant(connection.tenant_id):
        assert connection.id in sweeping.waiting_inboxes()


def test_nightly_sweep_checks_and_prunes(account: Account, connection: Connection) -> None:
    account.make("charge", amount=900)
    poll(connection)
    with scoping.tenant(connection.tenant_id):
        InboundEvent.objects.update(received_at=clock.now() - timedelta(days=36))
    sweeping.start_reconciliations()
    assert sweeping.prune_events() >= 1
    with scoping.tenant(connection.tenant_id):
        assert not InboundEvent.objects.exists()
        assert SyncRun.objects.filter(kind=RunKind.RECONCILIATION).exists()


def test_polling_never_gives_up(account: Account, connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        SyncRun.objects.filter(kind=RunKind.INCREMENTAL).update(failures=500)
    account.fault("error_500", times=1, path_regex="/v1/events")
    poll(connection)
    run = watch(connection)
    assert (run.state, run.failures) == (RunState.WAITING, 501)
    assert run.wait_until is not None
    assert run.wait_until < clock.now() + timedelta(hours=1)


def test_a_gateway_that_hangs_keeps_a_poll_for_a_short_time_only(
    account: Account, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is free for others' news long before an order's own read would give up."""
    monkeypatch.setattr(polling, "CALL_WITHIN_S", 1.0)
    account.fault("delay_before_effect", path_regex="/v1/events", times=1, delay_s=8)
    started = time.monotonic()

    assert poll(connection) == 0

    assert time.monotonic() - started < 8, "so long the answer itself takes"
    assert watch(connection).state == RunState.WAITING
    assert watch(connection).lease_until is None
