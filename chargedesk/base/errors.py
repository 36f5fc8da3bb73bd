"""The one shape in which errors leave over HTTP, and which status each of our errors has."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from chargedesk.base.request_ids import current_request_id
from chargedesk.kit.errors import ChargeDeskError

log = structlog.get_logger()

# Every other code of ours is a refusal of what was asked: 400.
_STATUS_BY_CODE = {
    "not_found": 404,
    "gateway_object_not_found": 404,
    "idempotency_key_reused": 409,
    "intent_closed": 409,
    "money_changed": 412,
    "rate_limited": 429,
    "gateway_unavailable": 503,
    # Only of a read before an order exists; an order tells its state instead.
    "outcome_unknown": 503,
}
_CODE_BY_STATUS = {
    400: "invalid_request",
    401: "key_invalid",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal_error",
}
_API_PATHS = ("/v1/", "/api/")


class InvalidInputError(ChargeDeskError):
    """A parameter is missing, unknown or not of the right shape."""

    code = "invalid_parameter"


class UnknownObjectError(ChargeDeskError):
    """There is no such object for this caller; another tenant's is answered the same."""

    code = "not_found"


def error_body(
    message: str,
    *,
    code: str,
    parameter: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of every error, in v1's shape.

    `{"error": {"message", "incorrect_parameter"?, "code", "fields"?, "request_id"}}`
    """
    error: dict[str, Any] = {"message": message}
    if parameter:
        error["incorrect_parameter"] = parameter
    error["code"] = code
    if fields:
        error["fields"] = dict(fields)
    error["request_id"] = current_request_id()
    return {"error": error}


def handle_api_error(error: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework's exception handler: every error of a view, expected or not, in our shape."""
    if isinstance(error, ChargeDeskError):
        return _own(error)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    framework_error = _as_framework_error(error)
    if framework_error is not None:
        return _framework(framework_error)
    log.error("api.failed", view=type(context.get("view")).__name__, exc_info=error)
    return Response(_internal_error(), status=500)


def _own(error: ChargeDeskError) -> Response:
    status = _STATUS_BY_CODE.get(error.code, 400)
    # A refusal of the policy or the provider has a finer reason than its class.
    code = str(getattr(error, "reason", "") or error.code)
    body = error_body(
        error.message,
        code=code,
        parameter=error.parameter,
        fields=getattr(error, "difference", None),
    )
    wait = getattr(error, "retry_after", None)
    headers = {} if wait is None else {"Retry-After": str(max(1, ceil(wait)))}
    log.info("api.refused", code=code, status=status, parameter=error.parameter)
    return Response(body, status=status, headers=headers)


def _invalid(error: exceptions.ValidationError) -> Response:
    fields = flat_fields(error.detail)
    parameter, message = next(iter(fields.items()), ("", _("The request is not valid.")))
    body = error_body(message, code="invalid_parameter", parameter=parameter, fields=fields)
    log.info("api.refused", code="invalid_parameter", status=400, parameter=parameter)
    return Response(body, status=400)


def flat_fields(detail: Any, prefix: str = "") -> dict[str, str]:
    """Turn nested complaints into one sentence per parameter, as in a form: `occurred[min]`."""
    if isinstance(detail, Mapping):
        found: dict[str, str] = {}
        for name, below in detail.items():
            whole = name == "non_field_errors"
            found |= flat_fields(
                below, prefix if whole else f"{prefix}[{name}]" if prefix else str(name)
            )
        return found
    if isinstance(detail, list) and any(isinstance(each, Mapping | list) for each in detail):
        return {
            key: text
            for place, below in enumerate(detail)
            for key, text in flat_fields(below, f"{prefix}[{place}]").items()
        }
    text = " ".join(map(str, detail)) if isinstance(detail, list) else str(detail)
    return {prefix: text} if text else {}


def _as_framework_error(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return _TooLargeError()
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError()
    return None


class _TooLargeError(exceptions.APIException):
    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


def _framework(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, ceil(wait)))
    code = _CODE_BY_STATUS.get(error.status_code, "error")
    named = error.get_codes()
    if isinstance(named, str) and named.startswith(("key_", "scope_", "json_", "form_")):
        code = named
    log.info("api.refused", code=code, status=error.status_code)
    return Response(
        error_body(str(error.detail), code=code), status=error.status_code, headers=headers
    )


def _internal_error() -> dict[str, Any]:
    return error_body(
        _("Something went wrong on our side. Give us the request id and we will look."),
        code="internal_error",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of unknown paths: our shape for programs, a page for people."""
    if not request.path.startswith(_API_PATHS):
        return defaults.page_not_found(request, exception)
    return JsonResponse(error_body(_("There is no such path."), code="not_found"), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of requests it refuses itself (host name, too many fields)."""
    if not request.path.startswith(_API_PATHS):
        return defaults.bad_request(request, exception)
    body = error_body(_("The request is not valid."), code="invalid_request")
    return JsonResponse(body, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of failures outside a view of the API."""
    if not request.path.startswith(_API_PATHS):
        return defaults.server_error(request)
    return JsonResponse(_internal_error(), status=500)
