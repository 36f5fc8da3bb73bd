"""The one place that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def from_unix(seconds: int) -> datetime:
    """Turn Unix seconds into an aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)
