"""Reads a connection's history, newest first: records and checkpoint of a page together."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillFetchingError
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now

from chargedesk.base import scoping
from chargedesk.ledger.selectors import unfinished
from chargedesk.sync.models import RunKind, RunState, SyncPhase, SyncRun
from chargedesk.sync.services.leases import Lease, LeaseLostError, take_lease
from chargedesk.sync.services.news import Ref
from chargedesk.sync.services.reading import read_again
from chargedesk.sync.services.recording import Outcome, record_batch
from chargedesk.sync.services.rereading import BATCH, batch
from chargedesk.sync.services.setbacks import postpone
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection
from gateways import registry
from gateways.capabilities import Capabilities
from gateways.contract import Page
from gateways.errors import (
    CredentialsError,
    GatewayError,
    UnsupportedError,
)
from gateways.snapshots import ObjectKind

log = structlog.get_logger(__name__)

_RENEWED_EVERY_S = 5.0
_KEPT_UNREADABLE = 20
_SECOND_S = 1.2
# A key that may not read these is of no use; the others are read as far as it goes.
_ESSENTIAL = frozenset(
    {ObjectKind.CHARGE, ObjectKind.CUSTOMER, ObjectKind.PAYMENT, ObjectKind.REFUND}
)


@dataclass(slots=True)
class _Walk:
    """One worker's turn at a run."""

    lease: Lease
    run: SyncRun
    connection: Connection
    phases: list[SyncPhase]
    fetcher: ThreadPoolExecutor
    mark: float

    def next_phase(self) -> SyncPhase | None:
        """First the newest page of every kind, then each to its end: a panel needs a bit of all."""
        open_phases = [each for each in self.phases if not each.is_finished]
        fresh = [each for each in open_phases if each.started_at is None and not each.is_one_by_one]
        return next(iter(fresh or open_phases), None)

    def fetch(self, phase: SyncPhase) -> "Future[Page]":
        """Ask for the phase's next page beside whatever this thread does."""
        kind = ObjectKind(phase.object_kind)
        if phase.is_one_by_one:
            with scoping.tenant(self.lease.tenant_id, durable=True):
                due = unfinished(self.connection.id, kind, after=phase.cursor, limit=BATCH)
            return self.fetcher.submit(partial(batch, self.connection, kind, due))
        adapter = registry.adapter(self.connection.provider)
        return self.fetcher.submit(
            partial(
                adapter.page,
                gateway_credentials(self.connection),
                kind,
                cursor=phase.cursor,
                since=_since(self.run, kind, adapter.capabilities),
            )
        )

    def worked_ms(self) -> int:
        """Milliseconds since the last time this was asked."""
        now = time.monotonic()
        worked, self.mark = now - self.mark, now
        return int(worked * 1000)


def advance(tenant_id: UUID, run_id: UUID, *, budget_s: float) -> bool:
    """Work on a run for about `budget_s` seconds; returns whether there is more to do at once.

    Takes the run's lease; without it nothing happens. A gateway that asks for patience gets it by
    a time in the database, not by a sleeping worker.
    """
    lease = take_lease(tenant_id, run_id)
    if lease is None:
        return False
    try:
        with walking(lease) as walk:
            return _walked(walk, until=time.monotonic() + budget_s)
    except LeaseLostError:
        log.info("sync.lease_lost", run=str(run_id))
    except GatewayError as error:
        postpone(lease, error)
    return False


@contextmanager
def walking(lease: Lease) -> Iterator[_Walk]:
    """One worker's turn at the run it has the lease of."""
    with scoping.tenant(lease.tenant_id, durable=True):
        run = SyncRun.objects.select_related("connection").get(id=lease.run_id)
        phases = list(run.phases.order_by("position"))
    # One thread: the next page is fetched while the last one is stored.
    with ThreadPoolExecutor(max_workers=1) as fetcher:
        yield _Walk(lease, run, run.connection, phases, fetcher, time.monotonic())


def _since(run: SyncRun, kind: ObjectKind, declared: Capabilities) -> datetime | None:
    """How far back this run lists a kind; the moment stays the same through all of its pages."""
    if run.kind != RunKind.RECONCILIATION or kind not in declared.nightly_lists:
        return run.since
    span = declared.nightly_lists[kind]
    return None if span is None else run.started_at - span


def _walked(walk: _Walk, *, until: float) -> bool:
    phase = walk.next_phase()
    coming = walk.fetch(phase) if phase else None
    while phase is not None and coming is not None:
        page = _arrived(walk, phase, coming)
        stored = phase
        _move_on(stored, page)
        phase = walk.next_phase() if time.monotonic() < until else None
        coming = walk.fetch(phase) if phase else None
        store(walk, stored, page)
    return _ended(walk)


