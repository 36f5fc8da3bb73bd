"""Notices when the gateway behind moves money after all that an order was found not to have moved.

Such a refund carries no marker, so it reopens no order (M7); but people must know, before somebody
gives the same money back a second time.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet

from audit.services import system_actor
from audit.verbs import Verb
from chargedesk.actions.behind import changed_behind, remembers_behind
from chargedesk.actions.database_clock import database_now
from chargedesk.actions.intents import locked_intent, record_turn
from chargedesk.actions.models import NOT_EXECUTED, SENT_AND_OPEN, ActionIntent, IntentState
from chargedesk.actions.sweeping import logged_failure
from chargedesk.base import scoping
from chargedesk.ledger.models import MoneyRoot, Refund
from chargedesk.tenants.models import Connection
from gateways.capabilities import ActionKind
from gateways.snapshots import AnySnapshot, RefundSnapshot

log = structlog.get_logger(__name__)
WATCHER = system_actor("settlement")
# Longer than news can be late; what goes back after that has reasons of its own.
_WATCHED = timedelta(days=7)
_EFFECT = "effect"


def watch_for_late_effects(connection: Connection, snapshots: Sequence[AnySnapshot]) -> None:
    """Look, after the commit, at the orders that a refund just stored may belong to."""
    news = [each for each in snapshots if isinstance(each, RefundSnapshot) and each.marker is None]
    if not news:
        return
    names = [each.external_id for each in news]
    told = Refund.objects.filter(connection=connection, external_id__in=names)
    concerned = told.exclude(root__parent=None).values("root__parent")
    orders = _watched().filter(subject_id__in=concerned)
    for intent_id in orders.values_list("pk", flat=True):
        # With locks of its own, in their order (M17); what went back shows on the card either way.
        alert = partial(_alert, scoping.current_tenant(), intent_id)
        transaction.on_commit(alert, robust=True)


def watch_again(tenant_id: UUID) -> None:
    """Look at every order that may still be made. Outside any scope.

    For what a worker was killed before it told, and for news stored at the very moment in which an
    order ended: neither saw the other.
    """
    with scoping.tenant(tenant_id):
        changed = [each.id for each in _watched() if changed_behind(each)]
    for intent_id in changed:
        with logged_failure("late_effect_not_told", intent=str(intent_id)):
            _alert(tenant_id, intent_id)


def _watched() -> QuerySet[ActionIntent]:
    found = ActionIntent.objects.filter(
        remembers_behind(),
        action=ActionKind.REFUND,
        state=IntentState.FAILED,
        failure_code=NOT_EXECUTED,
        settled_at__gt=database_now() - _WATCHED,
    )
    return found.exclude(evidence__has_key=_EFFECT)


def _alert(tenant_id: UUID, intent_id: UUID) -> None:
    with scoping.tenant(tenant_id):
        intent = locked_intent(intent_id)
        found = changed_behind(intent)
        if not found or intent.evidence.get(_EFFECT) or _is_explained(intent):
            return
        intent.evidence = {**intent.evidence, _EFFECT: found}
        intent.save(update_fields=["evidence"])
        record_turn(
            intent, Verb.INCIDENT_RAISED, actor=WATCHER, what="moved behind after all", seen=found
        )
        log.error("moved_behind_after_all", intent=str(intent_id))


def _is_explained(intent: ActionIntent) -> bool:
    """Whether the outer system tells of as much, or is being asked for it just now."""
    beside = ActionIntent.objects.filter(subject_id=intent.subject_id, state__in=SENT_AND_OPEN)
    if intent.root_id is None or beside.exists():
        return True
    outer = MoneyRoot.objects.get(pk=intent.root_id)
    inside = MoneyRoot.objects.filter(parent=outer).values_list("refunds_minor", flat=True)
    return bool(sum(inside) <= outer.refunds_minor)
