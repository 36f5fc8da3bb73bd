"""What each person moved today: reserved when an order is ready, given back if not done."""

from django.db import connection

from chargedesk.actions.database_clock import database_now
from chargedesk.actions.models import ActionIntent
from chargedesk.kit import ids
from gateways.capabilities import ActionKind

_RESERVE = """
    INSERT INTO actions_spentbudget (id, tenant_id, actor_id, day, currency, spent_minor)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, actor_id, day, currency)
    DO UPDATE SET spent_minor = actions_spentbudget.spent_minor + excluded.spent_minor
"""


def reserve_budget(intent: ActionIntent) -> None:
    """Count an order against its requester's day, in one statement."""
    _add(intent, intent.amount_minor or 0)


def release_budget(intent: ActionIntent) -> None:
    """Give back what an order had reserved, on the day it had become ready."""
    _add(intent, -(intent.amount_minor or 0))


def _add(intent: ActionIntent, minor: int) -> None:
    if intent.action != ActionKind.REFUND or not minor:
        return
    day = (intent.ready_at or database_now()).date()
    with connection.cursor() as cursor:
        cursor.execute(
            _RESERVE,
            [ids.new_id(), intent.tenant_id, intent.actor_id, day, intent.currency, minor],
        )
