"""Stores news, verified webhooks and listed events alike: one insert, whatever came."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as database

from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.sync.models import EventState
from chargedesk.tenants.selectors import WebhookDoor
from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError

LONGEST_ID = 255
_LONGEST_TYPE = 120
_LONGEST_ERROR = 500
_INSERT = (
    "INSERT INTO sync_inboundevent (id, tenant_id, connection_id, event_id, type, body,"
    " received_at, state, attempts, error) VALUES {rows} ON CONFLICT DO NOTHING"
)
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, 0, %s)"


class _Arrival(NamedTuple):
    event_id: str
    type: str
    body: bytes
    state: EventState
    error: str = ""


def store_events(
    door: WebhookDoor, inbound: InboundRequest, events: Sequence[GatewayEvent]
) -> bool:
    """Store what is new of a webhook, and commit. Returns whether anything new waits to be handled.

    An event that is known by its id changes nothing. One row per event; those of one request share
    its body.
    """
    if not events:
        return False
    with scoping.tenant(door.tenant_id, durable=True):
        new = _insert(
            door.connection_id,
            inbound.received_at,
            [_arrival(event, inbound.body) for event in events],
        )
    return new > 0 and any(event.kind for event in events)


def store_listed(connection_id: UUID, events: Sequence[GatewayEvent], *, read_at: datetime) -> int:
    """Store those of the gateway's own list that are new; returns how many. In scope."""
    return _insert(connection_id, read_at, [_arrival(event, event.raw) for event in events])


def store_unreadable(door: WebhookDoor, inbound: InboundRequest, error: PayloadError) -> None:
    """Keep a signed body that nobody could read, once, as a failed event."""
    name = f"unreadable:{hashlib.sha256(inbound.body).hexdigest()}"
    arrival = _Arrival(name, "", inbound.body, EventState.FAILED, error.message)
    with scoping.tenant(door.tenant_id, durable=True):
        _insert(door.connection_id, inbound.received_at, [arrival])


def _arrival(event: GatewayEvent, body: bytes) -> _Arrival:
    state = EventState.WAITING if event.kind else EventState.IGNORED
    return _Arrival(event.event_id, event.type, body, state)


def _insert(connection_id: UUID, received_at: datetime, arrivals: Sequence[_Arrival]) -> int:
    if not arrivals:
        return 0
    tenant_id = scoping.current_tenant()
    values: list[Any] = []
    for arrival in arrivals:
        values += [ids.new_id(), tenant_id, connection_id, arrival.event_id[:LONGEST_ID]]
        values += [arrival.type[:_LONGEST_TYPE], arrival.body, received_at, arrival.state.value]
        values.append(arrival.error[:_LONGEST_ERROR])
    # Written out, because it runs for every webhook and the ORM costs ten times the insert.
    with database.cursor() as cursor:
        cursor.execute(_INSERT.format(rows=", ".join([_ROW] * len(arrivals))), values)
        inserted: int = cursor.rowcount
    return inserted
