"""Whoever says “slow down” is left alone for a while: a gateway, or a tenant's own system.

On that connection only, and only what goes there: a routed order's 429 stops no other order. The
wait is kept in Redis: an order that does not know of it only hears the same once more.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chargedesk.actions.claims import Claim
from gateways.errors import RateLimitedError
from gateways.functions import LOOK_UP

_LONGEST_S = 3600


def place_of_sending(claim: Claim) -> str:
    """Where an order's calls go: the host of its address, or the gateway."""
    call = claim.order.function
    return _place(claim, call.url if call else "")


def place_of_reading(claim: Claim) -> str:
    """Where it is read and looked up: at the gateway, or at the own system's look-up address."""
    is_own = claim.adapter.capabilities.needs_functions
    return _place(claim, claim.credentials.functions.urls.get(LOOK_UP, "") if is_own else "")


def place_of_gateway(connection_id: UUID) -> str:
    """The gateway of a connection, whatever goes there."""
    return f"{connection_id}:"


def _place(claim: Claim, url: str) -> str:
    return place_of_gateway(claim.connection_id) + (urlsplit(url).netloc or url.rpartition("/")[0])


@contextmanager
def at_the_pace_of(place: str) -> Iterator[None]:
    """Call there, unless it has just asked to be left alone; remember it if it asks now.

    Raises RateLimitedError, before the block runs, while the wait lasts.
    """
    left = _seconds_left(place)
    if left > 0:
        raise RateLimitedError(_("The gateway asked for a pause."), retry_after=left)
    try:
        yield
    except RateLimitedError as error:
        _remember(place, error.retry_after)
        raise


def _seconds_left(place: str) -> float:
    with suppress(RedisError):
        return float(cache.get(_name(place), 0.0)) - time.time()
    return 0.0


def _remember(place: str, wait_s: float) -> None:
    wait_s = min(wait_s, _LONGEST_S) if math.isfinite(wait_s) else 0
    with suppress(RedisError):
        cache.set(_name(place), time.time() + wait_s, timeout=math.ceil(wait_s) + 1)


def _name(place: str) -> str:
    return f"pause:{place}"
