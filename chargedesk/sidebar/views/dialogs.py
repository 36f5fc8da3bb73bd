"""The dialog of one action: opened with a live reading, its outcome told while the agent types."""

from http import HTTPStatus

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.actions.services import refresh_for_preview
from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.kit.money import Money
from chargedesk.sidebar.amounts import AmountUnclearError, parse_amount
from chargedesk.sidebar.dialog import new_dialog, outcome_for, subject_of
from chargedesk.sidebar.orders import read_submitted, read_wish
from chargedesk.sidebar.rendering import fragment
from chargedesk.sidebar.views.base import PanelView, acts_only
from gateways.errors import GatewayError


class DialogView(PanelView):
    """Opens the dialog of an action after reading its object again at the gateway (R2)."""

    permission_classes = (acts_only(),)

    def get(self, request: Request) -> HttpResponse:
        """Answer the dialog; without a live answer it opens with its button off (S14)."""
        action, object_id = read_wish(request.GET)
        trouble = ""
        try:
            refresh_for_preview(self.session.tenant_id, action, object_id)
        except GatewayError as error:
            trouble = _(
                "The gateway did not answer, so this may be out of date. Nothing can be sent "
                "right now. %(why)s"
            ) % {"why": error.message}
        with scoping.tenant(self.session.tenant_id):
            subject = subject_of(self.session, action, object_id, ip=self.ip)
            dialog = new_dialog(self.session, subject, trouble=trouble)
        return fragment("dialog.html", {"dialog": dialog})


class OutcomeView(PanelView):
    """Tells what would happen with what is typed so far."""

    permission_classes = (acts_only(),)

    def post(self, _request: Request) -> HttpResponse:
        """Answer the outcome and the button; a problem with the amount stands beside its field."""
        submitted = read_submitted(self.form)
        with scoping.tenant(self.session.tenant_id):
            subject = subject_of(self.session, submitted.action, submitted.object_id, ip=self.ip)
            amount, problem = self._amount(submitted.amount, subject.currency)
            outcome = outcome_for(self.session, subject, amount=amount, when=submitted.when)
        context = {"outcome": outcome, "problem": problem, "is_typing": True}
        return fragment("outcome.html", context, status=HTTPStatus.OK)

    def _amount(self, text: str, currency: str) -> tuple[Money | None, str]:
        if not text.strip():
            return None, ""
        try:
            return parse_amount(text, code=currency, language=self.session.language), ""
        except AmountUnclearError as error:
            return None, error.message
        except ChargeDeskError as error:
            return None, error.message
