"""Counts webhooks with a refused signature, without a write each: in Redis, swept to the row."""

from uuid import UUID

import redis
import structlog
from django.db.models import F

from chargedesk.base import scoping
from chargedesk.sync.wakeups import redis_client
from chargedesk.tenants.models import Connection

log = structlog.get_logger(__name__)

_COUNTS = "chargedesk:refused-signatures"


def note_refused(tenant_id: UUID, connection_id: UUID) -> None:
    """Count one; without Redis the log line has to do."""
    try:
        redis_client().hincrby(_COUNTS, f"{tenant_id}:{connection_id}", 1)
    except redis.RedisError as error:
        log.warning("sync.refusal_not_counted", error=type(error).__name__)


def sweep_refused() -> int:
    """Add what was counted to the connections; returns how many connections that were."""
    client = redis_client()
    taken = f"{_COUNTS}:taken"
    # Renaming takes the counts at once; what a killed sweep left behind is added first.
    if not client.exists(taken):
        try:
            client.rename(_COUNTS, taken)
        except redis.ResponseError:
            return 0
    counts: dict[bytes, bytes] = client.hgetall(taken)  # type: ignore[assignment]
    for key, count in counts.items():
        tenant_id, _, connection_id = key.decode().partition(":")
        with scoping.tenant(UUID(tenant_id)):
            Connection.objects.filter(id=connection_id).update(
                signature_failures=F("signature_failures") + int(count)
            )
        client.hdel(taken, key)
    return len(counts)
