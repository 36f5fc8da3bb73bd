"""Handles stored events in batches: record what is complete, read again what is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.db import connection as database

from chargedesk.base import scoping, single
from chargedesk.base.prepared import Prepared
from chargedesk.sync.models import EventState, InboundEvent
from chargedesk.sync.services import verdicts
from chargedesk.sync.services.intake import stored_id
from chargedesk.sync.services.news import Subject, subjects_of
from chargedesk.sync.services.reading import Reading, read_again
from chargedesk.sync.services.recording import (
    Outcome,
    is_of_a_picture,
    record_batch,
    record_whole,
)
from chargedesk.sync.services.verdicts import Verdict
from chargedesk.tenants.models import Connection, ConnectionState
from gateways import registry
from gateways.contract import GatewayEvent
from gateways.errors import PayloadError
from gateways.snapshots import AnySnapshot

log = structlog.get_logger(__name__)

BATCH = 500
# Reads happen outside of any transaction, one after the other; the rest waits for the next batch.
MOST_READS = 40
# Longer than the longest chain of reads; a worker that dies meanwhile delays its events that long.
READ_LEASE_S = 300.0
# Times have whole seconds at many gateways: a picture of the same second may be the older one.
SECOND_LOOK_S = 2.0
PAUSED_WAIT_S = 60.0

# Without a valid key what is complete is still news; a paused one keeps its events waiting.
# Taken is handled: the exceptions are marked in the same transaction, and its end decides for all.
_CLAIM = Prepared(
    """
WITH c AS (
    SELECT provider, state, last_event_at FROM tenants_connection
    WHERE id = %(connection)s AND tenant_id = %(tenant)s
        AND state IN ('active', 'credentials_failed')
), due AS (
    SELECT id FROM sync_inboundevent
    WHERE tenant_id = %(tenant)s AND connection_id = %(connection)s AND state = 'waiting'
        AND (retry_at IS NULL OR retry_at <= now()) AND EXISTS (SELECT FROM c)
    ORDER BY received_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE sync_inboundevent SET state = 'handled', handled_at = now(), retry_at = NULL, error = ''
    -- As a list, because no plan for one serves another number of rows badly.
    WHERE id = ANY (ARRAY (SELECT id FROM due))
    RETURNING received_at, id, event_id, body, attempts
)
SELECT c.provider, c.state, c.last_event_at, t.* FROM c, taken t ORDER BY t.received_at
""",
    {"connection": "uuid", "tenant": "uuid", "most": "int"},
)
# A page says "a minute ago": the connection is not written with every event.
_HEARD_EVERY = timedelta(seconds=10)
# Never waits: whoever changes a connection locks it before the audit log, we after it.
_HEARD = """
UPDATE tenants_connection SET last_event_at = %(newest)s WHERE id IN (
    SELECT id FROM tenants_connection WHERE id = %(connection)s
        AND (last_event_at IS NULL OR last_event_at < %(newest)s)
    FOR NO KEY UPDATE SKIP LOCKED)
"""
_Record = Callable[[Connection, Sequence[AnySnapshot]], Outcome]


class _Row(NamedTuple):
    received_at: datetime
    id: UUID
    event_id: str
    body: memoryview
    attempts: int


@dataclass(slots=True)
class _Batch:
    """A claimed batch: earlier failures per event, what is to be read, what became of it."""

    attempts: dict[UUID, int] = field(default_factory=dict)
    to_read: list[Subject] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def fail(self, subject: Subject, why: str) -> None:
        self.verdicts += [
            verdicts.failed(each, attempts=self.attempts[each], why=why)
            for each in subject.event_ids
        ]


def handle_batch(tenant_id: UUID, connection_id: UUID) -> int:
    """Handle up to `BATCH` due events of one connection; returns how many were taken, 0 at the end.

    Events that another worker holds are left to it. Complete payloads are recorded, settled and
    marked in the transaction that claimed them; objects to be read again are read after it.
    """
    try:
        connection, batch = _handled(tenant_id, connection_id, record_whole)
    except Exception as error:
        if not is_of_a_picture(error):
            raise
        log.warning("sync.batch_refused", error=type(error).__name__)
        connection, batch = _handled(tenant_id, connection_id, record_batch)
    if connection is not None and batch.to_read:
        _read_and_record(connection, batch)
    return len(batch.attempts)


def _handled(
    tenant_id: UUID, connection_id: UUID, record: _Record
) -> tuple[Connection | None, _Batch]:
    batch = _Batch()
    claim = {"connection": connection_id, "tenant": tenant_id, "most": BATCH}
    with single.tenant_with(tenant_id, _CLAIM, claim) as found:
        if not found:
            return None, batch
        connection, rows = _claimed(tenant_id, connection_id, found)
        batch.attempts = {row.id: row.attempts for row in rows}
        subjects = subjects_of(_parsed(connection, rows, batch))
        _record(connection, batch, [each for each in subjects if each.pictures], record)
        _plan_reads(connection, batch, [each for each in subjects if not each.pictures])
        verdicts.mark(batch.verdicts)
        _note_news(connection, rows[-1].received_at)
        if batch.to_read:
            # To read, it takes the credentials as well.
            connection = Connection.objects.get(id=connection_id)
    return connection, batch


def retry_failed(connection_id: UUID) -> int:
    """Put failed events back into the queue; returns how many. In the tenant's scope."""
    return (
        InboundEvent.objects.filter(connection_id=connection_id, state=EventState.FAILED)
        .exclude(event_id__startswith="unreadable:")
        .update(state=EventState.WAITING, attempts=0, retry_at=None)
    )


