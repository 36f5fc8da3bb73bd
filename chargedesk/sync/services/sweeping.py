"""Finds what waits for a worker, tenant by tenant: a lost wake-up or worker loses nothing."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.purchases import settle_purchases, unsettled_charges
from chargedesk.sync.models import EventState, InboundEvent, RunKind
from chargedesk.sync.services.leases import due_runs
from chargedesk.sync.services.runs import is_filled, start_reconciliation
from chargedesk.sync.wakeups import ADVANCE_RUN, HANDLE_INBOX, POLL_EVENTS, wake
from chargedesk.tenants.models import ConnectionState
from chargedesk.tenants.selectors import every_tenant_id, working_connections

# Longer than any gateway repeats or lists an event, so that one that comes again is known.
EVENTS_KEPT = timedelta(days=35)
# Longer than any transaction that stores news.
RECENT = timedelta(minutes=10)
_HANDLING = (ConnectionState.ACTIVE, ConnectionState.CREDENTIALS_FAILED)


def wake_waiting() -> None:
    """Wake workers for due events and for runs that nobody works on."""
    for tenant_id in every_tenant_id():
        with scoping.tenant(tenant_id):
            inboxes = waiting_inboxes()
            runs = list(due_runs().exclude(kind=RunKind.INCREMENTAL).values_list("id", flat=True))
        for connection_id in inboxes:
            wake(HANDLE_INBOX, tenant_id=tenant_id, subject_id=connection_id)
        for run_id in runs:
            wake(ADVANCE_RUN, tenant_id=tenant_id, subject_id=run_id)


def wake_polls() -> None:
    """Wake a poll for every working connection whose gateway lists events."""
    for tenant_id in every_tenant_id():
        with scoping.tenant(tenant_id):
            runs = list(due_runs().filter(kind=RunKind.INCREMENTAL).values_list("id", flat=True))
        for run_id in runs:
            wake(POLL_EVENTS, tenant_id=tenant_id, subject_id=run_id)


def start_reconciliations() -> None:
    """Begin the nightly check of every connection whose history has been read."""
    for tenant_id in every_tenant_id():
        with scoping.tenant(tenant_id):
            for connection in working_connections():
                if is_filled(connection.id):
                    start_reconciliation(connection.id)


def settle_new_purchases() -> int:
    """Link what arrived on both sides at one moment, and unlink removed connections.

    Returns how many links changed.
    """
    return _settle_purchases(since=clock.now() - RECENT)


def settle_every_purchase() -> int:
    """Look at every purchase again: links that waited for orders, sums of the inner records."""
    return _settle_purchases(since=None)


def prune_events() -> int:
    """Delete handled events that no gateway repeats any more; returns how many."""
    pruned = 0
    for tenant_id in every_tenant_id():
        with scoping.tenant(tenant_id):
            old = InboundEvent.objects.filter(
                state__in=[EventState.HANDLED, EventState.IGNORED],
                received_at__lt=clock.now() - EVENTS_KEPT,
            )
            pruned += old.delete()[0]
    return pruned


def _settle_purchases(*, since: datetime | None) -> int:
    changed = 0
    for tenant_id in every_tenant_id():
        with scoping.tenant(tenant_id):
            charge_ids = unsettled_charges(since=since)
        changed += settle_purchases(tenant_id, charge_ids)
    return changed


def waiting_inboxes() -> list[UUID]:
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=Now())
    waiting = InboundEvent.objects.filter(
        due,
        tenant_id=scoping.current_tenant(),
        state=EventState.WAITING,
        connection__state__in=_HANDLING,
    )
    return list(waiting.order_by().values_list("connection_id", flat=True).distinct())
