"""Orders as the work list shows them: whose, how much, and what this member may do about each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chargedesk.actions import policy
from chargedesk.actions.intents import find_intent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.progress import Progress, half_done
from chargedesk.actions.requests import Requester
from chargedesk.actions.selectors import orders_needing_people
from chargedesk.dashboard.access import Desk
from chargedesk.tenants.roles import Right

SHOWN = 200
ACTIONS = {
    "refund": _("Refund"),
    "capture": _("Capture"),
    "void": _("Void"),
    "cancel_subscription": _("Cancel subscription"),
    "charge": _("Charge a card"),
    "authorize": _("Authorize an amount"),
    "request_payment": _("Request a payment"),
    "create_subscription": _("New subscription"),
    "change_subscription": _("Change plan"),
    "pause_subscription": _("Pause a subscription"),
    "resume_subscription": _("Resume a subscription"),
    "apply_coupon": _("Apply a coupon"),
    "remove_coupon": _("Remove a coupon"),
    "send_invoice": _("Send an invoice"),
    "void_invoice": _("Void an invoice"),
    "update_tax_details": _("Correct tax details"),
    "request_card_update": _("Ask for another card"),
    "use_payment_method": _("Use another card"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One order.

    Attributes:
        progress: what was done of an order that ended halfway, None for any other.
        seen: what the gateway shows instead of an unknown order's result, each thing in words (M7).
        proposal: what somebody found about an unknown order (M8), None before.
        may_answer: this member may approve or reject it.
        may_propose, may_confirm: this member may say, or agree, what became of it.
    """

    intent: ActionIntent
    action: str
    reason: str
    progress: Progress | None
    seen: tuple[str, ...]
    proposal: dict[str, Any] | None
    may_answer: bool
    may_propose: bool
    may_confirm: bool


def requester(desk: Desk) -> Requester:
    """This member, as the action engine knows people."""
    return Requester(actor=desk.actor, credential=f"member:{desk.member.id}", role=desk.member.role)


def waiting_orders(desk: Desk) -> list[OrderView]:
    """The work list, oldest first; one statement."""
    return [_view(intent, desk, progress=None) for intent in orders_needing_people()[:SHOWN]]


def order_view(intent_id: UUID, desk: Desk) -> OrderView:
    """One order; NoSuchObjectError."""
    intent = find_intent(intent_id)
    return _view(intent, desk, progress=half_done(intent))


def _view(intent: ActionIntent, desk: Desk, *, progress: Progress | None) -> OrderView:
    is_unknown = intent.state == IntentState.UNKNOWN
    may_resolve = is_unknown and desk.may(Right.RESOLVE_UNKNOWN)
    proposal = intent.evidence.get("proposal")
    me = str(desk.member.id)
    return OrderView(
        intent=intent,
        action=str(ACTIONS.get(intent.action, intent.action)),
        reason=str(policy.REASONS.get(intent.reason, intent.reason)),
        progress=progress,
        seen=tuple(filter(None, intent.evidence.get("seen", "").split("; "))) if is_unknown else (),
        proposal=proposal,
        may_answer=(
            intent.state == IntentState.AWAITING_APPROVAL
            and desk.may(Right.APPROVE)
            and intent.actor_id != me
        ),
        may_propose=may_resolve,
        may_confirm=may_resolve and proposal is not None and proposal["by"] != me,
    )
