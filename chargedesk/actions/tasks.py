"""What workers are asked to do about orders. Thin and idempotent; the rows decide (M3)."""

from uuid import UUID

from celery import shared_task

from chargedesk.actions import recovery
from chargedesk.actions.execution import execute
from chargedesk.actions.late_effects import watch_again
from chargedesk.actions.room import room_for
from chargedesk.actions.sweeping import logged_failure
from chargedesk.actions.waking import wake_after_commit
from chargedesk.tenants.models import Tenant

# Every sweep hands out again what is still due: when all workers are busy, older copies must not
# pile up before the newer ones.
_HANDED_OUT_FOR_S = 10


@shared_task
def execute_intent(tenant_id: str, intent_id: str) -> None:
    """Send one order, if it is due and there is room; then ask for the next of its connection."""
    tenant, intent = UUID(tenant_id), UUID(intent_id)
    with room_for(tenant, intent) as is_room:
        if not is_room:
            # Whoever has the room asks for it when done, and so does the sweep.
            return
        execute(tenant, intent)
    following = recovery.next_to_send(tenant, after=intent)
    if following is not None:
        wake_after_commit(tenant, following)


@shared_task
def recover_intent(tenant_id: str, intent_id: str) -> None:
    """Find out about one unknown or pending order, if there is room."""
    tenant, intent = UUID(tenant_id), UUID(intent_id)
    with room_for(tenant, intent) as is_room:
        if is_room:
            recovery.recover(tenant, intent)


@shared_task
def sweep_orders() -> None:
    """Every few seconds: hand out what is due in each tenant, and end what is too old.

    In another order each time: where workers cannot keep up, no tenant is always the last.
    """
    for tenant_id in Tenant.objects.order_by("?").values_list("pk", flat=True):
        with logged_failure("tenant_not_swept", tenant=str(tenant_id)):
            _sweep(tenant_id)


@shared_task
def sweep_late_effects() -> None:
    """Every half hour: what was made after all, and was not told when its news came."""
    for tenant_id in Tenant.objects.order_by("?").values_list("pk", flat=True):
        with logged_failure("tenant_not_swept", tenant=str(tenant_id)):
            watch_again(tenant_id)


def _sweep(tenant_id: UUID) -> None:
    recovery.tidy(tenant_id)
    ready, open_ = recovery.due_orders(tenant_id)
    for task, due in ((execute_intent, ready), (recover_intent, open_)):
        for intent_id in due:
            task.apply_async((str(tenant_id), str(intent_id)), expires=_HANDED_OUT_FOR_S)
