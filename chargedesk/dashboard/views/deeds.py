"""Doing something for a member and telling them how it went."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages

from chargedesk.base import scoping
from chargedesk.dashboard.access import DeskRequest
from chargedesk.kit.errors import ChargeDeskError

T = TypeVar("T")


def attempt(request: DeskRequest, deed: Callable[[], T], *, done: str = "") -> T | None:
    """Run `deed` outside any scope; what it refuses becomes a message, and the answer is None."""
    try:
        outcome = deed()
    except ChargeDeskError as error:
        messages.error(request, error.message)
        return None
    if done:
        messages.success(request, done)
    return outcome


def attempt_in_scope(request: DeskRequest, deed: Callable[[], T], *, done: str = "") -> T | None:
    """`attempt` in one transaction of the active tenant; a refusal undoes all of it."""

    def scoped() -> T:
        with scoping.tenant(request.desk.tenant.id):
            return deed()

    return attempt(request, scoped, done=done)
