"""Reads how far a connection's history and news have come, in words and figures that are true."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import EventState, InboundEvent, RunKind, RunState, SyncPhase, SyncRun
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.services.connections import usable_connection

# A rate measured over less is a guess.
SURE_AFTER_S = 10.0

_LABELS = {
    "customer": gettext_lazy("Customers"),
    "payment_method": gettext_lazy("Payment methods"),
    "payment": gettext_lazy("Payments"),
    "charge": gettext_lazy("Charges"),
    "refund": gettext_lazy("Refunds"),
    "dispute": gettext_lazy("Disputes"),
    "fraud_warning": gettext_lazy("Fraud warnings"),
    "product": gettext_lazy("Products"),
    "price": gettext_lazy("Prices"),
    "coupon": gettext_lazy("Coupons"),
    "subscription": gettext_lazy("Subscriptions"),
    "invoice": gettext_lazy("Invoices"),
    "invoice_payment": gettext_lazy("Invoice payments"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseProgress:
    """One kind of object. `total` is None unless the gateway told it."""

    kind: str
    label: str
    done: int
    created: int
    changed: int
    total: int | None
    is_finished: bool
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A finished nightly check: what it read, and what was missing here or different."""

    finished_at: datetime
    read: int
    missing: int
    different: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a connection's reading stands.

    Attributes:
        state: of the run: running, waiting, paused, done, failed; `none` before the first;
            `stopped` while the connection is paused or its key refused.
        phase_label: what is being read, as a person calls it.
        done, total: objects of all kinds; total is None unless every kind's is known.
        rate: objects per second of work, None until it can be told (10 s).
        eta_s: seconds left, None unless total and rate are known.
        wait_reason, waits_until: why nothing moves now.
        newest_data_at: up to when the gateway's news are in.
        waiting_events, failed_events: in the inbox.
        missed_by_webhooks: events that only polling brought.
        errors: sentences for the error list.
    """

    run_id: UUID | None
    kind: str
    state: str
    phase_label: str
    done: int
    total: int | None
    rate: float | None
    eta_s: int | None
    wait_reason: str
    waits_until: datetime | None
    newest_data_at: datetime | None
    last_event_at: datetime | None
    signature_failures: int
    waiting_events: int
    failed_events: int
    missed_by_webhooks: int
    phases: tuple[PhaseProgress, ...]
    last_check: Check | None
    errors: tuple[str, ...]


def connection_progress(connection_id: UUID) -> Progress:
    """How the connection's reading stands. In the tenant's scope. NotFoundError."""
    connection = usable_connection(connection_id)
    runs = list(_newest_of_each_kind(connection_id))
    poll = next((run for run in runs if run.kind == RunKind.INCREMENTAL), None)
    run = _run_to_show([each for each in runs if each.kind != RunKind.INCREMENTAL])
    phases = tuple(_phase(each) for each in _phases(run))
    waiting, failed = _inbox(connection_id)
    done, total = sum(each.done for each in phases), _total(phases)
    rate = _rate(run, done)
    state = _state(connection, run)
    return Progress(
        run_id=run.id if run else None,
        kind=run.kind if run else "",
        state=state,
        phase_label=_label(run.phase) if run else "",
        done=done,
        total=total,
        rate=rate,
        eta_s=_eta(state, done=done, total=total, rate=rate),
        wait_reason=_wait_reason(connection, run),
        waits_until=run.wait_until if run and state == RunState.WAITING else None,
        newest_data_at=_newest(connection.last_event_at, connection.last_read_at),
        last_event_at=connection.last_event_at,
        signature_failures=connection.signature_failures,
        waiting_events=waiting,
        failed_events=failed,
        missed_by_webhooks=poll.found.get("missed_by_webhooks", 0) if poll else 0,
        phases=phases,
        last_check=_last_check(runs),
        errors=_errors(run, poll, phases),
    )


def failed_events(connection_id: UUID) -> QuerySet[InboundEvent]:
    """The events that nobody could handle, newest first, without their bodies."""
    return (
        InboundEvent.objects.filter(connection_id=connection_id, state=EventState.FAILED)
        .defer("body")
        .order_by("-received_at")
    )


def _newest_of_each_kind(connection_id: UUID) -> QuerySet[SyncRun]:
    runs = SyncRun.objects.filter(tenant_id=scoping.current_tenant(), connection_id=connection_id)
    return runs.order_by("kind", "-started_at").distinct("kind")


def _run_to_show(runs: list[SyncRun]) -> SyncRun | None:
    """The first import until it is done; then whatever was started last."""
    unfinished = [
        run for run in runs if run.kind == RunKind.BACKFILL and run.state != RunState.DONE
    ]
    newest = sorted(runs, key=lambda run: run.started_at, reverse=True)
    return next(iter(unfinished or newest), None)


def _phases(run: SyncRun | None) -> list[SyncPhase]:
    return list(SyncPhase.objects.filter(run=run).order_by("position")) if run else []


def _phase(phase: SyncPhase) -> PhaseProgress:
    return PhaseProgress(
        kind=phase.object_kind,
        label=_phase_label(phase),
        done=phase.done,
        created=phase.created,
        changed=phase.changed,
        # A list can grow while it is read, and progress never goes past its end.
        total=None if phase.total is None else max(phase.total, phase.done),
        is_finished=phase.is_finished,
        unreadable=tuple(phase.unreadable),
    )


def _phase_label(phase: SyncPhase) -> str:
    label = _label(phase.object_kind)
    return _("Still open: %(kind)s") % {"kind": label} if phase.is_one_by_one else label


def _label(kind: str) -> str:
    return str(_LABELS.get(kind, kind))


def _inbox(connection_id: UUID) -> tuple[int, int]:
    counts = InboundEvent.objects.filter(
        tenant_id=scoping.current_tenant(),
        connection_id=connection_id,
        state__in=[EventState.WAITING, EventState.FAILED],
    ).aggregate(
        waiting=Count("id", filter=Q(state=EventState.WAITING)),
        failed=Count("id", filter=Q(state=EventState.FAILED)),
    )
    return counts["waiting"], counts["failed"]


def _total(phases: tuple[PhaseProgress, ...]) -> int | None:
    totals = [each.done if each.is_finished else each.total for each in phases]
    known = [each for each in totals if each is not None]
    return sum(known) if phases and len(known) == len(totals) else None


def _rate(run: SyncRun | None, done: int) -> float | None:
    if run is None or run.active_ms < SURE_AFTER_S * 1000:
        return None
    return done / (run.active_ms / 1000)


def _eta(state: str, *, done: int, total: int | None, rate: float | None) -> int | None:
    if state != RunState.RUNNING or total is None or not rate:
        return None
    return int((total - done) / rate)


def _state(connection: Connection, run: SyncRun | None) -> str:
    if run is None:
        return "none"
    is_open = run.state in (RunState.RUNNING, RunState.WAITING)
    if is_open and connection.state != ConnectionState.ACTIVE:
        return "stopped"
    if run.state == RunState.WAITING and run.wait_until and run.wait_until <= clock.now():
        return RunState.RUNNING.value
    return run.state


def _wait_reason(connection: Connection, run: SyncRun | None) -> str:
    if connection.state == ConnectionState.CREDENTIALS_FAILED:
        return _("The gateway refuses the key: %(reason)s") % {"reason": connection.state_reason}
    if connection.state == ConnectionState.PAUSED:
        return _("The connection is paused.")
    return run.error if run and run.state == RunState.WAITING else ""


def _newest(*times: datetime | None) -> datetime | None:
    return max((each for each in times if each), default=None)


def _last_check(runs: list[SyncRun]) -> Check | None:
    for run in runs:
        if run.kind == RunKind.RECONCILIATION and run.finished_at and run.found:
            kinds = run.found.values()
            return Check(
                finished_at=run.finished_at,
                read=sum(each["read"] for each in kinds),
                missing=sum(each["missing"] for each in kinds),
                different=sum(each["different"] for each in kinds),
            )
    return None


def _errors(
    run: SyncRun | None, poll: SyncRun | None, phases: tuple[PhaseProgress, ...]
) -> tuple[str, ...]:
    sentences = [each.error for each in (run, poll) if each and each.error]
    sentences += [
        _("%(kind)s: %(count)d could not be read (%(ids)s).")
        % {
            "kind": each.label,
            "count": len(each.unreadable),
            "ids": ", ".join(each.unreadable),
        }
        for each in phases
        if each.unreadable
    ]
    return tuple(sentences)
