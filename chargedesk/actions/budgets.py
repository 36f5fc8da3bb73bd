"""What each person moved today: reserved when an order is ready, given back if not done."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from chargedesk.actions.database_clock import database_now
from chargedesk.actions.models import ActionIntent, SpentBudget
from chargedesk.base import scoping
from chargedesk.kit import ids
from gateways.capabilities import ActionKind

_RESERVE = """
    INSERT INTO actions_spentbudget (id, tenant_id, actor_id, day, currency, spent_minor)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, actor_id, day, currency)
    DO UPDATE SET spent_minor = actions_spentbudget.spent_minor + excluded.spent_minor
"""


def lock_budget(actor_id: str, currency: str) -> None:
    """Let nobody else spend this requester's budget of today until the transaction ends (M17).

    Between reading what is left and reserving, another order of theirs would be overlooked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _RESERVE,
            [
                ids.new_id(),
                scoping.current_tenant(),
                actor_id,
                database_now().date(),
                currency,
                0,
            ],
        )


def lock_customer(customer_id: UUID | None) -> None:
    """Let nobody else order for this customer until the transaction ends: their limit is shared.

    Taken after the requester's budget, so that nobody waits in a circle.
    """
    if customer_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"customer:{customer_id}"]
            )


def lock_budgets(intent_ids: Sequence[UUID]) -> None:
    """Lock the budgets of orders that settle in one transaction, before the audit log's head.

    One after the other, each with its entry in the log, could lock in a circle with somebody else.
    """
    owners = ActionIntent.objects.filter(pk__in=intent_ids).values("actor_id")
    list(SpentBudget.objects.select_for_update().filter(actor_id__in=owners).order_by("pk"))


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
