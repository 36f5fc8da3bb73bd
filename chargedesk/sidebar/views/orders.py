"""Orders from the panel: accepted once per dialog, followed honestly, taken back in time."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.actions.errors import (
    ActionDeniedError,
    KeyMisuseError,
    MoneyChangedError,
    NoSuchObjectError,
)
from chargedesk.actions.intents import find_intent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.services import (
    refresh_for_preview,
    request_action,
    take_back,
    wait_for_settlement,
)
from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.messaging.helpdesks import helpdesk_link
from chargedesk.messaging.notes import add_offered_note
from chargedesk.sidebar.dialog import FORMS, Draft, checked, dialog_for
from chargedesk.sidebar.dialog.charges import also_cancelled
from chargedesk.sidebar.dialog.shape import Field
from chargedesk.sidebar.orders import Problems, also_requested, read_submitted, requested
from chargedesk.sidebar.rendering import fragment, html, rendered
from chargedesk.sidebar.results import result_of
from chargedesk.sidebar.views.base import PanelView, acts_only
from chargedesk.sidebar.views.drafts import draft_of, with_preview
from gateways.capabilities import ActionKind
from gateways.errors import GatewayError
from helpdesk_apps.contract import Note
from helpdesk_apps.errors import HelpdeskError

LONGEST_NOTE = 4000
_FOLLOWED = (
    IntentState.READY,
    IntentState.EXECUTING,
    IntentState.UNKNOWN,
    IntentState.AWAITING_APPROVAL,
)


class OrdersView(PanelView):
    """Takes an order from a dialog."""

    permission_classes = (acts_only(),)

    def post(self, _request: Request) -> HttpResponse:
        """Answer where the order stands, or the dialog again with what is wrong."""
        submitted = read_submitted(self.form)
        with scoping.tenant(self.session.tenant_id):
            draft, details, problems = checked(draft_of(self, submitted))
            also = self._also(draft)
        if problems:
            return self._again(draft, problems)
        order = requested(submitted, self.session, amount=draft.amount, details=details, ip=self.ip)
        try:
            intent = request_action(order)
        except ActionDeniedError as error:
            has_field = error.parameter in {"amount", *(f.name for f in _fields(self, draft))}
            problems.by_field[str(error.parameter) if has_field else "denied"] = error.message
            return self._again(draft, problems)
        except MoneyChangedError as error:
            return self._changed(draft, error)
        except KeyMisuseError as error:
            return self._placed_before(error)
        second, refused = self._placed(also)
        return results_fragment(
            self, [self._settled(each) for each in (intent, second) if each], refused=refused
        )

    def _also(self, draft: Draft) -> ActionRequest | None:
        """The cancellation asked for beside a refund."""
        if draft.submitted.action is not ActionKind.REFUND:
            return None
        subscription = also_cancelled(draft)
        if subscription is None:
            return None
        return also_requested(
            draft.submitted, self.session, subscription_id=subscription.id, ip=self.ip
        )

    def _placed(self, request: ActionRequest | None) -> tuple[ActionIntent | None, str]:
        """The second order, or why it was refused: the first one stands either way (R1)."""
        if request is None:
            return None, ""
        try:
            return request_action(request), ""
        except ChargeDeskError as error:
            return None, error.message

    def _settled(self, intent: ActionIntent) -> ActionIntent:
        if self.session.undo_seconds:
            return intent
        return wait_for_settlement(self.session.tenant_id, intent.id)

    def _placed_before(self, error: KeyMisuseError) -> HttpResponse:
        """Show the dialog's own order: the answer to an earlier click may not have arrived (R5)."""
        with scoping.tenant(self.session.tenant_id):
            intent = find_intent(error.intent_id)
        why = _("This had been ordered before. What you changed afterwards was not ordered.")
        return result_fragment(self, self._settled(intent), too_late=why)

    def _changed(self, draft: Draft, error: MoneyChangedError) -> HttpResponse:
        """Show the difference: read again, and let the agent decide on the new facts (R2, M14)."""
        submitted, trouble = draft.submitted, ""
        try:
            refresh_for_preview(self.session.tenant_id, submitted.action, submitted.object_id)
        except GatewayError as unreachable:
            trouble = unreachable.message
        problems = Problems({"changed": error.message})
        return self._again(draft, problems, trouble=trouble, status=HTTPStatus.CONFLICT)

    def _again(
        self,
        draft: Draft,
        problems: Problems,
        *,
        trouble: str = "",
        status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
    ) -> HttpResponse:
        with scoping.tenant(self.session.tenant_id):
            fresh = draft_of(self, draft.submitted)
        fresh, unclear = with_preview(self, fresh, amount=draft.amount)
        with scoping.tenant(self.session.tenant_id):
            dialog = dialog_for(fresh, problems=problems, trouble=trouble or unclear)
        return fragment("dialog.html", {"dialog": dialog}, status=status)


