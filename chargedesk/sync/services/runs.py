"""Starts, pauses, resumes and retries the reading of a history, in the tenant's scope."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import RunKind, RunState, SyncPhase, SyncRun
from chargedesk.sync.services.leases import MOVING
from chargedesk.sync.wakeups import ADVANCE_RUN, POLL_EVENTS, wake
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry
from gateways.capabilities import NIGHTLY
from gateways.snapshots import ObjectKind

OPEN = (*MOVING, RunState.PAUSED)

# What a panel needs first comes first.
ORDER = (
    ObjectKind.CHARGE,
    ObjectKind.CUSTOMER,
    ObjectKind.PAYMENT,
    ObjectKind.REFUND,
    ObjectKind.DISPUTE,
    ObjectKind.FRAUD_WARNING,
    ObjectKind.SUBSCRIPTION,
    ObjectKind.INVOICE,
    ObjectKind.INVOICE_PAYMENT,
    ObjectKind.PRODUCT,
    ObjectKind.PRICE,
    ObjectKind.COUPON,
    ObjectKind.PAYMENT_METHOD,
)


def start_connection(connection_id: UUID) -> SyncRun:
    """Begin to read a connection: its history now, its news from this moment on. Safe to repeat.

    The worker is woken after the commit.
    """
    connection = usable_connection(connection_id)
    if registry.adapter(connection.provider).capabilities.polls_events:
        _opened(connection, RunKind.INCREMENTAL, since=clock.now(), phases=[])
    return start_run(connection_id, RunKind.BACKFILL)


def start_run(connection_id: UUID, kind: RunKind, *, since: datetime | None = None) -> SyncRun:
    """Begin a run, or return the one of this kind that is open. `since`: created at or after it."""
    connection = usable_connection(connection_id)
    run = _opened(connection, kind, since=since, phases=_phases(connection, kind))
    wake_run(run)
    return run


def start_reconciliation(connection_id: UUID) -> SyncRun:
    """Begin the nightly check: what webhooks and polling missed is repaired and counted.

    It lists what was made lately, as far back as the adapter declares for each kind, and then reads
    again, one by one, what is not at its end and no list tells the changes of.
    """
    return start_run(connection_id, RunKind.RECONCILIATION, since=clock.now() - NIGHTLY)


def is_filled(connection_id: UUID) -> bool:
    """Whether the connection's history has been read once."""
    return SyncRun.objects.filter(
        connection_id=connection_id, kind=RunKind.BACKFILL, state=RunState.DONE
    ).exists()


def pause_sync(connection_id: UUID, *, actor: Actor) -> int:
    """Stop reading history after the page at hand; returns how many runs that concerned."""
    running = _history(connection_id).filter(state__in=MOVING)
    paused = running.update(
        state=RunState.PAUSED, lease_token=None, lease_until=None, wait_until=None
    )
    if paused:
        _tell(Verb.SYNC_PAUSED, connection_id, actor)
    return paused


def resume_sync(connection_id: UUID, *, actor: Actor) -> int:
    """Go on where it was paused; returns how many runs that concerned."""
    resumed = list(_history(connection_id).filter(state=RunState.PAUSED))
    return _moving_again(resumed, connection_id, actor)


def retry_sync(connection_id: UUID, *, actor: Actor) -> int:
    """Go on with the newest run if it stopped for good, from its last checkpoint."""
    newest = _history(connection_id).order_by("-started_at").first()
    stopped = [newest] if newest and newest.state == RunState.FAILED else []
    return _moving_again(stopped, connection_id, actor)


def wake_run(run: SyncRun) -> None:
    """Wake a worker for the run once this transaction is committed."""
    task = POLL_EVENTS if run.kind == RunKind.INCREMENTAL else ADVANCE_RUN
    tenant_id, run_id = run.tenant_id, run.id
    transaction.on_commit(lambda: wake(task, tenant_id=tenant_id, subject_id=run_id))


def _phases(connection: Connection, kind: RunKind) -> list[SyncPhase]:
    declared = registry.adapter(connection.provider).capabilities
    phases = [SyncPhase(object_kind=each.value) for each in ORDER if each in declared.reads]
    if kind == RunKind.RECONCILIATION:
        phases += [
            SyncPhase(object_kind=each.value, is_one_by_one=True)
            for each in ORDER
            if each in declared.nightly_reads
        ]
    return phases


def _history(connection_id: UUID) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(connection_id=connection_id).exclude(kind=RunKind.INCREMENTAL)


def _moving_again(runs: list[SyncRun], connection_id: UUID, actor: Actor) -> int:
    for run in runs:
        SyncRun.objects.filter(id=run.id).update(
            state=RunState.RUNNING, failures=0, error="", finished_at=None, wait_until=None
        )
        wake_run(run)
    if runs:
        _tell(Verb.SYNC_RESUMED, connection_id, actor)
    return len(runs)


def _opened(
    connection: Connection,
    kind: RunKind,
    *,
    since: datetime | None,
    phases: list[SyncPhase],
) -> SyncRun:
    open_run = SyncRun.objects.filter(connection=connection, kind=kind, state__in=OPEN)
    known = open_run.first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _created(connection, kind, since=since, phases=phases)
    except IntegrityError:
        # Someone else was faster; there is one open run of a kind.
        return open_run.get()


def _created(
    connection: Connection,
    kind: RunKind,
    *,
    since: datetime | None,
    phases: list[SyncPhase],
) -> SyncRun:
    tenant_id = scoping.current_tenant()
    run = SyncRun.objects.create(
        tenant_id=tenant_id,
        connection=connection,
        kind=kind,
        since=since,
        started_at=clock.now(),
    )
    for position, phase in enumerate(phases):
        phase.tenant_id, phase.run, phase.position = tenant_id, run, position
    SyncPhase.objects.bulk_create(phases)
    return run


def _tell(verb: Verb, connection_id: UUID, actor: Actor) -> None:
    audit.record(verb, actor=actor, object_kind="connection", object_id=connection_id)
