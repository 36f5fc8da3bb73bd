"""The worker's sign of life: its main process renews one Redis key, `/readyz` looks for it."""

from typing import Any

import redis
import structlog
from celery import bootsteps
from django.conf import settings

log = structlog.get_logger()

KEY = "chargedesk:worker-alive"
RENEWED_EVERY_S = 5.0
FORGOTTEN_AFTER_S = 12
ANSWER_WITHIN_S = 0.7


def ask_redis() -> None:
    """Return if Redis answers; raises `redis.RedisError`."""
    _client().ping()


def ask_worker() -> None:
    """Return if some worker renewed its key lately; raises `LookupError` or `redis.RedisError`."""
    if not _client().exists(KEY):
        raise LookupError("no worker has renewed its key")


class HeartbeatStep(bootsteps.StartStopStep):
    """Renews the key from the event loop of the worker's main process, so a stuck loop shows."""

    # After the pool: a worker that cannot fork yet is not ready.
    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        """Renew at once and then every `RENEWED_EVERY_S` seconds."""
        _renew()
        self._entry = parent.timer.call_repeatedly(RENEWED_EVERY_S, _renew)

    def stop(self, _parent: Any) -> None:
        """Stop renewing; the key runs out by itself, as another worker may still hold it."""
        if self._entry is not None:
            self._entry.cancel()


def _renew() -> None:
    try:
        _client().set(KEY, "1", ex=FORGOTTEN_AFTER_S)
    except redis.RedisError as error:
        # The loop must outlive a Redis that restarts; the missing key says enough.
        log.warning("heartbeat.not_renewed", error=type(error).__name__)


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
    )