def _claimed(
    tenant_id: UUID, connection_id: UUID, found: Sequence[Sequence[Any]]
) -> tuple[Connection, list[_Row]]:
    """The connection, with what recording needs of it, and its due events."""
    known = ("id", "tenant_id", "provider", "state", "last_event_at")
    connection = Connection.from_db(
        database.alias, known, (connection_id, tenant_id, *found[0][:3])
    )
    return connection, [_Row(*row[3:]) for row in found]


def _parsed(
    connection: Connection, rows: Sequence[_Row], batch: _Batch
) -> list[tuple[UUID, GatewayEvent]]:
    adapter = registry.adapter(connection.provider)
    found: list[tuple[UUID, GatewayEvent]] = []
    for row in rows:
        try:
            event = _event_in(adapter.parse_stored(bytes(row.body)), row.event_id)
        except PayloadError as error:
            why = error.message
            batch.verdicts.append(verdicts.failed(row.id, attempts=row.attempts, why=why))
            continue
        if event.kind is None:
            batch.verdicts.append(verdicts.ignored(row.id, ""))
        else:
            found.append((row.id, event))
    return found


def _event_in(events: Sequence[GatewayEvent], event_id: str) -> GatewayEvent:
    for event in events:
        if stored_id(event) == event_id:
            return event
    raise PayloadError("The stored body does not hold this event.")


def _record(
    connection: Connection, batch: _Batch, subjects: Sequence[Subject], record: _Record
) -> None:
    pictures = [picture for subject in subjects for picture in subject.pictures]
    outcome = record(connection, pictures)
    for subject in subjects:
        if subject.ref.external_id in outcome.refused:
            batch.fail(subject, outcome.refused[subject.ref.external_id])
        elif subject.ref.external_id in outcome.ties:
            _plan_reads(connection, batch, [subject])


def _note_news(connection: Connection, newest: datetime) -> None:
    """Write down when the connection's newest event came, if that is worth a statement."""
    known = connection.last_event_at
    if known is None or newest - known > _HEARD_EVERY:
        with database.cursor() as cursor:
            cursor.execute(_HEARD, {"connection": connection.id, "newest": newest})


def _plan_reads(connection: Connection, batch: _Batch, subjects: Sequence[Subject]) -> None:
    may_read = connection.state == ConnectionState.ACTIVE
    for subject in subjects:
        now = may_read and len(batch.to_read) < MOST_READS
        if now:
            batch.to_read.append(subject)
        wait_s = READ_LEASE_S if now else 0.0 if may_read else PAUSED_WAIT_S
        batch.verdicts += [verdicts.postponed(each, seconds=wait_s) for each in subject.event_ids]


def _read_and_record(connection: Connection, batch: _Batch) -> None:
    batch.verdicts = []
    readings = read_again(connection, [each.ref for each in batch.to_read])
    with scoping.tenant(connection.tenant_id, durable=True):
        outcome = record_batch(
            connection, [each for reading in readings for each in reading.snapshots]
        )
        for subject, reading in zip(batch.to_read, readings, strict=True):
            _judge(batch, subject, reading, outcome)
        verdicts.mark(batch.verdicts)


def _judge(batch: _Batch, subject: Subject, reading: Reading, outcome: Outcome) -> None:
    if reading.wait_s is not None:
        batch.verdicts += [
            verdicts.postponed(each, seconds=reading.wait_s, why=reading.problem)
            for each in subject.event_ids
        ]
    elif reading.is_gone:
        batch.verdicts += [verdicts.ignored(each, reading.problem) for each in subject.event_ids]
    elif reading.problem:
        batch.fail(subject, reading.problem)
    elif subject.ref.external_id in outcome.refused:
        batch.fail(subject, outcome.refused[subject.ref.external_id])
    elif reading.snapshots[0].as_of <= subject.newest:
        batch.verdicts += [
            verdicts.postponed(each, seconds=SECOND_LOOK_S) for each in subject.event_ids
        ]
    else:
        batch.verdicts += [verdicts.handled(each) for each in subject.event_ids]
