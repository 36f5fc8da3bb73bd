"""Has webhooks looked after, and catches up on what was missed while they were off."""

from uuid import UUID

from chargedesk.base import scoping
from chargedesk.sync.services.runs import is_filled, start_reconciliation
from chargedesk.sync.wakeups import CHECK_WEBHOOK, wake
from chargedesk.tenants.selectors import every_tenant_id
from chargedesk.tenants.services.webhook_health import mend_webhook, webhooks_to_check


def wake_webhook_checks() -> None:
    """Wake a check for every connection whose gateway gives up on webhooks by itself."""
    for tenant_id in every_tenant_id():
        with scoping.tenant(tenant_id):
            due = list(webhooks_to_check().values_list("id", flat=True))
        for connection_id in due:
            wake(CHECK_WEBHOOK, tenant_id=tenant_id, subject_id=connection_id)


def check_webhook(tenant_id: UUID, connection_id: UUID) -> bool:
    """Look after one connection's webhooks; returns whether they had to be mended.

    If so, what is in no list of changes was missed as well: the nightly check is begun at once.
    """
    if not mend_webhook(tenant_id, connection_id):
        return False
    with scoping.tenant(tenant_id, durable=True):
        if is_filled(connection_id):
            start_reconciliation(connection_id)
    return True
