"""Orders from the panel: accepted once per dialog, followed honestly, taken back in time."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.actions.errors import ActionDeniedError, MoneyChangedError, NoSuchObjectError
from chargedesk.actions.intents import find_intent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.services import (
    refresh_for_preview,
    request_action,
    take_back,
    wait_for_settlement,
)
from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import Money
from chargedesk.messaging.helpdesks import helpdesk_link
from chargedesk.messaging.notes import add_offered_note
from chargedesk.sidebar.dialog import Subject, dialog_for, subject_of
from chargedesk.sidebar.orders import Problems, Submitted, checked, read_submitted, requested
from chargedesk.sidebar.rendering import fragment
from chargedesk.sidebar.results import result_of
from chargedesk.sidebar.views.base import PanelView, acts_only
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
            subject = subject_of(self.session, submitted.action, submitted.object_id, ip=self.ip)
        amount, problems = checked(
            submitted,
            currency=subject.currency,
            language=self.session.language,
            asks_first=subject.asks_first,
        )
        if problems:
            return self._again(submitted, amount, problems)
        order = requested(submitted, self.session, amount=amount, ip=self.ip)
        try:
            intent = request_action(order)
        except ActionDeniedError as error:
            problems.by_field[error.parameter or "denied"] = error.message
            return self._again(submitted, amount, problems)
        except MoneyChangedError as error:
            return self._changed(submitted, amount, error)
        if not order.requester.undo_seconds:
            intent = wait_for_settlement(self.session.tenant_id, intent.id)
        return result_fragment(self, intent)

    def _changed(
        self, submitted: Submitted, amount: Money | None, error: MoneyChangedError
    ) -> HttpResponse:
        """Show the difference: read again, and let the agent decide on the new facts (R2, M14)."""
        trouble = ""
        try:
            refresh_for_preview(self.session.tenant_id, submitted.action, submitted.object_id)
        except GatewayError as unreachable:
            trouble = unreachable.message
        problems = Problems({"changed": error.message})
        return self._again(submitted, amount, problems, trouble=trouble, status=HTTPStatus.CONFLICT)

    def _again(
        self,
        submitted: Submitted,
        amount: Money | None,
        problems: Problems,
        *,
        trouble: str = "",
        status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
    ) -> HttpResponse:
        with scoping.tenant(self.session.tenant_id):
            subject: Subject = subject_of(
                self.session, submitted.action, submitted.object_id, ip=self.ip
            )
            dialog = dialog_for(
                self.session,
                subject,
                submitted,
                amount=amount,
                problems=problems,
                trouble=trouble,
            )
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
    session = view.session
    link = helpdesk_link(UUID(session.bearer.connection))
    with scoping.tenant(session.tenant_id):
        result = result_of(
            session, intent, takes_notes=link.takes_notes and bool(session.bearer.ticket)
        )
    answer = fragment("result.html", {"result": result, "too_late": too_late})
    # Held money shows on the card as soon as there is an order, and again when it ends.
    if intent.state not in _FOLLOWED or view.request.method == "POST":
        answer["HX-Trigger"] = "card-stale"
    return answer


def _intent(view: PanelView, intent_id: UUID) -> ActionIntent:
    """An order this agent may follow: their own."""
    with scoping.tenant(view.session.tenant_id):
        intent = find_intent(intent_id)
    if intent.actor_id != view.session.bearer.member:
        raise NoSuchObjectError(_("There is no such record."))
    return intent
