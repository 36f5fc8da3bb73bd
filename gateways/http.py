"""Shared HTTP ground for adapters: the time of a read, and answers that are none."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

# A proxy or a busy provider may say these after the call got through (M5).
UNCLEAR = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


def time_of_read(date_header: str | None, *, took: timedelta, fallback: datetime) -> datetime:
    """When the provider surely still showed what it answered (M18).

    The response's own `Date` minus the time the request took; `fallback` (our clock at the start
    of the request) only where the provider sends no readable date.
    """
    if date_header:
        try:
            return parsedate_to_datetime(date_header).astimezone(UTC) - took
        except ValueError:
            return fallback
    return fallback
