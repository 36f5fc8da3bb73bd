"""The intent's own steps, shared by ordering, sending, settling and approving; in scope."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from audit.services import Actor, record
from audit.verbs import Verb
from chargedesk.actions.budgets import release_budget, reserve_budget
from chargedesk.actions.database_clock import database_now
from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.progress import PARTLY_DONE, Progress, half_done
from chargedesk.actions.routes import route_of
from chargedesk.ledger.changes import record_changes
from chargedesk.ledger.locking import locked_root, place_hold, release_hold
from chargedesk.ledger.models import ObjectName
from gateways.capabilities import ActionKind


def find_intent(intent_id: UUID) -> ActionIntent:
    """An intent by id. NoSuchObjectError."""
    intent = ActionIntent.objects.select_related("connection").filter(pk=intent_id).first()
    if intent is None:
        raise NoSuchObjectError(_("There is no such record."))
    return intent


def locked_intent(intent_id: UUID) -> ActionIntent:
    """Lock an intent, after its root (lock order M17). NoSuchObjectError."""
    root_id = find_intent(intent_id).root_id
    if root_id:
        locked_root(root_id)
    rows = ActionIntent.objects.select_for_update(of=("self",)).select_related("connection")
    return rows.get(pk=intent_id)


def make_ready(intent: ActionIntent, *, undo_seconds: int = 0) -> None:
    """Reserve budget and hold for a saved intent, and let it be sent. Under the root's lock."""
    now = database_now()
    intent.state = IntentState.READY
    intent.ready_at = now
    intent.not_before = now + timedelta(seconds=undo_seconds)
    reserve_budget(intent)
    intent.save()
    if intent.action == ActionKind.REFUND and intent.root_id and intent.amount is not None:
        place_hold(intent.root_id, intent.id, intent.amount)


def give_back(intent: ActionIntent) -> None:
    """Release what an intent had reserved: it moved nothing."""
    if intent.ready_at is not None:
        release_budget(intent)
        release_hold(intent.id)


def end_unsent(
    intent: ActionIntent, state: IntentState, *, verb: Verb, actor: Actor, message: str = ""
) -> None:
    """End a locked intent that was surely never sent."""
    give_back(intent)
    intent.state = state
    intent.settled_at = database_now()
    intent.failure_message = message[:500] or intent.failure_message
    intent.lease_token = intent.lease_until = intent.next_look_up_at = None
    intent.save()
    record_turn(intent, verb, actor=actor)


def record_turn(intent: ActionIntent, verb: Verb, *, actor: Actor, **details: object) -> None:
    """Tell the change feed and the audit log of an intent's turn, with all that R14 asks for."""
    is_new = verb is Verb.ACTION_REQUESTED
    record_changes(ObjectName.INTENT, [intent.id], is_new=is_new)
    progress = half_done(intent)
    record(
        verb,
        actor=actor,
        object_kind=intent.object_kind,
        object_id=intent.object_id,
        reason=intent.reason,
        result=PARTLY_DONE if progress else intent.state,
        details={
            "intent": str(intent.id),
            "action": intent.action,
            "amount": str(intent.amount) if intent.amount is not None else None,
            "target": intent.target_id,
            "route": route_of(intent),
            "note": intent.note,
            "requested_by": intent.actor_label or intent.actor_id,
            "on_behalf_of": intent.on_behalf_of,
            "gateway_reference": intent.result_id,
            "failure": intent.failure_code,
            **_order_details(intent),
            **_progress_details(progress),
            **details,
        },
    )


def _progress_details(progress: Progress | None) -> dict[str, object]:
    if progress is None:
        return {}
    return {"done": list(progress.done), "not_done": list(progress.left)}


def _order_details(intent: ActionIntent) -> dict[str, object]:
    """What an order says besides; of a customer's own details only which ones it concerns.

    The log is never rewritten, so it must not keep addresses and tax ids, nor what a program wrote
    under names of its own.
    """
    said = intent.order.get("details") or {}
    if intent.action == ActionKind.UPDATE_TAX_DETAILS:
        said = {"changes": sorted(name for name in _PERSONAL if said.get(name))}
    if "metadata" in said:
        said = {**said, "metadata": sorted(said["metadata"])}
    return {"order": said} if said else {}


_PERSONAL = ("name", "address", "tax_id", "replaces")
