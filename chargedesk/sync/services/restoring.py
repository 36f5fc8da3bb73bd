"""After a restore from backup: orders stay paused until every gateway has been read again (M9)."""

from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from audit.services import record, system_actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.sync.models import RunKind, RunState, SyncRun
from chargedesk.sync.services.runs import start_reconciliation
from chargedesk.tenants.models import Tenant
from chargedesk.tenants.selectors import every_tenant_id, working_connections

RESTORER = system_actor("restore")


def pause_orders(reason: str) -> int:
    """Stop sending orders in every tenant and begin to reconcile; returns how many tenants.

    What was ordered after the backup was taken is known to the gateways only: until it has been
    read again, nothing that may already have happened is ordered a second time.
    """
    tenant_ids = every_tenant_id()
    for tenant_id in tenant_ids:
        with scoping.tenant(tenant_id):
            tenants = Tenant.objects.filter(pk=tenant_id)
            tenants.update(money_paused_reason=reason[:200], money_paused_at=Now())
            record(
                Verb.ORDERS_PAUSED,
                actor=RESTORER,
                object_kind="tenant",
                object_id=tenant_id,
                reason=reason,
            )
            for connection in working_connections():
                start_reconciliation(connection.id)
    return len(tenant_ids)


def resume_caught_up() -> None:
    """Let orders go again in every tenant whose connections have all been reconciled since."""
    paused = Tenant.objects.filter(money_paused_at__isnull=False)
    for tenant_id, since in paused.values_list("pk", "money_paused_at"):
        with scoping.tenant(tenant_id):
            if since is not None and _is_caught_up(since):
                _resume(tenant_id)


def _is_caught_up(since: datetime) -> bool:
    wanted = {connection.id for connection in working_connections()}
    done = SyncRun.objects.filter(
        kind=RunKind.RECONCILIATION, state=RunState.DONE, started_at__gte=since
    )
    return wanted <= set(done.values_list("connection_id", flat=True))


def _resume(tenant_id: UUID) -> None:
    tenants = Tenant.objects.filter(pk=tenant_id, money_paused_at__isnull=False)
    if tenants.update(money_paused_reason="", money_paused_at=None):
        record(Verb.ORDERS_RESUMED, actor=RESTORER, object_kind="tenant", object_id=tenant_id)
