"""Request bodies: JSON read strictly, and no more bytes than an order can need."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

LARGEST_BODY = 256 * 1024


class StrictJsonParser(JSONParser):
    """JSON whose names are unique: of two amounts it must not be chance which one counts."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The values; ParseError for anything that is not plain JSON in UTF-8."""
        try:
            return json.loads(
                stream.read().decode(), object_pairs_hook=_unique, parse_constant=_refuse
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON."), code="json_invalid") from error


def refuse_large_body(request: Request) -> None:
    """Refuse by the announced length, before anything is read; without one there is no body."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise RequestDataTooBig


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
