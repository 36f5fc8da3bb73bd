"""Finding the person by hand, and linking them to the ticket's address for the next time (S7)."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.base import scoping
from chargedesk.ledger.matching import link_identifier, search
from chargedesk.ledger.models import Customer, IdentifierKind
from chargedesk.sidebar.card import candidates_of, card_of_person
from chargedesk.sidebar.rendering import card_html, card_urls, fragment, html
from chargedesk.sidebar.views.base import PanelView, acts_only
from chargedesk.tenants.roles import Right
from helpdesk_apps.card import MatchGrade

SHORTEST_SEARCH = 2
LONGEST_SEARCH = 120


class SearchView(PanelView):
    """Searches people by what an agent types."""

    def get(self, request: Request) -> HttpResponse:
        """Answer the people found, or why there are none."""
        text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
        with scoping.tenant(self.session.tenant_id):
            matches = tuple(search(text)) if len(text) >= SHORTEST_SEARCH else ()
            people = candidates_of(self.session, matches)
        context = {
            "people": people,
            "urls": card_urls(),
            "nothing": _("Nobody found for “%(text)s”. Try the card's last 4 with the amount.")
            % {"text": text},
        }
        return fragment("found.html", context)


class LinkView(PanelView):
    """Links a person to the address the ticket came from."""

    permission_classes = (acts_only(Right.LINK_CUSTOMERS),)

    def post(self, _request: Request) -> HttpResponse:
        """Answer the card of the person, now an exact match."""
        session = self.session
        try:
            customer_id = UUID(self.form.get("customer", ""))
        except ValueError as error:
            raise NoSuchObjectError(_("There is no such record.")) from error
        with scoping.tenant(session.tenant_id):
            if not session.bearer.email or not Customer.objects.filter(pk=customer_id).exists():
                raise NoSuchObjectError(_("There is no such record."))
            link_identifier(
                customer_id,
                kind=IdentifierKind.EMAIL,
                value=session.bearer.email,
                actor=session.actor(ip=self.ip),
            )
            card = card_of_person(session, customer_id, grade=MatchGrade.EXACT)
        return html(card_html(card), status=HTTPStatus.OK)
