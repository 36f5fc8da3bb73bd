"""What workers do: each task calls one service, is short, and can be repeated."""

import time
from uuid import UUID

from celery import shared_task

from chargedesk.sync.refused import sweep_refused
from chargedesk.sync.services import backfill, inbox, polling, restoring, sweeping, webhook_health
from chargedesk.sync.wakeups import (
    ADVANCE_RUN,
    CHECK_WEBHOOK,
    HANDLE_INBOX,
    POLL_EVENTS,
    awake,
    wake,
)

# Then the next task gets its turn: no connection, and no backfill, holds up another's orders.
SLICE_S = 2.0


@shared_task(name=HANDLE_INBOX)
def handle_inbox(tenant_id: str, connection_id: str) -> None:
    """Handle what waits in one connection's inbox."""
    tenant, connection = UUID(tenant_id), UUID(connection_id)
    awake(HANDLE_INBOX, connection)
    until = time.monotonic() + SLICE_S
    # What arrives after a batch that was not full sends a task of its own.
    while inbox.handle_batch(tenant, connection) == inbox.BATCH:
        if time.monotonic() > until:
            wake(HANDLE_INBOX, tenant_id=tenant, subject_id=connection)
            return


@shared_task(name=ADVANCE_RUN)
def advance_run(tenant_id: str, run_id: str) -> None:
    """Read some pages of a connection's history."""
    tenant, run = UUID(tenant_id), UUID(run_id)
    awake(ADVANCE_RUN, run)
    if backfill.advance(tenant, run, budget_s=SLICE_S):
        wake(ADVANCE_RUN, tenant_id=tenant, subject_id=run)


@shared_task(name=POLL_EVENTS)
def poll_events(tenant_id: str, run_id: str) -> None:
    """Ask one gateway for events that no webhook brought."""
    tenant, run = UUID(tenant_id), UUID(run_id)
    awake(POLL_EVENTS, run)
    polling.poll(tenant, run)


@shared_task(name=CHECK_WEBHOOK)
def check_webhook(tenant_id: str, connection_id: str) -> None:
    """Have one gateway send again what it stopped sending."""
    tenant, connection = UUID(tenant_id), UUID(connection_id)
    awake(CHECK_WEBHOOK, connection)
    webhook_health.check_webhook(tenant, connection)


@shared_task(name="sync.sweep_webhooks")
def sweep_webhooks() -> None:
    """Wake the checks of webhooks that gateways give up on."""
    webhook_health.wake_webhook_checks()


@shared_task(name="sync.sweep_waiting")
def sweep_waiting() -> None:
    """Wake workers for whatever waits, and let orders go where a restore has been caught up."""
    sweeping.wake_waiting()
    restoring.resume_caught_up()


@shared_task(name="sync.sweep_polls")
def sweep_polls() -> None:
    """Wake the polls, write down refused signatures, and link what arrived at one moment."""
    sweep_refused()
    sweeping.wake_polls()
    sweeping.settle_new_purchases()


@shared_task(name="sync.sweep_nightly")
def sweep_nightly() -> None:
    """Begin the nightly checks, and forget events that nobody repeats any more."""
    sweeping.start_reconciliations()
    sweeping.settle_every_purchase()
    sweeping.prune_events()
