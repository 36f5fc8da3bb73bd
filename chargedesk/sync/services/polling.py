"""Asks gateways for their own events, with overlap, and stores those that no webhook brought."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models.functions import Now

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import InboundEvent, RunKind, RunState, SyncRun
from chargedesk.sync.services import intake
from chargedesk.sync.services.leases import Lease, LeaseLostError, take_lease
from chargedesk.sync.services.runs import start_run
from chargedesk.sync.services.setbacks import postpone
from chargedesk.sync.wakeups import HANDLE_INBOX, wake
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection
from gateways import registry
from gateways.contract import GatewayEvent
from gateways.errors import GatewayError
from gateways.timed import none_longer_than

log = structlog.get_logger(__name__)

# Events become visible late, and out of order.
OVERLAP = timedelta(minutes=5)
# Gateways keep events for 30 days; a day less, because what is at the edge may go while we read.
LONGEST_GAP = timedelta(days=29)
# A poll comes again in a minute: a gateway that hangs must not keep a worker from others' news as
# long as a history's page may take.
CALL_WITHIN_S = 20.0
# Younger news may still be on its way as a webhook, and is not counted as missed.
MISSED_AFTER = timedelta(minutes=1)


def poll(tenant_id: UUID, run_id: UUID) -> int:
    """Store the unheard events since the last poll; returns how many.

    Takes the lease of the connection's incremental run, so two polls never overlap. After a gap
    longer than gateways keep events, the history is read again instead.
    """
    lease = take_lease(tenant_id, run_id)
    if lease is None:
        return 0
    try:
        return _poll(lease)
    except LeaseLostError:
        log.info("sync.lease_lost", run=str(run_id))
    except GatewayError as error:
        postpone(lease, error)
    return 0


def _poll(lease: Lease) -> int:
    started = clock.now()
    with scoping.tenant(lease.tenant_id, durable=True):
        run = SyncRun.objects.select_related("connection").get(id=lease.run_id)
        since = run.since or started
        if started - since > LONGEST_GAP:
            start_run(run.connection_id, RunKind.BACKFILL)
            since = started
    unheard, missed = _walk(lease, run.connection, since=since - OVERLAP)
    with scoping.tenant(lease.tenant_id, durable=True):
        _finish(lease, run, started=started, missed=missed)
    return unheard


def _walk(lease: Lease, connection: Connection, *, since: datetime) -> tuple[int, int]:
    adapter, credentials = (
        registry.adapter(connection.provider),
        gateway_credentials(connection),
    )
    unheard, missed, cursor = 0, 0, ""
    while True:
        with none_longer_than(CALL_WITHIN_S):
            page = adapter.events(credentials, since=since, cursor=cursor)
        with scoping.tenant(lease.tenant_id, durable=True):
            lease.renew()
            news = _unheard(connection, page.events)
            unheard += intake.store_listed(connection.id, news, read_at=clock.now())
        missed += sum(clock.now() - each.occurred_at > MISSED_AFTER for each in news)
        if news:
            wake(HANDLE_INBOX, tenant_id=lease.tenant_id, subject_id=connection.id)
        cursor = page.next_cursor
        if not cursor:
            return unheard, missed


def _unheard(connection: Connection, events: Sequence[GatewayEvent]) -> list[GatewayEvent]:
    """Those about something we follow that neither a webhook nor an earlier poll brought."""
    followed = [each for each in events if each.kind is not None]
    known = set(
        InboundEvent.objects.filter(
            tenant_id=scoping.current_tenant(),
            connection=connection,
            event_id__in=[intake.stored_id(each) for each in followed],
        ).values_list("event_id", flat=True)
    )
    return [each for each in followed if intake.stored_id(each) not in known]


def _finish(lease: Lease, run: SyncRun, *, started: datetime, missed: int) -> None:
    found = {
        "polls": run.found.get("polls", 0) + 1,
        "missed_by_webhooks": run.found.get("missed_by_webhooks", 0) + missed,
    }
    lease.release(
        since=started,
        heartbeat_at=Now(),
        state=RunState.RUNNING,
        wait_until=None,
        failures=0,
        error="",
        found=found,
    )
    Connection.objects.filter(id=run.connection_id).update(last_read_at=started)
    if missed:
        log.info("sync.webhooks_missed", connection=str(run.connection_id), events=missed)
