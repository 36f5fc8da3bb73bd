"""What became of the events of a batch, written in one statement."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection as database

from chargedesk.base import scoping
from chargedesk.base.prepared import Prepared
from chargedesk.sync.models import EventState

# Ten tries end after about two days; the provider's own repeats have ended by then too.
MOST_ATTEMPTS = 12
_FIRST_WAIT_S = 10
_LONGEST_WAIT_S = 6 * 60 * 60

_MARK = Prepared(
    """
WITH verdict AS (
    SELECT * FROM jsonb_to_recordset(%(verdicts)s::jsonb)
        AS v(id uuid, state text, tried int, wait_s double precision, error text)
)
UPDATE sync_inboundevent e SET
    state = v.state,
    attempts = e.attempts + v.tried,
    retry_at = now() + v.wait_s * interval '1 second',
    handled_at = CASE WHEN v.state IN ('handled', 'ignored') THEN now() END,
    error = v.error
FROM verdict v WHERE e.tenant_id = %(tenant)s AND e.id = v.id
""",
    {"verdicts": "text", "tenant": "uuid"},
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event. `wait_s`: seconds until it is looked at again."""

    event_id: UUID
    state: EventState
    wait_s: float | None = None
    tried: int = 0
    error: str = ""


def handled(event_id: UUID) -> Verdict:
    """Its news is in the ledger."""
    return Verdict(event_id, EventState.HANDLED)


def ignored(event_id: UUID, why: str) -> Verdict:
    """There is nothing in it for us."""
    return Verdict(event_id, EventState.IGNORED, error=why)


def postponed(event_id: UUID, *, seconds: float, why: str = "") -> Verdict:
    """Looked at again later, without counting as a failure."""
    return Verdict(event_id, EventState.WAITING, wait_s=seconds, error=why)


def failed(event_id: UUID, *, attempts: int, why: str) -> Verdict:
    """One more failure after `attempts` earlier ones: waits longer each time, then for a human."""
    if attempts + 1 >= MOST_ATTEMPTS:
        return Verdict(event_id, EventState.FAILED, tried=1, error=why[:500])
    wait_s = min(_FIRST_WAIT_S * 2.0**attempts, _LONGEST_WAIT_S)
    return Verdict(event_id, EventState.WAITING, wait_s=wait_s, tried=1, error=why[:500])


def mark(verdicts: Iterable[Verdict]) -> None:
    """Write all verdicts; one statement, or none."""
    rows = [
        {
            "id": str(verdict.event_id),
            "state": verdict.state.value,
            "tried": verdict.tried,
            "wait_s": verdict.wait_s,
            "error": verdict.error,
        }
        for verdict in verdicts
    ]
    if not rows:
        return
    with database.cursor() as cursor:
        _MARK.execute(cursor, {"verdicts": json.dumps(rows), "tenant": scoping.current_tenant()})
