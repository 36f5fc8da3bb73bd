"""Lists in pages: `count` and `offset` with caps, and v1's envelope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from api.parameters import Nested, StrictInput
from chargedesk.base.errors import InvalidInputError

DEFAULT_COUNT = 20
LARGEST_COUNT = 500
# Beyond it a caller walks on by lowering `[max]` to the oldest time seen.
OFFSET_CAP = 10_000
LARGE_OFFSET_CAP = 50_000


class PageInput(StrictInput):
    """`count` and `offset`; lists add their filters."""

    count = serializers.IntegerField(
        min_value=1, max_value=LARGEST_COUNT, default=DEFAULT_COUNT, help_text="Page size."
    )
    offset = serializers.IntegerField(min_value=0, default=0, help_text="Records to skip.")


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for."""

    count: int
    offset: int


def window(values: Nested, *, cap: int = OFFSET_CAP) -> Window:
    """The page of `values`; InvalidInputError naming `offset` beyond the cap."""
    if values["offset"] > cap:
        raise InvalidInputError(
            _("offset goes up to %(cap)d. For older records lower the [max] of the time filter.")
            % {"cap": cap},
            parameter="offset",
        )
    return Window(values["count"], values["offset"])


def envelope(asked: Window, data: Sequence[Any]) -> dict[str, Any]:
    """v1's list: `count` and `offset` as asked, so that a page shorter than `count` is the last."""
    return {"object": "list", "count": asked.count, "offset": asked.offset, "data": list(data)}


def page_of(
    rows: QuerySet[Any], asked: Window, render: Callable[[list[Any]], list[dict[str, Any]]]
) -> dict[str, Any]:
    """One page of `rows`, all of it rendered together so that look-ups are one query per page."""
    return envelope(asked, render(list(rows[asked.offset : asked.offset + asked.count])))