class OrderView(PanelView):
    """Follows one order."""

    permission_classes = (acts_only(),)

    def get(self, _request: Request, intent_id: UUID) -> HttpResponse:
        """Answer where the order stands now."""
        return result_fragment(self, _intent(self, intent_id))


class TakeBackView(PanelView):
    """Takes an order back before it is sent (R9)."""

    permission_classes = (acts_only(),)

    def post(self, _request: Request, intent_id: UUID) -> HttpResponse:
        """Answer where the order stands: taken back, or that it was too late."""
        intent = _intent(self, intent_id)
        too_late = ""
        try:
            with scoping.tenant(self.session.tenant_id):
                intent = take_back(intent.id, actor=self.session.actor(ip=self.ip))
        except ChargeDeskError as error:
            too_late = error.message
            intent = _intent(self, intent_id)
        return result_fragment(self, intent, too_late=too_late)


class NoteView(PanelView):
    """Adds the offered internal note to the ticket, as the agent left it."""

    permission_classes = (acts_only(),)

    def post(self, _request: Request, intent_id: UUID) -> HttpResponse:
        """Answer that it was added, or why not."""
        intent = _intent(self, intent_id)
        text = self.form.get("text", "").strip()[:LONGEST_NOTE]
        session = self.session
        note = Note(
            key=f"{intent.id}-note",
            ticket_id=session.bearer.ticket,
            text=text,
            author_email=session.agent_email,
            author_name=session.agent_name,
        )
        if not text or not session.bearer.ticket:
            raise NoSuchObjectError(_("There is nothing to add, or no ticket to add it to."))
        link = helpdesk_link(UUID(session.bearer.connection))
        try:
            add_offered_note(link, note, actor=session.actor(ip=self.ip))
        except HelpdeskError as error:
            context = {"message": error.message, "is_added": False}
            return fragment("noted.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return fragment(
            "noted.html",
            {"message": _("Added to the ticket as an internal note."), "is_added": True},
        )


def result_fragment(view: PanelView, intent: ActionIntent, *, too_late: str = "") -> HttpResponse:
    """Where an order stands, as a fragment that follows itself until the order has ended."""
    return _answered(view, [intent], fragment("result.html", _context(view, intent, too_late)))


def results_fragment(
    view: PanelView, intents: Sequence[ActionIntent], *, refused: str = ""
) -> HttpResponse:
    """Where each of several orders stands, and why a further one was refused."""
    parts = [rendered("result.html", _context(view, intent)) for intent in intents]
    if refused:
        words = {
            "tone": "bad",
            "state": "refused",
            "headline": _("The subscription was not cancelled"),
            "dismiss": _("Dismiss"),
            "why": refused,
        }
        parts.append(rendered("told.html", words))
    return _answered(view, intents, html("".join(parts)))


def _context(view: PanelView, intent: ActionIntent, too_late: str = "") -> dict[str, object]:
    session = view.session
    link = helpdesk_link(UUID(session.bearer.connection))
    with scoping.tenant(session.tenant_id):
        result = result_of(
            session, intent, takes_notes=link.takes_notes and bool(session.bearer.ticket)
        )
    return {"result": result, "too_late": too_late}


def _answered(
    view: PanelView, intents: Sequence[ActionIntent], answer: HttpResponse
) -> HttpResponse:
    # Held money shows on the card as soon as there is an order, and again when it ends.
    is_over = any(intent.state not in _FOLLOWED for intent in intents)
    if is_over or view.request.method == "POST":
        answer["HX-Trigger"] = "card-stale"
    return answer


def _fields(view: PanelView, draft: Draft) -> Sequence[Field]:
    with scoping.tenant(view.session.tenant_id):
        return FORMS[draft.submitted.action].fields(draft)


def _intent(view: PanelView, intent_id: UUID) -> ActionIntent:
    """An order this agent may follow: their own."""
    with scoping.tenant(view.session.tenant_id):
        intent = find_intent(intent_id)
    if intent.actor_id != view.session.bearer.member:
        raise NoSuchObjectError(_("There is no such record."))
    return intent
