"""The ground of every panel view: bearer, language, scope, and errors a person can use (R13)."""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from chargedesk.actions.errors import NoSuchObjectError
from chargedesk.base.request_ids import current_request_id
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.sidebar.authentication import BearerAuthentication
from chargedesk.sidebar.rendering import fragment
from chargedesk.sidebar.session import PanelSession
from chargedesk.tenants.roles import Right

log = structlog.get_logger()


class PanelView(APIView):
    """A view of the panel, in the agent's language. Cookies are never looked at."""

    authentication_classes = (BearerAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsAuthenticated,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then speak the agent's language."""
        super().initial(request, *args, **kwargs)
        translation.activate(self.session.language)

    @property
    def session(self) -> PanelSession:
        """Who asks."""
        session = _session_of(self.request)
        if session is None:
            raise NotAuthenticated
        return session

    @property
    def form(self) -> Mapping[str, str]:
        """The posted fields; empty for a body that is no form."""
        data: object = self.request.data
        if not isinstance(data, Mapping):
            return {}
        return {str(name): str(data[name]) for name in data}

    @property
    def ip(self) -> str | None:
        """Where the request came from, for the audit log."""
        return self.request.META.get("REMOTE_ADDR") or None

    def handle_exception(self, exc: Exception) -> Any:
        """Our own errors become a fragment that says what happened; DRF answers its own."""
        if isinstance(exc, NoSuchObjectError):
            return error_fragment(exc, status=HTTPStatus.NOT_FOUND)
        if isinstance(exc, ChargeDeskError):
            return error_fragment(exc)
        return super().handle_exception(exc)


def _session_of(request: Request) -> PanelSession | None:
    session: object = request.user
    return session if isinstance(session, PanelSession) else None


@cache
def acts_only(right: Right = Right.MOVE_MONEY) -> type[BasePermission]:
    """The permission of views that change something: members whose role has the right."""

    class MayAct(BasePermission):
        message = gettext_lazy("You can look, but not act.")

        def has_permission(self, request: Request, view: APIView) -> bool:
            session = _session_of(request)
            return session is not None and session.may(right)

    return MayAct


def error_fragment(error: ChargeDeskError, *, status: int = HTTPStatus.BAD_REQUEST) -> HttpResponse:
    """What happened, whether money moved, what to do; the gateway's own words folded below."""
    log.info("panel.refused", code=error.code)
    context = {
        "message": error.message,
        "money": _("No money was moved."),
        "code": getattr(error, "provider_code", "") or error.code,
        "theirs": getattr(error, "provider_message", ""),
        "request_id": current_request_id(),
        "words": {
            "details": _("Details for support"),
            "copy": _("Copy the request id"),
            "request": _("Request"),
            "back": _("Back"),
        },
    }
    return fragment("error.html", context, status=status)
