"""Gives every request an id: in the answer's header, in every log line, in every error."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from chargedesk.kit import ids

HEADER = "X-Request-Id"


class RequestIdMiddleware:
    """Binds a new id for the time of one request; a caller's own id is not taken over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=f"req_{ids.new_id().hex}")
        try:
            response = self._get_response(request)
            response.headers[HEADER] = current_request_id()
            return response
        finally:
            structlog.contextvars.clear_contextvars()


def current_request_id() -> str:
    """The id of the request being answered; empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
