"""What every view of `/v1` has in common: keys, scopes, limits, JSON, the tenant's scope."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, FormParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.auth import HasScope, KeyAuthentication, Scope
from api.bodies import StrictJsonParser, refuse_large_body
from api.parameters import refuse_query
from api.throttles import KeyThrottle
from chargedesk.base import scoping
from chargedesk.tenants.models import ApiKey

Parameters = ParamSpec("Parameters")
View = TypeVar("View", bound=APIView)


class AlwaysJson(BaseContentNegotiation):
    """Answers JSON whatever a client says it accepts: it is all there is."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser of the body's media type; None for one we do not read."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((each for each in parsers if each.media_type == media_type), None)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The only renderer."""
        only = next(iter(renderers))
        return only, str(only.media_type)


_WITH_A_BODY = frozenset({"POST", "PUT", "PATCH"})


class V1View(APIView):
    """A view of `/v1`; `scopes` names what a key needs per method."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    throttle_classes = [KeyThrottle]
    parser_classes = [StrictJsonParser, FormParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJson
    metadata_class = None
    scopes: ClassVar[Mapping[str, Scope]] = {"GET": Scope.READ}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who calls, may they, how often; how much they send, and where."""
        super().initial(request, *args, **kwargs)
        refuse_large_body(request)
        if request.method in _WITH_A_BODY:
            refuse_query(request)


def in_tenant_scope(
    method: Callable[Concatenate[View, Request, Parameters], Response], /
) -> Callable[Concatenate[View, Request, Parameters], Response]:
    """Run a view's method in one transaction that sees the key's tenant only.

    Not for what moves money: that is three steps outside each other.
    """

    @wraps(method)
    def run(
        view: View, request: Request, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Response:
        with scoping.tenant(caller_key(request).tenant_id):
            return method(view, request, *args, **kwargs)

    return run


def caller_key(request: Request) -> ApiKey:
    """The key that made this call."""
    key = request.auth
    assert isinstance(key, ApiKey)  # noqa: S101  every view here requires one
    return key


class UnknownPathView(APIView):
    """Every path that is none: 404 in the API's own shape, with or without a key."""

    authentication_classes = []
    permission_classes = []
    content_negotiation_class = AlwaysJson
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer before a method is looked for."""
        raise NotFound(_("There is no such path."))
