"""How `/v1` describes itself: names of the key's scheme, parameters from strict inputs, answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

from api.parameters import StrictInput, UnixTime

Method = TypeVar("Method", bound=Callable[..., Any])
Fields = Mapping[str, serializers.Field[Any, Any, Any, Any]]


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A secret key as Basic user name, or as Bearer."""

    target_class = "api.auth.KeyAuthentication"
    name = ["basicKey", "bearerKey"]

    def get_security_definition(self, _auto_schema: Any) -> list[dict[str, str]]:
        """Both ways to send it."""
        return [{"type": "http", "scheme": "basic"}, {"type": "http", "scheme": "bearer"}]

    def get_security_requirement(self, _auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Either is enough."""
        return [{name: []} for name in self.name]


def only_v1(endpoints: Sequence[tuple[str, str, str, Any]], **_options: Any) -> list[Any]:
    """Leave out everything that is not the public API; a hook of drf-spectacular."""
    return [each for each in endpoints if each[0].startswith("/v1/")]


ERROR = inline_serializer(
    "Error",
    {
        "error": inline_serializer(
            "ErrorDetails",
            {
                "message": serializers.CharField(help_text="A sentence for people."),
                "incorrect_parameter": serializers.CharField(required=False),
                "code": serializers.CharField(help_text="A word for programs; never changes."),
                "fields": serializers.DictField(required=False),
                "request_id": serializers.CharField(),
            },
        )
    },
)
DELETED = inline_serializer(
    "Deleted",
    {
        "object": serializers.CharField(),
        "charge_id": serializers.CharField(required=False),
        "customer_id": serializers.CharField(required=False),
        "deleted": serializers.BooleanField(),
    },
)
REFUSALS = dict.fromkeys((400, 401, 403, 429), ERROR)


def listing(
    operation: str, summary: str, *, filters: type[StrictInput], row: Any
) -> Callable[[Method], Method]:
    """Describe a list."""
    page = inline_serializer(
        f"{type(row).__name__}List",
        {
            "object": serializers.CharField(help_text="Always “list”."),
            "count": serializers.IntegerField(),
            "offset": serializers.IntegerField(),
            "data": type(row)(many=True),
        },
    )
    return extend_schema(
        operation_id=operation,
        summary=summary,
        parameters=query_parameters(filters),
        responses={200: page, **REFUSALS},
    )


def reading(
    operation: str, summary: str, *, asked: type[StrictInput], row: Any, may_miss: bool = True
) -> Callable[[Method], Method]:
    """Describe the reading of one thing."""
    missing = {404: ERROR} if may_miss else {}
    return extend_schema(
        operation_id=operation,
        summary=summary,
        parameters=query_parameters(asked),
        responses={200: row, **REFUSALS, **missing},
    )


def ordering(
    operation: str, summary: str, *, body: type[StrictInput], answer: Any
) -> Callable[[Method], Method]:
    """Describe a gateway method: settled or on its way 200, not settled yet 202."""
    return extend_schema(
        operation_id=operation,
        summary=summary,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="Your own key for this one wish. Sent again with the same body it "
                "returns the first answer; with another body it is refused.",
            ),
            OpenApiParameter(
                "If-Match",
                str,
                OpenApiParameter.HEADER,
                description="The money_version you looked at: refused if money moved since.",
            ),
        ],
        request={"application/x-www-form-urlencoded": body, "application/json": body},
        responses={
            200: answer,
            202: answer,
            **REFUSALS,
            **dict.fromkeys((404, 409, 412, 415, 503), ERROR),
        },
    )


def telling(
    operation: str, summary: str, *, body: type[StrictInput], row: Any, may_miss: bool = False
) -> Callable[[Method], Method]:
    """Describe the storing or changing of a record of one's own."""
    key = OpenApiParameter(
        "Idempotency-Key",
        str,
        OpenApiParameter.HEADER,
        description="Your own key for this one wish. Sent again with the same body it changes "
        "nothing; with another body it is refused.",
    )
    missing = {404: ERROR} if may_miss else {}
    return extend_schema(
        operation_id=operation,
        summary=summary,
        parameters=[key],
        request={"application/x-www-form-urlencoded": body, "application/json": body},
        responses={200: row, **REFUSALS, **missing, **dict.fromkeys((409, 415), ERROR)},
    )


def forgetting(
    operation: str, summary: str, *, asked: type[StrictInput]
) -> Callable[[Method], Method]:
    """Describe the deletion of a record of one's own."""
    return extend_schema(
        operation_id=operation,
        summary=summary,
        parameters=query_parameters(asked),
        responses={200: DELETED, **REFUSALS, 404: ERROR, 409: ERROR},
    )


def query_parameters(asked: type[StrictInput]) -> list[OpenApiParameter]:
    """The query parameters of an input, nested ones as `occurred[min]`."""
    return _flat(asked().fields)


def _flat(fields: Fields, prefix: str = "") -> list[OpenApiParameter]:
    found: list[OpenApiParameter] = []
    for name, field in fields.items():
        whole = f"{prefix}[{name}]" if prefix else name
        if isinstance(field, serializers.Serializer):
            found += _flat(field.fields, whole)
        else:
            found.append(_parameter(whole, field))
    return found


def _parameter(name: str, field: Any) -> OpenApiParameter:
    default = None if field.default is serializers.empty else field.default
    if isinstance(field, UnixTime):
        kind: Any = {"type": "integer", "minimum": 0, "maximum": 99_999_999_999}
    elif isinstance(field, serializers.IntegerField):
        limits = {"minimum": field.min_value, "maximum": field.max_value}
        kind = {"type": "integer"} | {k: v for k, v in limits.items() if v is not None}
    elif isinstance(field, serializers.UUIDField):
        kind = UUID
    else:
        kind = str
    choices = list(field.choices) if isinstance(field, serializers.ChoiceField) else None
    return OpenApiParameter(
        name,
        kind,
        OpenApiParameter.QUERY,
        description=str(field.help_text or ""),
        enum=choices,
        default=default,
    )
