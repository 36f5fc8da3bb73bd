"""Answers webhooks before sessions, languages and pages get to work: the first middleware."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, get_resolver

URLS = "chargedesk.sync.urls"


class WebhookLane:
    """Sends gateway webhooks straight to their view; everything else goes on.

    A webhook has no session, no cookie and no page, and comes in bursts: the other middleware would
    cost more than the work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/webhooks/"):
            return self._get_response(request)
        try:
            match = get_resolver(URLS).resolve(request.path_info)
        except Resolver404:
            return self._get_response(request)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response
