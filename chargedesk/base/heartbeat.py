"""A worker's signs of life: its main process renews a Redis key for each queue it empties.

`/readyz` looks for them: a queue that nobody empties is as bad as no worker at all.
"""

from typing import Any

import redis
import structlog
from celery import bootsteps
from django.conf import settings

log = structlog.get_logger()

RENEWED_EVERY_S = 5.0
FORGOTTEN_AFTER_S = 12
ANSWER_WITHIN_S = 0.7


def ask_redis() -> None:
    """Return if Redis answers; raises `redis.RedisError`."""
    _client().ping()


def ask_worker(queue: str) -> None:
    """Return if some worker of this queue renewed its key lately.

    Raises `LookupError` or `redis.RedisError`.
    """
    if not _client().exists(_key(queue)):
        raise LookupError(f"no worker of the queue {queue} has renewed its key")


class HeartbeatStep(bootsteps.StartStopStep):
    """Renews the keys from the event loop of the worker's main process, so a stuck loop shows."""

    # After the pool: a worker that cannot fork yet is not ready.
    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        """Renew at once and then every `RENEWED_EVERY_S` seconds."""
        queues = tuple(parent.app.amqp.queues.consume_from)
        _renew(queues)
        self._entry = parent.timer.call_repeatedly(RENEWED_EVERY_S, _renew, (queues,))

    def stop(self, _parent: Any) -> None:
        """Stop renewing; the keys run out by themselves: another worker may still hold them."""
        if self._entry is not None:
            self._entry.cancel()


def _renew(queues: tuple[str, ...]) -> None:
    try:
        client = _client()
        for queue in queues:
            client.set(_key(queue), "1", ex=FORGOTTEN_AFTER_S)
    except redis.RedisError as error:
        # The loop must outlive a Redis that restarts; the missing key says enough.
        log.warning("heartbeat.not_renewed", error=type(error).__name__)


def _key(queue: str) -> str:
    return f"chargedesk:worker-alive:{queue}"


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
    )
