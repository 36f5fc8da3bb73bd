"""Wakes workers through Redis, once per burst. Nothing depends on it: sweeps find what waits.

A flag in Redis says that a task for this subject is on its way; the task lowers it before it looks,
so that news arriving afterwards wakes it again.
"""

import time
from functools import cache
from uuid import UUID

import redis
import structlog
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerError

log = structlog.get_logger(__name__)

HANDLE_INBOX = "sync.handle_inbox"
ADVANCE_RUN = "sync.advance_run"
POLL_EVENTS = "sync.poll_events"

# A lost task is woken again by the next news after this time, or by the sweep.
FLAG_LASTS_S = 15
# After a failure Redis is left alone this long, so that a dead one does not slow every request.
REST_AFTER_FAILURE_S = 5.0
_PATIENCE_S = 0.3

_silent_until = 0.0


def wake(task: str, *, tenant_id: UUID, subject_id: UUID) -> bool:
    """Send `task(tenant, subject)` unless one is on its way. Call it after the commit.

    Returns whether it was sent; without Redis it says so in the log and returns False.
    """
    global _silent_until  # noqa: PLW0603  one breaker for the process
    if time.monotonic() < _silent_until:
        return False
    try:
        if not redis_client().set(_flag(task, subject_id), 1, nx=True, ex=FLAG_LASTS_S):
            return False
        current_app.send_task(task, args=[str(tenant_id), str(subject_id)])
    except (redis.RedisError, BrokerError) as error:
        _silent_until = time.monotonic() + REST_AFTER_FAILURE_S
        log.warning("sync.wake_up_failed", task=task, error=type(error).__name__)
        return False
    return True


def awake(task: str, subject_id: UUID) -> None:
    """Lower the flag: the task runs, and later news needs a wake-up of its own."""
    try:
        redis_client().delete(_flag(task, subject_id))
    except redis.RedisError as error:
        log.warning("sync.flag_not_lowered", task=task, error=type(error).__name__)


@cache
def redis_client() -> redis.Redis:
    """This process's client, with little patience: whoever waits here is a webhook."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S
    )


def _flag(task: str, subject_id: UUID) -> str:
    return f"chargedesk:awake:{task}:{subject_id}"
