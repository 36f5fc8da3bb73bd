"""The card of a customer, the details of one charge, and why it was made."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.base import scoping
from chargedesk.sidebar.card import card_for_ticket, card_of_person
from chargedesk.sidebar.details import charge_details
from chargedesk.sidebar.explanation import explained
from chargedesk.sidebar.rendering import card_html, fragment, html
from chargedesk.sidebar.views.base import PanelView
from chargedesk.tenants.roles import Right
from helpdesk_apps.card import MatchGrade


class CardView(PanelView):
    """The card: of the ticket's customer, or of one chosen by hand."""

    def get(self, request: Request) -> HttpResponse:
        """Answer the card as an HTML fragment; 204 to a panel that already shows this very card."""
        chosen = _uuid(request.GET.get("customer", ""))
        with scoping.tenant(self.session.tenant_id):
            card = (
                card_of_person(self.session, chosen, grade=MatchGrade.GUESS)
                if chosen
                else card_for_ticket(self.session)
            )
        if request.GET.get("seen") == card.version:
            return HttpResponse(status=204)
        return html(
            card_html(card, customer=str(chosen or ""), link_label=self._link_label(chosen))
        )

    def _link_label(self, chosen: UUID | None) -> str:
        email = self.session.bearer.email
        if chosen is None or not email or not self.session.may(Right.LINK_CUSTOMERS):
            return ""
        return _("Remember this person for %(email)s") % {"email": email}


class ChargeView(PanelView):
    """What a charge shows when it is opened in place."""

    def get(self, _request: Request, charge_id: UUID) -> HttpResponse:
        """Answer the details as an HTML fragment."""
        with scoping.tenant(self.session.tenant_id):
            details = charge_details(self.session, charge_id)
        return fragment("details.html", {"charge": details})


class WhyView(PanelView):
    """Why a charge was made, in the customer's language, ready to paste."""

    def get(self, request: Request, charge_id: UUID) -> HttpResponse:
        """Answer the explanation as an HTML fragment."""
        with scoping.tenant(self.session.tenant_id):
            why = explained(self.session, charge_id, language=request.GET.get("language", ""))
        return fragment("why.html", {"why": why, "charge_id": str(charge_id)})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
