"""Leases a run to one worker at a time. All times are the database's."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.sync.models import RunKind, RunState, SyncRun
from chargedesk.tenants.models import Connection, ConnectionState

# Renewed while a page is fetched, so it only has to outlast a stall of the machine.
LEASE = timedelta(seconds=30)
MOVING = (RunState.RUNNING, RunState.WAITING)
MOST_FAILURES = 30
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 900.0


class LeaseLostError(Exception):
    """Another worker has the run now, or it was paused: what is not stored yet does not count."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a run; its methods run in the tenant's scope.

    `failures`: how often in a row the run failed before; `is_endless`: it never gives up.
    """

    tenant_id: UUID
    run_id: UUID
    token: UUID
    failures: int
    is_endless: bool

    def renew(self, *, active_ms: int = 0, **changes: Any) -> None:
        """Keep the run; `changes` are further columns. LeaseLostError."""
        self._update(
            lease_until=Now() + LEASE,
            heartbeat_at=Now(),
            active_ms=F("active_ms") + active_ms,
            **changes,
        )

    def release(self, **changes: Any) -> None:
        """Give the run back, with `changes`. LeaseLostError."""
        self._update(lease_token=None, lease_until=None, **changes)

    def wait(self, *, seconds: float, why: str) -> None:
        """Give it back for later: the gateway wants to be left alone."""
        self.release(
            state=RunState.WAITING,
            wait_until=Now() + timedelta(seconds=seconds),
            error=why[:500],
        )

    def fail(self, why: str) -> None:
        """Give it back after a failure: longer waits each time, and at last a human decides."""
        if self.failures + 1 >= MOST_FAILURES and not self.is_endless:
            self.release(
                state=RunState.FAILED,
                error=why[:500],
                failures=F("failures") + 1,
                finished_at=Now(),
            )
            return
        seconds = min(_FIRST_WAIT_S * 2.0 ** min(self.failures, MOST_FAILURES), _LONGEST_WAIT_S)
        self.release(
            state=RunState.WAITING,
            wait_until=Now() + timedelta(seconds=seconds),
            error=why[:500],
            failures=F("failures") + 1,
        )

    def _update(self, **changes: Any) -> None:
        mine = _of_working_connections().filter(
            id=self.run_id, lease_token=self.token, state__in=MOVING
        )
        if not mine.update(**changes):
            raise LeaseLostError


def due_runs() -> QuerySet[SyncRun]:
    """The current tenant's runs that a worker may take now, the longest untouched first."""
    return _of_working_connections().filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        Q(wait_until__isnull=True) | Q(wait_until__lte=Now()),
        state__in=MOVING,
    )


def take_lease(tenant_id: UUID, run_id: UUID) -> Lease | None:
    """Take the run if it is due and nobody has it; None otherwise."""
    token = ids.new_id()
    with scoping.tenant(tenant_id, durable=True):
        taken = due_runs().filter(id=run_id)
        if not taken.update(lease_token=token, lease_until=Now() + LEASE, heartbeat_at=Now()):
            return None
        run = SyncRun.objects.only("failures", "kind").get(id=run_id)
    return Lease(tenant_id, run_id, token, run.failures, run.kind == RunKind.INCREMENTAL)


def _of_working_connections() -> QuerySet[SyncRun]:
    works = Connection.objects.filter(id=OuterRef("connection_id"), state=ConnectionState.ACTIVE)
    return SyncRun.objects.filter(Exists(works))
