"""Reading history: newest first, by checkpoints, killed and resumed, patient where asked."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge
from chargedesk.runtime.processes import wait_until
from chargedesk.sync.models import RunKind, RunState, SyncPhase, SyncRun
from chargedesk.sync.selectors import connection_progress
from chargedesk.sync.services import (
    backfill,
    pause_sync,
    resume_sync,
    retry_sync,
    start_connection,
    start_reconciliation,
)
from chargedesk.sync.services.leases import MOST_FAILURES, take_lease
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.services import rotate_credentials
from chargedesk.tenants.services.members import member_actor
from tests.services.accounts import (
    Account,
    Control,
    connect,
    new_tenant,
    new_user,
    open_account,
    reread,
)
from tests.services.ground import ROOT, Ground
from tests.services.statements import counted
from tests.sync.pictures import picture

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def account(control: Control) -> Account:
    """An account with three pages of charges, some refunded."""
    account = open_account(control, customers=15, charges=230)
    for charge in account.charges[:9]:
        account.act(charge, "dashboard_refund", amount=300)
    return account


@pytest.fixture
def connection(account: Account) -> Connection:
    """The account, connected."""
    return connect(account, new_tenant())


def start(connection: Connection) -> SyncRun:
    """Begin the first import."""
    with scoping.tenant(connection.tenant_id):
        return start_connection(connection.id)


def advance(run: SyncRun, *, budget_s: float = 60.0) -> bool:
    """Work on the run."""
    return backfill.advance(run.tenant_id, run.id, budget_s=budget_s)


def now_of(run: SyncRun) -> SyncRun:
    """The run as it is stored now."""
    with scoping.tenant(run.tenant_id):
        return SyncRun.objects.get(id=run.id)


def let_waits_pass(run: SyncRun) -> None:
    """Behave as if the lease of a dead worker and every wait had run out."""
    past = clock.now() - timedelta(seconds=1)
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id).update(wait_until=None)
        SyncRun.objects.filter(id=run.id, lease_until__isnull=False).update(lease_until=past)


def pages_read(account: Account) -> list[str]:
    """The lists that were asked for, in order, by the last word of their path."""
    lists = [each["path"].split("?")[0] for each in account.calls() if each["method"] == "GET"]
    return [path.rsplit("/", 1)[1] for path in lists]


def test_everything_is_there_afterwards(account: Account, connection: Connection) -> None:
    run = start(connection)
    assert advance(run) is False
    facts = picture(connection)
    assert len(facts["Charge"]) == 230
    assert len(facts["Refund"]) == 9
    assert len(facts["GatewayCustomer"]) == 15
    assert not any(each[3] for each in facts["GatewayCustomer"]), "every stub was filled"
    money = account.control.get("money", account=account.id)["objects"]
    assert {each[0]: (each[3], each[4]) for each in facts["Charge"]} == {
        key: (each["captured_minor"], each["refunded_minor"]) for key, each in money.items()
    }
    done = now_of(run)
    assert (done.state, done.lease_token) == (RunState.DONE, None)
    assert done.found["charge"]["read"] == 230
    assert reread(connection).last_read_at == run.started_at


def test_first_page_of_every_kind_comes_first(account: Account, connection: Connection) -> None:
    """Design 6: newest first, so that the panel is useful after the first page."""
    before = len(pages_read(account))
    run = start(connection)
    assert advance(run, budget_s=0.0) is True
    with scoping.tenant(connection.tenant_id):
        newest = set(Charge.objects.values_list("external_id", flat=True))
    assert newest == set(account.charges[-100:])
    while advance(run):
        pass
    order = pages_read(account)[before:]
    assert order[:3] == ["charges", "customers", "payment_intents"]
    assert order.index("coupons") < len(order) - order[::-1].index("charges")


def test_one_page_is_one_transaction(account: Account, connection: Connection) -> None:
    run = start(connection)
    advance(run, budget_s=0.0)
    with scoping.tenant(connection.tenant_id):
        phase = SyncPhase.objects.get(run=run, object_kind="charge")
        assert (phase.done, Charge.objects.count()) == (100, 100)
        assert phase.cursor


def test_killed_at_random_and_resumed_equals_undisturbed(
    account: Account, connection: Connection, ground: Ground
) -> None:
    undisturbed = connect(account, new_tenant())
    advance(start(undisturbed))
    run, chance = start(connection), random.Random(20261122)  # noqa: S311
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "sync_connection", str(connection.id)],
            env=ground.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        before = _done(run)
        _wait_for_progress(run, process, before)
        time.sleep(chance.random() * 0.1)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        let_waits_pass(run)
        if now_of(run).state == RunState.DONE:
            break
    assert kills >= 2
    assert now_of(run).state == RunState.DONE
    assert picture(connection) == picture(undisturbed)
    with scoping.tenant(connection.tenant_id):
        assert SyncPhase.objects.get(run=run, object_kind="charge").done == 230


def _done(run: SyncRun) -> int:
    with scoping.tenant(run.tenant_id):
        return sum(SyncPhase.objects.filter(run=run).values_list("done", flat=True))


def _wait_for_progress(run: SyncRun, process: subprocess.Popen[bytes], before: int) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and _done(run) == before and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_dead_workers_run_is_taken_over_only_after_its_lease(
    account: Account, connection: Connection
) -> None:
    run = start(connection)
    dead = take_lease(run.tenant_id, run.id)
    assert dead is not None
    before = len(account.calls())
    assert advance(run) is False
    assert len(account.calls()) == before
    let_waits_pass(run)
    advance(run)
    assert now_of(run).state == RunState.DONE


def test_two_workers_never_run_one_run(account: Account, connection: Connection) -> None:
    run = start(connection)
    before = len(pages_read(account))

    def work() -> None:
        try:
            while advance(run, budget_s=0.05):
                pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while advance(run):
        pass
    with scoping.tenant(connection.tenant_id):
        assert SyncPhase.objects.get(run=run, object_kind="charge").done == 230
    assert pages_read(account)[before:].count("charges") == 3


def test_retry_after_is_honoured_without_a_sleeping_worker(
    account: Account, connection: Connection
) -> None:
    run = start(connection)
    account.fault("rate_limited", times=1, path_regex="/v1/charges", delay_s=60)
    began = clock.now()
    advance(run)
    waiting = now_of(run)
    assert waiting.state == RunState.WAITING
    assert waiting.wait_until is not None
    assert clock.now() < began + timedelta(seconds=60) <= waiting.wait_until
    asked = len(account.calls())
    assert advance(run) is False
    assert len(account.calls()) == asked
    with scoping.tenant(run.tenant_id):
        progress = connection_progress(connection.id)
    assert progress.wait_reason
    let_waits_pass(run)
    advance(run)
    assert now_of(run).state == RunState.DONE


def test_trouble_waits_longer_each_time_and_ends_with_a_human(
    account: Account, connection: Connection
) -> None:
    run, actor = start(connection), member_actor(new_user())
    account.fault("error_500", times=3, path_regex="/v1/charges")
    waits = []
    for _ in range(3):
        advance(run)
        stored = now_of(run)
        assert stored.wait_until is not None
        waits.append((stored.wait_until - clock.now()).total_seconds())
        let_waits_pass(run)
    assert waits == sorted(waits)
    assert now_of(run).failures == 3
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id).update(failures=MOST_FAILURES - 1)
    account.fault("error_500", times=1, path_regex="/v1/charges")
    advance(run)
    assert now_of(run).state == RunState.FAILED
    with scoping.tenant(run.tenant_id):
        assert retry_sync(connection.id, actor=actor) == 1
    advance(run)
    assert now_of(run).state == RunState.DONE


def test_pause_stops_after_the_page_and_resume_goes_on(
    account: Account, connection: Connection
) -> None:
    run, actor = start(connection), member_actor(new_user())
    advance(run, budget_s=0.0)
    with scoping.tenant(run.tenant_id):
        assert pause_sync(connection.id, actor=actor) == 1
    asked = len(account.calls())
    assert advance(run) is False
    assert len(account.calls()) == asked
    with scoping.tenant(run.tenant_id):
        assert connection_progress(connection.id).state == RunState.PAUSED
        assert resume_sync(connection.id, actor=actor) == 1
        verbs = list(AuditEvent.objects.values_list("verb", flat=True))
    assert {"sync.paused", "sync.resumed"} <= set(verbs)
    advance(run)
    assert now_of(run).state == RunState.DONE


def test_pausing_takes_the_lease_away(account: Account, connection: Connection) -> None:
    run, actor = start(connection), member_actor(new_user())
    rule = account.fault("delay_before_effect", delay_s=4, times=1, path_regex="/v1/charges")
    worker = threading.Thread(target=_advance_and_close, args=[run])
    worker.start()
    assert wait_until(lambda: account.has_met(rule), timeout_s=30)
    with scoping.tenant(run.tenant_id):
        pause_sync(connection.id, actor=actor)
    worker.join()
    assert now_of(run).state == RunState.PAUSED
    assert picture(connection)["Charge"] == []


def _advance_and_close(run: SyncRun) -> None:
    try:
        advance(run)
    finally:
        connections.close_all()


def test_refused_key_stops_and_a_new_one_goes_on(account: Account, connection: Connection) -> None:
    run = start(connection)
    advance(run, budget_s=0.0)
    account.control.post("accounts", account=account.id, key=account.key, state="revoked")
    assert advance(run) is False
    assert reread(connection).state == ConnectionState.CREDENTIALS_FAILED
    with scoping.tenant(run.tenant_id):
        progress = connection_progress(connection.id)
    assert (progress.state, bool(progress.wait_reason)) == ("stopped", True)
    account.control.post("accounts", account=account.id, key=f"{account.key}_new")
    rotate_credentials(
        connection.tenant_id,
        connection.id,
        values={"api_key": f"{account.key}_new"},
        actor=member_actor(new_user()),
    )
    advance(run)
    assert now_of(run).state == RunState.DONE
    assert len(picture(connection)["Charge"]) == 230


def test_kind_the_key_may_not_read_is_left_out(control: Control) -> None:
    reads = [
        f"rak_{name}_read"
        for name in (
            "charge",
            "customer",
            "payment_intent",
            "dispute",
            "balance_transaction_source",
        )
    ]
    account = open_account(control, customers=2, charges=3)
    key = f"rk_test_{account.id}"
    control.post("accounts", account=account.id, key=key, permissions=reads)
    connection = connect(Account(control=control, id=account.id, key=key), new_tenant())
    run = start(connection)
    advance(run)
    assert now_of(run).state == RunState.DONE
    assert len(picture(connection)["Charge"]) == 3
    with scoping.tenant(connection.tenant_id):
        errors = connection_progress(connection.id).errors
    assert any("Subscriptions" in each for each in errors)
    assert any("Fraud warnings" in each for each in errors)
    assert reread(connection).state == ConnectionState.ACTIVE


def test_progress_is_honest_and_never_goes_back(account: Account, connection: Connection) -> None:
    """G4."""
    run, seen = start(connection), []
    while advance(run, budget_s=0.0):
        with scoping.tenant(run.tenant_id):
            seen.append(connection_progress(connection.id))
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert {each.total for each in seen} == {None}
    assert {each.eta_s for each in seen} == {None}
    assert all(each.rate is None for each in seen), "no rate before 10 s of work"
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id).update(active_ms=20_000)
        end = connection_progress(connection.id)
    assert (end.state, end.done == end.total, end.eta_s) == ("done", True, None)
    assert end.rate == pytest.approx(end.done / 20)
    assert end.newest_data_at == run.started_at


def test_one_connections_trouble_never_blocks_another(
    account: Account, connection: Connection
) -> None:
    healthy_account = open_account(account.control, customers=1, charges=5)
    healthy = connect(healthy_account, new_tenant())
    account.fault("rate_limited", times=50)
    run, other = start(connection), start(healthy)
    advance(run)
    advance(other)
    assert (now_of(run).state, now_of(other).state) == (RunState.WAITING, RunState.DONE)


def test_reconciliation_repairs_what_was_missed_and_says_so(
    account: Account, connection: Connection
) -> None:
    advance(start(connection))
    # The clock there knows whole seconds: news of the second just read cannot be told apart.
    time.sleep(1.1)
    account.act(account.charges[-1], "dashboard_refund", amount=200)
    missed = account.make("charge", amount=777)
    with scoping.tenant(connection.tenant_id):
        run = start_reconciliation(connection.id)
    advance(run)
    facts = picture(connection)
    assert missed["id"] in {each[0] for each in facts["Charge"]}
    assert len(facts["Refund"]) == 10
    found = now_of(run).found
    assert (found["charge"]["missing"], found["charge"]["different"]) == (1, 1)
    assert found["refund"]["missing"] == 1
    with scoping.tenant(connection.tenant_id):
        check = connection_progress(connection.id).last_check
        assert SyncRun.objects.filter(kind=RunKind.RECONCILIATION).count() == 1
    assert check is not None
    assert check.missing >= 2


def test_progress_costs_four_statements(account: Account, connection: Connection) -> None:
    advance(start(connection), budget_s=0.0)
    with scoping.tenant(connection.tenant_id), CaptureQueriesContext(database) as captured:
        connection_progress(connection.id)
    assert len(counted(captured)) <= 4


def test_page_costs_few_statements(account: Account, connection: Connection) -> None:
    """A page is one statement per table, its checkpoint and the lease; the phases end it."""
    run = start(connection)
    with CaptureQueriesContext(database) as captured:
        advance(run, budget_s=0.0)
    assert len(counted(captured)) <= 13
