"""What workers do to tell people. Thin and repeatable; the rows say who was told."""

from uuid import UUID

from celery import shared_task

from chargedesk.messaging import alarms
from chargedesk.tenants.roles import Right
from chargedesk.tenants.selectors import every_tenant_id


@shared_task(name="messaging.sweep_alarms")
def sweep_alarms() -> None:
    """Tell of refused keys."""
    for tenant_id in every_tenant_id():
        alarms.tell_of_refused_keys(tenant_id)


@shared_task(name="messaging.mail_members")
def mail_members(tenant_id: str, right: str, mail: str, path: str, facts: dict[str, str]) -> None:
    """Mail the members with a right."""
    alarms.mail_members(UUID(tenant_id), Right(right), mail, path=path, **facts)
