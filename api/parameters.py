"""PHP-style parameters (`customer[id]=x`, `plans[][id]=y`) as nested values, read strictly."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request

from chargedesk.base.errors import InvalidInputError
from chargedesk.kit import clock

Nested = dict[str, Any]
_NAME = re.compile(r"^([A-Za-z_][\w.-]*)((?:\[[\w. -]*\])*)$")
_PART = re.compile(r"\[([\w. -]*)\]")
_UNIX_SECONDS = re.compile(r"^[0-9]{1,11}$")
DEEPEST = 4


def nested(pairs: Iterable[tuple[str, str]]) -> Nested:
    """Build nested values from flat pairs.

    `a[b]` is an object, `a[]` a list; `a[][b]` starts a new element when `b` is already in the
    last one. InvalidInputError for a malformed, repeated or contradicting name.
    """
    found: Nested = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        parts = _PART.findall(match[2]) if match else []
        if match is None or len(parts) > DEEPEST:
            raise InvalidInputError(_("This parameter's name is malformed."), parameter=name[:80])
        _place(found, [match[1], *parts], value, name)
    return found


def _place(into: Nested, parts: list[str], value: str, name: str) -> None:
    here: Any = into
    for place, part in enumerate(parts[:-1]):
        fresh: Any = [] if parts[place + 1] == "" else {}
        here = _step(here, part, fresh, parts[place + 1])
        if type(here) is not type(fresh):
            raise _contradiction(name)
    last = parts[-1]
    if isinstance(here, list):
        here.append(value)
    elif last in here:
        raise _contradiction(name)
    else:
        here[last] = value


def _step(here: Any, part: str, fresh: Any, following: str) -> Any:
    if not isinstance(here, list):
        return here.setdefault(part, fresh)
    if not here or not isinstance(here[-1], dict) or following in here[-1]:
        here.append(fresh)
    return here[-1]


def _contradiction(name: str) -> InvalidInputError:
    return InvalidInputError(
        _("This parameter is given twice, or in two shapes."), parameter=name[:80]
    )


def _pairs(values: QueryDict) -> Iterable[tuple[str, str]]:
    for name, texts in values.lists():
        for text in texts:
            yield name, str(text)


class StrictInput(serializers.Serializer[Any]):
    """Input whose names must all be known: a misspelt filter must not answer with everything."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown names before reading the known ones."""
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(sorted(self.fields))
                raise serializers.ValidationError(
                    {
                        unknown[0][:80]: [
                            _("Unknown parameter. Known here are: %(known)s.") % {"known": known}
                        ]
                    }
                )
        return super().to_internal_value(data)


class UnixTime(serializers.Field[datetime, Any, int, Any]):
    """A moment as whole Unix seconds."""

    default_error_messages = {
        "invalid": gettext_lazy("Give the time as whole seconds since 1970, such as 1767225600.")
    }

    def to_internal_value(self, data: Any) -> datetime:
        """Digits only."""
        if isinstance(data, bool) or not _UNIX_SECONDS.fullmatch(str(data)):
            self.fail("invalid")
        return clock.from_unix(int(data))

    def to_representation(self, value: datetime) -> int:
        """Whole seconds."""
        return int(value.timestamp())


class TimeRange(StrictInput):
    """`name[min]` and `name[max]`, both inclusive."""

    min = UnixTime(required=False)
    max = UnixTime(required=False)

    def validate(self, attrs: Nested) -> Nested:
        """The earlier one must come first."""
        if "min" in attrs and "max" in attrs and attrs["min"] > attrs["max"]:
            raise serializers.ValidationError({"min": [_("min is later than max.")]})
        return attrs


def time_conditions(column: str, bounds: Mapping[str, datetime] | None) -> dict[str, datetime]:
    """Query conditions for a range of whole seconds: a stored fraction belongs to its second."""
    bounds = bounds or {}
    conditions: dict[str, datetime] = {}
    if "min" in bounds:
        conditions[f"{column}__gte"] = bounds["min"]
    if "max" in bounds:
        conditions[f"{column}__lt"] = bounds["max"] + timedelta(seconds=1)
    return conditions


Input = TypeVar("Input", bound=StrictInput)


def query_input(serializer: type[Input], request: Request) -> Nested:
    """The query string, read by `serializer`; 400 that names the parameter."""
    return _checked(serializer, nested(_pairs(request.query_params)))


def body_input(serializer: type[Input], request: Request) -> Nested:
    """The form or JSON body, read by `serializer`; 400 that names the parameter."""
    data = request.data
    if isinstance(data, QueryDict):
        return _checked(serializer, nested(_pairs(data)))
    if not isinstance(data, Mapping):
        raise InvalidInputError(_("Send a form or a JSON object."))
    return _checked(serializer, data)


def refuse_query(request: Request) -> None:
    """Refuse a query string where a body is read: ignored, `amount` would mean everything."""
    for name in request.query_params:
        raise InvalidInputError(_("Send parameters in the body of a POST."), parameter=name[:80])


def _checked(serializer: type[Input], data: Mapping[str, Any]) -> Nested:
    reader = serializer(data=data)
    reader.is_valid(raise_exception=True)
    values: Nested = reader.validated_data
    return values
