"""How often a key may call: its own number of requests per minute, counted in Redis."""

import time
from functools import cache

import redis
import structlog
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from chargedesk.tenants.models import ApiKey

log = structlog.get_logger()

WINDOW_S = 60
# Counting must never cost more than the call itself.
ANSWER_WITHIN_S = 0.25


class KeyThrottle(BaseThrottle):
    """429 with Retry-After beyond `requests_per_minute`; without Redis everyone may pass."""

    def allow_request(self, request: Request, _view: APIView) -> bool:
        """Count this request and say whether it is within the key's limit."""
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        return _requests_this_minute(str(key.id)) <= key.requests_per_minute

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return WINDOW_S - time.time() % WINDOW_S


def _requests_this_minute(key_id: str) -> int:
    name = f"chargedesk:throttle:{key_id}:{int(time.time() // WINDOW_S)}"
    try:
        pipeline = _client(settings.REDIS_URL).pipeline(transaction=False)
        pipeline.incr(name)
        pipeline.expire(name, 2 * WINDOW_S)
        return int(pipeline.execute()[0])
    except redis.RedisError as error:
        log.warning("api.throttle_unavailable", error=type(error).__name__)
        return 0


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S
    )
