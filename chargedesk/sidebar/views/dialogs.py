"""The dialog of one action: opened with a live reading, its outcome told while the agent types."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.actions.services import refresh_for_preview
from chargedesk.base import scoping
from chargedesk.sidebar.dialog import FORMS, new_dialog, outcome_for, subject_of
from chargedesk.sidebar.dialog.shape import Subject
from chargedesk.sidebar.orders import Problems, checked_amount, read_submitted, read_wish
from chargedesk.sidebar.rendering import fragment
from chargedesk.sidebar.views.base import PanelView, acts_only
from chargedesk.sidebar.views.drafts import draft_of, with_preview
from gateways.errors import GatewayError, OutcomeUnknownError, UnavailableError


class DialogView(PanelView):
    """Opens the dialog of an action after reading its object again at the gateway (R2)."""

    permission_classes = (acts_only(),)

    def get(self, request: Request) -> HttpResponse:
        """Answer the dialog; without a live answer it opens with its button off (S14)."""
        action, object_id = read_wish(request.GET)
        error = None
        try:
            refresh_for_preview(self.session.tenant_id, action, object_id)
        except GatewayError as unread:
            error = unread
        with scoping.tenant(self.session.tenant_id):
            subject = subject_of(self.session, action, object_id, ip=self.ip)
            trouble = _trouble(subject, error) if error else ""
            dialog = new_dialog(self.session, subject, trouble=trouble)
        return fragment("dialog.html", {"dialog": dialog, "can_retry": bool(trouble)})


def _trouble(subject: Subject, error: GatewayError) -> str:
    """Why nothing can be sent now, and what to do about it (S14)."""
    names = {"gateway": subject.seen.target.connection.label, "why": error.message}
    if isinstance(error, UnavailableError | OutcomeUnknownError):
        return (
            _(
                "%(gateway)s does not answer. What you see may be out of date, and nothing can be "
                "sent until it answers. Nothing was changed; try again in a moment."
            )
            % names
        )
    return (
        _(
            "%(gateway)s could not be read, so this may be out of date. Nothing can be sent right "
            "now. %(why)s"
        )
        % names
    )


class OutcomeView(PanelView):
    """Tells what would happen with what is typed so far."""

    permission_classes = (acts_only(),)

    def post(self, _request: Request) -> HttpResponse:
        """Answer the outcome and the button; a problem with the amount stands beside its field."""
        submitted, problems = read_submitted(self.form), Problems()
        amount = None
        with scoping.tenant(self.session.tenant_id):
            draft = draft_of(self, submitted)
        if submitted.amount.strip() and FORMS[submitted.action].has_amount:
            amount = checked_amount(
                submitted,
                currencies=draft.subject.currencies,
                language=self.session.language,
                problems=problems,
            )
        draft, trouble = with_preview(self, draft, amount=amount)
        with scoping.tenant(self.session.tenant_id):
            outcome = outcome_for(draft)
        context = {
            "outcome": outcome,
            "trouble": trouble,
            "problem": problems.by_field.get("amount", ""),
            "is_typing": FORMS[submitted.action].has_amount,
        }
        return fragment("outcome.html", context)
