"""What workers are asked to do about orders. Thin and idempotent; the rows decide (M3)."""

from uuid import UUID

from celery import shared_task

from chargedesk.actions import recovery
from chargedesk.actions.execution import execute
from chargedesk.actions.sweeping import logged_failure
from chargedesk.tenants.models import Tenant

# Every sweep hands out again what is still due: when all workers are busy, older copies must not
# pile up before the newer ones.
_HANDED_OUT_FOR_S = 10


@shared_task
def execute_intent(tenant_id: str, intent_id: str) -> None:
    """Send one order, if it is due."""
    execute(UUID(tenant_id), UUID(intent_id))


@shared_task
def recover_intent(tenant_id: str, intent_id: str) -> None:
    """Find out about one unknown or pending order."""
    recovery.recover(UUID(tenant_id), UUID(intent_id))


@shared_task
def sweep_orders() -> None:
    """Every few seconds: hand out what is due in each tenant, and end what is too old.

    In another order each time: where workers cannot keep up, no tenant is always the last.
    """
    for tenant_id in Tenant.objects.order_by("?").values_list("pk", flat=True):
        with logged_failure("tenant_not_swept", tenant=str(tenant_id)):
            _sweep(tenant_id)


def _sweep(tenant_id: UUID) -> None:
    recovery.tidy(tenant_id)
    ready, open_ = recovery.due_orders(tenant_id)
    for task, due in ((execute_intent, ready), (recover_intent, open_)):
        for intent_id in due:
            task.apply_async((str(tenant_id), str(intent_id)), expires=_HANDED_OUT_FOR_S)
