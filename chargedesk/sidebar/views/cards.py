"""The card of a customer, and the details of one charge."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from chargedesk.base import scoping
from chargedesk.sidebar.card import card_for_ticket, card_of_person
from chargedesk.sidebar.rendering import card_html, html
from chargedesk.sidebar.views.base import PanelView
from helpdesk_apps.card import MatchGrade


class CardView(PanelView):
    """The card: of the ticket's customer, or of one chosen by hand."""

    def get(self, request: Request) -> HttpResponse:
        """Answer the card as an HTML fragment."""
        chosen = _uuid(request.GET.get("customer", ""))
        with scoping.tenant(self.session.tenant_id):
            card = (
                card_of_person(self.session, chosen, grade=MatchGrade.GUESS)
                if chosen
                else card_for_ticket(self.session)
            )
        return html(card_html(card, customer=str(chosen or "")))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
