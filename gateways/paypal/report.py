"""The transaction report, walked in windows (reference 2.3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chargedesk.kit import clock
from gateways.contract import Credentials
from gateways.errors import InvalidOrderError
from gateways.paypal.client import get
from gateways.paypal.mapping.values import time_of

PATH = "/v1/reporting/transactions"
# The published most is 31 days, both ends included.
WINDOW = timedelta(days=31) - timedelta(seconds=1)
# Rows show up within three hours: whoever asks for what is newer than a moment gets a bit more.
OVERLAP = timedelta(hours=4)
HISTORY = timedelta(days=3 * 365 - 1)
PAGE_SIZE = 100
MOST_PER_PAGE = 500
_TOO_LARGE = "RESULTSET_TOO_LARGE"
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of initiation dates, both ends included, and a page in it."""

    start: datetime
    end: datetime
    page: int = 1

    def halved(self) -> "Window":
        """The newer half; its start tells where the older one ends."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Window(start=middle + _SECOND, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of the report; `as_of` is how far the report has come, never now."""

    rows: tuple[dict[str, Any], ...]
    as_of: datetime
    window: Window
    pages: int


def read_page(
    credentials: Credentials,
    window: Window,
    *,
    size: int = PAGE_SIZE,
    filters: Mapping[str, str] | None = None,
) -> Rows:
    """One page of rows; a window with more than ten thousand of them is halved."""
    try:
        answer = get(
            credentials,
            PATH,
            params={
                "start_date": _written(window.start),
                "end_date": _written(window.end),
                "fields": "all",
                "balance_affecting_records_only": "N",
                "page_size": str(size),
                "page": str(window.page),
                **(filters or {}),
            },
        )
    except InvalidOrderError as error:
        is_large = error.provider_code == _TOO_LARGE and window.end - window.start > _SECOND
        if not is_large:
            raise
        return read_page(credentials, window.halved(), size=size, filters=filters)
    found = answer.object()
    refreshed = found.get("last_refreshed_datetime")
    return Rows(
        rows=tuple(found.get("transaction_details") or ()),
        as_of=min(time_of(refreshed), answer.as_of) if refreshed else answer.as_of - OVERLAP,
        window=window,
        pages=int(found.get("total_pages") or 0),
    )


def rows_between(
    credentials: Credentials, start: datetime, end: datetime, filters: Mapping[str, str]
) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Every row between two moments, newest window first, each with the time of its picture."""
    window: Window | None = first_window(start, end)
    while window is not None:
        found = read_page(credentials, window, size=MOST_PER_PAGE, filters=filters)
        yield from ((row, found.as_of) for row in found.rows)
        window = next_window(found, start)


def first_window(start: datetime, end: datetime) -> Window | None:
    """The newest window; None if there is nothing between the two."""
    end = min(end, clock.now()).astimezone(UTC).replace(microsecond=0)
    start = oldest(start)
    return Window(start=max(start, end - WINDOW), end=end) if start <= end else None


def next_window(found: Rows, start: datetime) -> Window | None:
    """The next page, or the window before this one; None where the history ends."""
    window = found.window
    if window.page < found.pages:
        return Window(start=window.start, end=window.end, page=window.page + 1)
    end, start = window.start - _SECOND, oldest(start)
    return Window(start=max(start, end - WINDOW), end=end) if start <= end else None


def oldest(start: datetime) -> datetime:
    """What was asked for, or as far back as the report goes; whole seconds."""
    return max(start.astimezone(UTC), clock.now() - HISTORY).replace(microsecond=0)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
