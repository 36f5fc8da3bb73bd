"""Orders of a restored database: what was sent since the backup only the gateways know (M9)."""

from uuid import UUID

from audit.services import system_actor
from audit.verbs import Verb
from chargedesk.actions.budgets import reserve_budget
from chargedesk.actions.claims import is_busy
from chargedesk.actions.database_clock import database_now
from chargedesk.actions.intents import record_turn
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.settlement import settle_from_marked
from chargedesk.ledger.models import Charge, Refund
from chargedesk.tenants.models import Tenant

_FINDER = system_actor("recovery")


def orders_are_paused(tenant_id: UUID) -> bool:
    """Whether orders wait until every gateway has been read again: none is sent, none ends."""
    return Tenant.objects.filter(pk=tenant_id).exclude(money_paused_reason="").exists()


def settle_if_made(intent: ActionIntent) -> bool:
    """Settle a locked order that this database never sent, if something carries its marker.

    True if something does: then it neither goes out again nor ends as one that was not sent.
    """
    if not is_made(intent):
        return False
    if is_busy(intent):
        # Another order of the same root is at the gateway: this one's turn comes (M10).
        return True
    if intent.ready_at is None:
        # It was approved since the backup, and counts on the day on which it was asked for.
        intent.ready_at = intent.created_at
        reserve_budget(intent)
    intent.state = IntentState.UNKNOWN
    # It was not sent before it could be, so its key is no older than that (M7).
    intent.first_try_at = intent.ready_at
    intent.next_look_up_at = database_now()
    intent.save()
    record_turn(intent, Verb.ACTION_UNKNOWN, actor=_FINDER)
    settle_from_marked([intent.id])
    return True


def is_made(intent: ActionIntent) -> bool:
    """Whether a refund or charge that the gateway shows carries this order's marker."""
    marked = {"intent_id": intent.id, "connection_id": intent.connection_id}
    return any(model.objects.filter(**marked).exists() for model in (Refund, Charge))
