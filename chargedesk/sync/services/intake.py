"""Stores news, verified webhooks and listed events alike: one insert, whatever came."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as database

from chargedesk.base import scoping, single
from chargedesk.base.prepared import Prepared
from chargedesk.kit import ids
from chargedesk.ledger.services.documents import storable
from chargedesk.sync.models import EventState
from chargedesk.tenants.selectors import WebhookDoor
from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError

_LONGEST_ID = 255
_LONGEST_TYPE = 120
_LONGEST_ERROR = 500
# Written out, because it runs for every webhook and the ORM costs ten times the insert.
_INSERT = """
INSERT INTO sync_inboundevent (
    id, tenant_id, connection_id, event_id, type, body, received_at, state, attempts, error)
SELECT n.id, %(tenant)s, %(connection)s, n.event_id, n.type, n.body, %(received_at)s, n.state, 0,
    n.error
FROM unnest(%(ids)s, %(event_ids)s, %(types)s, %(bodies)s, %(states)s, %(errors)s)
    AS n(id, event_id, type, body, state, error)
{where} ON CONFLICT DO NOTHING RETURNING id
"""
_TYPES = {
    "tenant": "uuid",
    "connection": "uuid",
    "received_at": "timestamptz",
    "ids": "uuid[]",
    "event_ids": "text[]",
    "types": "text[]",
    "bodies": "bytea[]",
    "states": "text[]",
    "errors": "text[]",
}
_INSERT_LISTED = Prepared(_INSERT.format(where=""), _TYPES)
# Only at a door that still is as it was when the signature was checked with its secrets.
_AT_DOOR = """
WITH door AS (
    SELECT FROM tenants_connection WHERE id = %(connection)s AND tenant_id = %(tenant)s
        AND state <> 'removed' AND coalesce(webhook_secrets, '') = %(sealed)s
), stored AS ({insert})
SELECT EXISTS (SELECT FROM door), (SELECT count(*) FROM stored)
"""
_INSERT_AT_DOOR = Prepared(
    _AT_DOOR.format(insert=_INSERT.format(where="WHERE EXISTS (SELECT FROM door)")),
    {**_TYPES, "sealed": "bytea"},
)


class DoorChangedError(Exception):
    """The connection was removed, or has other webhook secrets, since its door was read."""


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
    its body. DoorChangedError: nothing is stored.
    """
    if not events:
        return False
    new = _stored_at_door(door, inbound, [_arrival(event, inbound.body) for event in events])
    return new > 0 and any(event.kind for event in events)


def store_listed(connection_id: UUID, events: Sequence[GatewayEvent], *, read_at: datetime) -> int:
    """Store those of the gateway's own list that are new; returns how many. In scope."""
    if not events:
        return 0
    arrivals = [_arrival(event, event.raw) for event in events]
    with database.cursor() as cursor:
        _INSERT_LISTED.execute(
            cursor, _values(scoping.current_tenant(), connection_id, read_at, arrivals)
        )
        return len(cursor.fetchall())


def store_unreadable(door: WebhookDoor, inbound: InboundRequest, error: PayloadError) -> None:
    """Keep a signed body that nobody could read, once, as a failed event.

    Not at a door that changed meanwhile.
    """
    name = f"unreadable:{hashlib.sha256(inbound.body).hexdigest()}"
    arrival = _Arrival(name, "", inbound.body, EventState.FAILED, error.message)
    with suppress(DoorChangedError):
        _stored_at_door(door, inbound, [arrival])


def stored_id(event: GatewayEvent) -> str:
    """The id of an event as it is kept; two that differ only in what cannot be kept are one."""
    return storable(event.event_id)[:_LONGEST_ID]


def _stored_at_door(
    door: WebhookDoor, inbound: InboundRequest, arrivals: Sequence[_Arrival]
) -> int:
    values = _values(door.tenant_id, door.connection_id, inbound.received_at, arrivals)
    [(is_as_it_was, new)] = single.run_for_tenant(
        door.tenant_id, _INSERT_AT_DOOR, {**values, "sealed": door.sealed_secrets}
    )
    if not is_as_it_was:
        raise DoorChangedError
    return int(new)


def _arrival(event: GatewayEvent, body: bytes) -> _Arrival:
    state = EventState.WAITING if event.kind else EventState.IGNORED
    return _Arrival(stored_id(event), event.type, body, state)


def _values(
    tenant_id: UUID, connection_id: UUID, received_at: datetime, arrivals: Sequence[_Arrival]
) -> dict[str, Any]:
    return {
        "tenant": tenant_id,
        "connection": connection_id,
        "received_at": received_at,
        "ids": [ids.new_id() for _ in arrivals],
        "event_ids": [each.event_id for each in arrivals],
        "types": [storable(each.type)[:_LONGEST_TYPE] for each in arrivals],
        "bodies": [each.body for each in arrivals],
        "states": [each.state.value for each in arrivals],
        "errors": [each.error[:_LONGEST_ERROR] for each in arrivals],
    }