def _arrived(walk: _Walk, phase: SyncPhase, coming: "Future[Page]") -> Page:
    while True:
        try:
            return coming.result(timeout=_RENEWED_EVERY_S)
        except StillFetchingError:
            with scoping.tenant(walk.lease.tenant_id, durable=True):
                walk.lease.renew(active_ms=walk.worked_ms())
        except UnsupportedError:
            return Page(snapshots=(), next_cursor="")
        except CredentialsError as error:
            if not error.missing or ObjectKind(phase.object_kind) in _ESSENTIAL:
                raise
            log.warning("sync.kind_not_permitted", kind=phase.object_kind)
            return Page(snapshots=(), next_cursor="", unreadable=(error.missing,))


def _move_on(phase: SyncPhase, page: Page) -> None:
    phase.cursor = page.next_cursor
    phase.is_finished = not page.next_cursor
    phase.started_at = phase.started_at or phase.run.started_at


def store(walk: _Walk, phase: SyncPhase, page: Page) -> None:
    """Record a page, its checkpoint and the lease's renewal in one transaction. LeaseLostError."""
    with scoping.tenant(walk.lease.tenant_id, durable=True):
        # The lease's row first: a worker that lost it writes nothing at all.
        walk.lease.renew(
            active_ms=walk.worked_ms(),
            phase=phase.object_kind,
            state=RunState.RUNNING,
            wait_until=None,
            failures=0,
            error="",
        )
        # First, so that a charge finds its customer instead of leaving a stub.
        record_batch(walk.connection, page.beside)
        outcome = record_batch(walk.connection, page.snapshots)
        _checkpoint(phase, page, outcome)
    if outcome.ties:
        _read_ties(walk, phase, sorted(outcome.ties))


def _checkpoint(phase: SyncPhase, page: Page, outcome: Outcome) -> None:
    unreadable = [*page.unreadable, *outcome.refused]
    phase.unreadable = [*phase.unreadable, *unreadable][-_KEPT_UNREADABLE:]
    SyncPhase.objects.filter(id=phase.id).update(
        cursor=phase.cursor,
        is_finished=phase.is_finished,
        done=F("done") + len(page.snapshots),
        created=F("created") + outcome.created,
        changed=F("changed") + outcome.changed,
        total=page.total if page.total is not None else F("total"),
        unreadable=phase.unreadable,
        started_at=Coalesce("started_at", Now()),
        finished_at=Now() if phase.is_finished else None,
    )


def _read_ties(walk: _Walk, phase: SyncPhase, ties: list[str]) -> None:
    kind = ObjectKind(phase.object_kind)
    # Rare, and short: a read within the same second could not be told to be the newer one (M18).
    time.sleep(_SECOND_S)
    readings = read_again(walk.connection, [Ref(kind, each) for each in ties])
    unsure = [
        tie
        for tie, one in zip(ties, readings, strict=True)
        if not one.snapshots and not one.is_gone
    ]
    with scoping.tenant(walk.lease.tenant_id, durable=True):
        record_batch(walk.connection, [each for one in readings for each in one.snapshots])
        if unsure:
            # The nightly check reads them again; until then the error list names them.
            phase.unreadable = [*phase.unreadable, *unsure][-_KEPT_UNREADABLE:]
            SyncPhase.objects.filter(id=phase.id).update(unreadable=phase.unreadable)


def _ended(walk: _Walk) -> bool:
    is_done = all(each.is_finished for each in walk.phases)
    with scoping.tenant(walk.lease.tenant_id, durable=True):
        if not is_done:
            walk.lease.release()
            return True
        walk.lease.release(state=RunState.DONE, finished_at=Now(), phase="", found=_found(walk.run))
        # All that was there when the run began is here now.
        Connection.objects.filter(id=walk.connection.id).update(
            last_read_at=Greatest("last_read_at", walk.run.started_at)
        )
    log.info("sync.run_done", run=str(walk.run.id), kind=walk.run.kind)
    return False


def _found(run: SyncRun) -> dict[str, dict[str, int]]:
    """What the run read, and what of it was missing here or different, by kind."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in run.phases.order_by("position"):
        # Added one by one: a sum of counters would leave out what is zero.
        found[each.object_kind].update(
            {"read": each.done, "missing": each.created, "different": each.changed}
        )
    return {kind: dict(counts) for kind, counts in found.items()}
