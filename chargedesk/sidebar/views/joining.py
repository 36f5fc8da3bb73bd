"""Joining two people from the card, and undoing it (S7)."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.base import scoping
from chargedesk.ledger.matching import GroupingError
from chargedesk.sidebar import joining
from chargedesk.sidebar.joining import Joining, Told
from chargedesk.sidebar.rendering import fragment
from chargedesk.sidebar.views.base import PanelView, acts_only, error_fragment
from chargedesk.tenants.roles import Right

LONGEST_REASON = 200


class GroupingView(PanelView):
    """The ground of both: who may, and an answer after which the card is drawn again."""

    permission_classes = (acts_only(Right.LINK_CUSTOMERS),)

    def opened(self, dialog: Callable[[], Joining]) -> HttpResponse:
        """The dialog; or why it makes no sense any more."""
        try:
            with scoping.tenant(self.session.tenant_id):
                return fragment("joining.html", {"dialog": dialog()})
        except GroupingError as error:
            return _stale(error_fragment(error))

    def done(self, deed: Callable[[], Told]) -> HttpResponse:
        """What came of it; or why it cannot be."""
        try:
            with scoping.tenant(self.session.tenant_id):
                told = deed()
        except GroupingError as error:
            return _stale(error_fragment(error))
        context = {
            # The box of a joining makes way for that of its undoing.
            "id": "grouping",
            "tone": told.tone.value,
            "state": "told",
            "headline": told.headline,
            "why": told.why,
            "dismiss": _("Dismiss"),
        }
        return _stale(fragment("told.html", context))

    @property
    def reason(self) -> str:
        """Why, in the agent's words."""
        return self.form.get("reason", "").strip()[:LONGEST_REASON]


class JoinView(GroupingView):
    """Makes somebody else one with the person on the card."""

    def get(self, request: Request) -> HttpResponse:
        """Answer the dialog."""
        pair = _id(request.GET.get("customer")), _id(request.GET.get("other"))
        return self.opened(lambda: joining.join_dialog(self.session, *pair))

    def post(self, _request: Request) -> HttpResponse:
        """Answer that they are one now, or were already."""
        pair = _id(self.form.get("customer")), _id(self.form.get("other"))
        actor = self.session.actor(ip=self.ip)
        return self.done(lambda: joining.join(self.session, *pair, actor=actor, reason=self.reason))


class UndoView(GroupingView):
    """Makes them two again."""

    def get(self, _request: Request, merge_id: UUID) -> HttpResponse:
        """Answer the dialog."""
        return self.opened(lambda: joining.undo_dialog(self.session, merge_id))

    def post(self, _request: Request, merge_id: UUID) -> HttpResponse:
        """Answer that they are two again, or were already."""
        actor = self.session.actor(ip=self.ip)
        return self.done(
            lambda: joining.undo(self.session, merge_id, actor=actor, reason=self.reason)
        )


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError as error:
        raise NoSuchObjectError(_("There is no such record.")) from error


def _stale(answer: HttpResponse) -> HttpResponse:
    answer["HX-Trigger"] = "card-stale"
    return answer
