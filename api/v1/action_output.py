"""An action as v1 writes it, and the answer to the call that ordered it (M15)."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.response import Response

from api.v1 import formats
from chargedesk.actions.models import UNSETTLED, ActionIntent, IntentState
from chargedesk.actions.progress import PARTLY_DONE, Progress, half_done
from chargedesk.base.errors import error_body


def outcome(intent: ActionIntent, thing: dict[str, Any]) -> Response:
    """200 for done or on its way, 202 while it is open, 400 for what did not happen; never 5xx."""
    headers = {"Location": f"/v1/actions/{intent.id}"}
    if intent.state in (IntentState.SUCCEEDED, IntentState.PENDING):
        return Response({**thing, "action": _short(intent)}, headers=headers)
    if intent.state in UNSETTLED:
        return Response({**thing, "action": _short(intent)}, status=202, headers=headers)
    progress = half_done(intent)
    if progress is not None:
        body = error_body(_how_far(intent, progress), code=PARTLY_DONE)
        return Response(body, status=400, headers=headers)
    code = intent.failure_code or str(intent.state)
    return Response(error_body(_what_happened(intent), code=code), status=400, headers=headers)


def _short(intent: ActionIntent) -> dict[str, str]:
    return {"id": str(intent.id), "state": str(intent.state)}


def _what_happened(intent: ActionIntent) -> str:
    if intent.state == IntentState.REVERSED:
        return _("The gateway took this back later: the amount is available again.")
    return f"{_why(intent)} " + _("This order moved no money.")


def _how_far(intent: ActionIntent, progress: Progress) -> str:
    """Only the rest may be ordered again, so nobody may read this as “nothing happened”."""
    return " ".join([_("This order was done in part."), *progress.sentences, _why(intent)])


def _why(intent: ActionIntent) -> str:
    why = intent.failure_message or str(IntentState(intent.state).label)
    return why if why.endswith((".", "!", "?")) else f"{why}."


def action_json(intent: ActionIntent) -> dict[str, Any]:
    """One action, whole."""
    amount, result, progress = intent.amount, intent.result, half_done(intent)
    state_text = _("Done in part") if progress else str(IntentState(intent.state).label)
    return {
        "object": "action",
        "id": str(intent.id),
        "action": intent.action,
        "state": PARTLY_DONE if progress else str(intent.state),
        "state_text": state_text,
        "steps_done": list(progress.done) if progress else [],
        "steps_not_done": list(progress.left) if progress else [],
        "object_type": intent.object_kind,
        "object_id": str(intent.object_id),
        "gateway_id": str(intent.connection_id),
        "target_id": intent.target_id,
        "amount": amount.plain if amount is not None else None,
        "currency": formats.text(intent.currency or intent.result_currency),
        "result_id": formats.text(intent.result_id),
        "result_amount": result.plain if result is not None else None,
        "url": formats.text(intent.result_url),
        "url_expires_at": formats.unix(intent.result_expires_at),
        "reason": formats.text(intent.reason),
        "note": formats.text(intent.note),
        "failure_code": formats.text(intent.failure_code),
        "failure_message": formats.text(intent.failure_message),
        "requested_by": intent.actor_label or intent.actor_id,
        "created": formats.unix(intent.created_at),
        "settled_at": formats.unix(intent.settled_at),
    }
