"""The shell page inside the helpdesk's iframe, and the exchange of its bootstrap for a bearer."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chargedesk.kit import clock
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.messaging.helpdesks import (
    HelpdeskLink,
    HelpdeskNotFoundError,
    helpdesk_link,
)
from chargedesk.sidebar import bearer as bearers
from chargedesk.sidebar.authentication import BearerAuthentication
from chargedesk.sidebar.embedding import bearer_for
from chargedesk.sidebar.labels import labels
from chargedesk.sidebar.session import first_known
from chargedesk.sidebar.views.base import PanelView
from helpdesk_apps.contract import InboundRequest
from helpdesk_apps.errors import HelpdeskError

log = structlog.get_logger()
RENEW_AFTER_S = int(bearers.LIFE.total_seconds() * 0.8)


@csrf_exempt  # the helpdesk's signature is what counts; there is no cookie to abuse
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def embed(request: HttpRequest, helpdesk: str, connection_id: UUID) -> HttpResponse:
    """Verify the helpdesk's signed caller and answer with the shell page, framed by it only."""
    try:
        link = _link(helpdesk, connection_id)
    except HelpdeskNotFoundError as error:
        return _refused(request, error, status=HTTPStatus.NOT_FOUND)
    try:
        bearer = bearer_for(link, inbound(request))
    except HelpdeskError as error:
        log.info("embed.refused", code=error.code, connection=str(connection_id))
        answer = _refused(request, error, status=HTTPStatus.FORBIDDEN)
    else:
        language = first_known(bearer.language, translation.get_language() or "")
        with translation.override(language):
            answer = render(
                request,
                "sidebar/shell.html",
                {
                    "bootstrap": bearers.seal_bootstrap(bearer),
                    "language": language,
                    "words": labels(language),
                    "adapter_script": _adapter_script(helpdesk),
                    "parent_origin": _parent_origin(link, request),
                },
            )
    return framed_by(answer, link)


def framed_by(answer: HttpResponse, link: HelpdeskLink) -> HttpResponse:
    """Let the connection's own pages, and nobody else, frame this answer."""
    origins = list(link.adapter.frame_ancestors(link.credentials)) or ["'none'"]
    answer._csp_replace = {"frame-ancestors": origins}  # type: ignore[attr-defined]  # noqa: SLF001
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def inbound(request: HttpRequest) -> InboundRequest:
    """Freeze Django's request for an adapter."""
    return InboundRequest(
        method=request.method or "GET",
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        received_at=clock.now(),
    )


class SessionView(APIView):
    """Exchanges the bootstrap of the shell page for a bearer."""

    # Asked for no bearer, but its scheme makes a refusal a 401.
    authentication_classes = (BearerAuthentication,)
    permission_classes = (AllowAny,)
    schema = None

    def post(self, request: Request) -> Response:
        """Answer `{"bearer", "renew_in_s"}`; 401 for a bootstrap that is not ours or too old."""
        bootstrap = request.data.get("bootstrap") if isinstance(request.data, Mapping) else None
        try:
            bearer = bearers.exchange(str(bootstrap or ""))
        except bearers.BearerError as error:
            raise AuthenticationFailed(error.message, code=error.code) from error
        return _issued(bearer)


class RenewView(PanelView):
    """Renews a bearer that is still good."""

    def post(self, _request: Request) -> Response:
        """Answer like the session; 401 after a working day."""
        try:
            bearer = bearers.renewed(self.session.bearer)
        except bearers.BearerError as error:
            raise AuthenticationFailed(error.message, code=error.code) from error
        return _issued(bearer)


def _issued(bearer: bearers.Bearer) -> Response:
    plain = {"bearer": bearers.seal(bearer), "renew_in_s": RENEW_AFTER_S}
    return Response(plain, headers={"Cache-Control": "no-store"})


def _link(helpdesk: str, connection_id: UUID) -> HelpdeskLink:
    link = helpdesk_link(connection_id)
    if link.connection.provider != helpdesk:
        raise HelpdeskNotFoundError(_("This helpdesk is not connected."))
    return link


def _refused(request: HttpRequest, error: ChargeDeskError, *, status: int) -> HttpResponse:
    return render(request, "sidebar/refused.html", {"message": error.message}, status=status)


def _adapter_script(helpdesk: str) -> str:
    path = f"sidebar/{helpdesk}.js"
    return path if finders.find(path) else "sidebar/generic.js"


def _parent_origin(link: HelpdeskLink, request: HttpRequest) -> str:
    """The one origin that messages go to: the page that posted the context, if it may frame us."""
    allowed = [each for each in link.adapter.frame_ancestors(link.credentials) if "*" not in each]
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    parts = urlsplit(source)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin in allowed:
        return origin
    return allowed[0] if allowed and allowed[0].startswith("http") else ""
