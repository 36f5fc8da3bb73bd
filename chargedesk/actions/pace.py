"""A gateway that says “slow down” is left alone for a while, on that connection only.

The wait is kept in Redis: an order that does not know of it only hears the same once more.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from gateways.errors import RateLimitedError

_LONGEST_S = 3600


@contextmanager
def at_the_gateways_pace(connection_id: UUID) -> Iterator[None]:
    """Call the gateway, unless it has just asked to be left alone; remember it if it asks now.

    Raises RateLimitedError, before the block runs, while the wait lasts.
    """
    left = _seconds_left(connection_id)
    if left > 0:
        raise RateLimitedError(_("The gateway asked for a pause."), retry_after=left)
    try:
        yield
    except RateLimitedError as error:
        _remember(connection_id, error.retry_after)
        raise


def _seconds_left(connection_id: UUID) -> float:
    with suppress(RedisError):
        return float(cache.get(_name(connection_id), 0.0)) - time.time()
    return 0.0


def _remember(connection_id: UUID, wait_s: float) -> None:
    wait_s = min(wait_s, _LONGEST_S) if math.isfinite(wait_s) else 0
    with suppress(RedisError):
        cache.set(_name(connection_id), time.time() + wait_s, timeout=math.ceil(wait_s) + 1)


def _name(connection_id: UUID) -> str:
    return f"pause:{connection_id}"
