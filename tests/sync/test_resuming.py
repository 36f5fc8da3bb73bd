"""Killed at random and resumed, an import through any adapter ends in the same ledger."""

import multiprocessing
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connections
from django.db.models import F

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import RunState, SyncPhase, SyncRun
from chargedesk.sync.services import backfill, start_connection
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.conftest import Running
from tests.contracts.harness import GatewayHarness
from tests.services.accounts import new_tenant, new_user
from tests.sync.whole_pictures import differences

Store = Callable[..., None]
Sabotage = Callable[..., None]
pytestmark = pytest.mark.usefixtures("committed_db")
# A system that pushes what it has is never read.
READ = [name for name, each in registry.adapters().items() if each.capabilities.reads]
CHARGES, REFUNDS = 130, 4
ENOUGH_KILLS, MOST_KILLS = 2, 6
WITHIN_S = 60
# Own processes by fork: starting one anew would take longer than what is killed.
FORK = multiprocessing.get_context("fork")


@pytest.fixture(params=READ)
def harness(request: pytest.FixtureRequest, sandbox: Running) -> GatewayHarness:
    """An account with a few pages of charges, some refunded, and a subscription."""
    module = import_module(f"tests.contracts.{request.param}.harness")
    made: GatewayHarness = module.make_harness(sandbox.url)
    made.make_charges(CHARGES)
    for _ in range(REFUNDS):
        _carry_out(made, ActionKind.REFUND)
    _carry_out(made, ActionKind.CANCEL_SUBSCRIPTION)
    # Everything is older than the second in which it is read (M18).
    time.sleep(1.1)
    return made


def _carry_out(harness: GatewayHarness, action: ActionKind) -> None:
    order = harness.make_order(action)
    for step in harness.adapter.freeze(order):
        deadline = clock.now() + timedelta(seconds=20)
        harness.adapter.send(harness.credentials(), order, step, deadline=deadline)


def _connected(harness: GatewayHarness) -> tuple[Connection, SyncRun]:
    credentials = harness.credentials()
    connection = connect_gateway(
        new_tenant().id,
        provider=harness.adapter.name,
        values=credentials.values,
        actor=member_actor(new_user()),
        api_base=credentials.api_base,
    )
    with scoping.tenant(connection.tenant_id):
        return connection, start_connection(connection.id)


def test_killed_at_random_and_resumed_is_the_same_byte_for_byte(harness: GatewayHarness) -> None:
    undisturbed, run = _connected(harness)
    assert backfill.advance(run.tenant_id, run.id, budget_s=WITHIN_S) is False
    disturbed, run = _connected(harness)
    seed = secrets.randbits(32)
    chance, halfway = random.Random(seed), 0  # noqa: S311
    # Some lives end before the first page is stored, some within the fetching of a later one.
    while halfway < MOST_KILLS and _was_killed(
        run, pages=chance.choice((0, 1, 1, 1)), then_s=chance.random() / 30
    ):
        halfway += 0 < _done(run) < _done_of(undisturbed)
        _let_the_lease_pass(run)
    backfill.advance(run.tenant_id, run.id, budget_s=WITHIN_S)
    assert _state(run) == RunState.DONE
    assert halfway >= ENOUGH_KILLS, f"seed {seed}: it was over too soon"
    assert _verdict(undisturbed, disturbed, run) == [], f"seed {seed}"


def _skip(store: Store, *page: Any) -> None:
    """What a checkpoint would do that is committed before its records: they never come."""
    walk, phase, whole = page
    store(walk, phase, replace(whole, snapshots=(), beside=()))
    with scoping.tenant(walk.run.tenant_id):
        own = SyncPhase.objects.filter(pk=phase.pk)
        own.update(done=F("done") + len(whole.snapshots))


def _repeat(store: Store, *page: Any) -> None:
    """What records would do that are committed before their checkpoint: they come again."""
    store(*page)
    store(*page)


@pytest.mark.parametrize("harness", ["stripe"], indirect=True)
@pytest.mark.parametrize(
    ("sabotage", "words"), [(_skip, "Charge "), (_repeat, "pages counted")], ids=["skip", "repeat"]
)
def test_a_page_skipped_or_applied_twice_is_seen(
    harness: GatewayHarness, monkeypatch: pytest.MonkeyPatch, sabotage: Sabotage, words: str
) -> None:
    """The negative control: with this sabotage the test above must not pass."""
    undisturbed, run = _connected(harness)
    assert backfill.advance(run.tenant_id, run.id, budget_s=WITHIN_S) is False
    honest = backfill.store
    struck: list[Any] = []

    def store(walk: Any, phase: SyncPhase, page: Any) -> None:
        is_its_turn = phase.object_kind == ObjectKind.CHARGE and page.snapshots and not struck
        if not is_its_turn:
            return honest(walk, phase, page)
        struck.append(page)
        return sabotage(honest, walk, phase, page)

    monkeypatch.setattr(backfill, "store", store)
    sabotaged, run = _connected(harness)
    backfill.advance(run.tenant_id, run.id, budget_s=WITHIN_S)

    assert struck
    assert _state(run) == RunState.DONE
    verdict = _verdict(undisturbed, sabotaged, run)
    assert any(each.startswith(words) for each in verdict), verdict


def _verdict(undisturbed: Connection, disturbed: Connection, run: SyncRun) -> list[str]:
    """All that tells the two ledgers, and what was read for them, apart."""
    counted, once = _done(run), _done_of(undisturbed)
    twice = [] if counted == once else [f"pages counted: {counted} instead of {once}"]
    return [*differences(undisturbed, disturbed), *twice]


def _was_killed(run: SyncRun, *, pages: int, then_s: float) -> bool:
    """Work on the run in a process that is killed after that many pages; False if it was done."""
    # A child must not close what its parent has open.
    connections.close_all()
    worker = FORK.Process(target=_work, args=[run, pages, then_s], daemon=True)
    worker.start()
    worker.join()
    return worker.exitcode == -signal.SIGKILL


def _work(run: SyncRun, pages: int, then_s: float) -> None:
    # Where a browser's event loop runs, Django keeps the connections from before it aside: the
    # child would find them again, and speak over its parent's socket.
    for inherited in connections.all(initialized_only=True):
        inherited.connection = None
    # The child kills itself: its parent may be late on a busy machine.
    threading.Thread(target=_kill, args=[run, pages, then_s], daemon=True).start()
    backfill.advance(run.tenant_id, run.id, budget_s=WITHIN_S)
    os._exit(0)


def _kill(run: SyncRun, pages: int, then_s: float) -> None:
    for _ in range(pages):
        before = _done(run)
        while _done(run) == before:
            time.sleep(0.002)
    time.sleep(then_s)
    os.kill(os.getpid(), signal.SIGKILL)


def _let_the_lease_pass(run: SyncRun) -> None:
    past = clock.now() - timedelta(seconds=1)
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id, lease_until__isnull=False).update(lease_until=past)


def _state(run: SyncRun) -> str:
    with scoping.tenant(run.tenant_id):
        return SyncRun.objects.values_list("state", flat=True).get(id=run.id)


def _done(run: SyncRun) -> int:
    with scoping.tenant(run.tenant_id):
        return sum(SyncPhase.objects.filter(run=run).values_list("done", flat=True))


def _done_of(connection: Connection) -> int:
    with scoping.tenant(connection.tenant_id):
        return sum(
            SyncPhase.objects.filter(run__connection=connection).values_list("done", flat=True)
        )
