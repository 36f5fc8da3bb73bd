"""Killed at random and resumed, an import through any adapter ends in the same ledger."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
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
from tests.sync.killing import WITHIN_S, done, let_the_lease_pass, was_killed
from tests.sync.whole_pictures import differences

Store = Callable[..., None]
Sabotage = Callable[..., None]
pytestmark = pytest.mark.usefixtures("committed_db")
# A system that pushes what it has is never read.
READ = [name for name, each in registry.adapters().items() if each.capabilities.reads]
CHARGES, REFUNDS = 130, 4
ENOUGH_KILLS, MOST_KILLS = 2, 6


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
    while halfway < MOST_KILLS and was_killed(
        run, pages=chance.choice((0, 1, 1, 1)), then_s=chance.random() / 30
    ):
        halfway += 0 < done(run) < _done_of(undisturbed)
        let_the_lease_pass(run)
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
    counted, once = done(run), _done_of(undisturbed)
    twice = [] if counted == once else [f"pages counted: {counted} instead of {once}"]
    return [*differences(undisturbed, disturbed), *twice]


def _state(run: SyncRun) -> str:
    with scoping.tenant(run.tenant_id):
        return SyncRun.objects.values_list("state", flat=True).get(id=run.id)


def _done_of(connection: Connection) -> int:
    with scoping.tenant(connection.tenant_id):
        return sum(
            SyncPhase.objects.filter(run__connection=connection).values_list("done", flat=True)
        )
