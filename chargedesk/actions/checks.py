"""Refuses settings with which a lease could end before its call (M3)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

LEASE_TOO_SHORT = "actions.E001"


def check_lease(**_kwargs: Any) -> list[CheckMessage]:
    """The lease outlasts the call and its margin, with time left to read the object before."""
    needed = settings.ACTION_CALL_S + settings.ACTION_LEASE_MARGIN_S
    if settings.ACTION_LEASE_MARGIN_S > 0 and needed < settings.ACTION_LEASE_S:
        return []
    return [
        Error(
            "A worker's lease on an order could end while its call to the gateway still runs.",
            hint="Set ACTION_LEASE_S above ACTION_CALL_S plus ACTION_LEASE_MARGIN_S, which is at"
            " least 1.",
            id=LEASE_TOO_SHORT,
        )
    ]
