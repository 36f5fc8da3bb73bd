"""News without webhooks: searches for each time of a status, because nothing has an updated_at."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from braintree import TransactionSearch

from chargedesk.kit import clock
from gateways.braintree.listing import readable
from gateways.braintree.mapping import Seen, kind_of, snapshot, was_held
from gateways.braintree.mapping.values import ids, when
from gateways.braintree.reading import is_live
from gateways.braintree.searching import (
    MOST_AT_ONCE,
    TRANSACTIONS,
    Found,
    matching_ids,
    objects,
)
from gateways.braintree.slices import tree
from gateways.contract import Credentials, EventPage, GatewayEvent
from gateways.snapshots import AnySnapshot, ObjectKind

POLLED = "chargedesk.polled"
_AHEAD = timedelta(days=1)
_TIMES: tuple[Any, ...] = (
    TransactionSearch.created_at,
    TransactionSearch.authorized_at,
    TransactionSearch.submitted_for_settlement_at,
    TransactionSearch.settled_at,
    TransactionSearch.voided_at,
    TransactionSearch.failed_at,
    TransactionSearch.gateway_rejected_at,
    TransactionSearch.processor_declined_at,
    TransactionSearch.authorization_expired_at,
    TransactionSearch.dispute_date,
)
_DATES = frozenset({TransactionSearch.dispute_date.name})


@dataclass(frozen=True, slots=True)
class _Place:
    """Which search is walked, up to which moment, and how far it has come."""

    number: int
    until: datetime
    offset: int = 0

    @classmethod
    def of(cls, cursor: str) -> "_Place":
        if not cursor:
            return cls(0, (clock.now() + _AHEAD).replace(microsecond=0))
        number, until, offset = cursor.split("~")
        return cls(int(number), datetime.fromisoformat(until), int(offset))

    def __str__(self) -> str:
        return f"{self.number}~{self.until.isoformat()}~{self.offset}"


def events(credentials: Credentials, *, since: datetime, cursor: str) -> EventPage:
    """One page of transactions whose status changed since; the union of all searches."""
    place = _Place.of(cursor)
    while place.number < len(_TIMES):
        found = matching_ids(credentials, TRANSACTIONS, (_term(place, since.astimezone(UTC)),))
        part = found[place.offset : place.offset + MOST_AT_ONCE]
        is_last = place.offset + MOST_AT_ONCE >= len(found)
        following = (
            _Place(place.number + 1, place.until)
            if is_last
            else _Place(place.number, place.until, place.offset + MOST_AT_ONCE)
        )
        if part:
            told = objects(credentials, TRANSACTIONS, part)
            next_cursor = str(following) if following.number < len(_TIMES) else ""
            live = is_live(credentials)
            return EventPage(
                events=tuple(_event(each, live=live) for each in told), next_cursor=next_cursor
            )
        place = following
    return EventPage(events=(), next_cursor="")


def _term(place: _Place, since: datetime) -> Any:
    field = _TIMES[place.number]
    # A date holds for the whole day; what is found again has the same event id.
    start = since.replace(hour=0, minute=0, second=0) if field.name in _DATES else since
    return field.between(start, place.until)


def event_of(stored: dict[str, Any]) -> GatewayEvent:
    """The event in the bytes that `events` handed out."""
    raw = b64decode(stored["transaction"])
    found = Found(
        obj=tree(raw)["transaction"], raw=raw, as_of=datetime.fromisoformat(stored["as_of"])
    )
    return _event(found, live=stored["live"] is True)


def _event(found: Found, *, live: bool) -> GatewayEvent:
    changed_at = when(found.obj.get("updated_at")) or found.as_of
    status, number = found.obj.get("status"), int(changed_at.timestamp())
    stored = {
        "type": POLLED,
        "as_of": found.as_of.isoformat(),
        "live": live,
        "transaction": b64encode(found.raw).decode(),
    }
    return GatewayEvent(
        event_id=f"{found.obj['id']}-{status}-{number}",
        type=POLLED,
        kind=kind_of(found.obj),
        object_id=found.obj["id"],
        occurred_at=changed_at,
        snapshot=_complete(found, live=live),
        raw=json.dumps(stored).encode(),
    )


def _complete(found: Found, *, live: bool) -> AnySnapshot | None:
    """A sale that was taken at once and has no refunds tells all of itself; others are read."""
    obj = found.obj
    if kind_of(obj) is not ObjectKind.CHARGE or ids(obj, "refund_ids") or was_held(obj):
        return None
    seen = Seen(as_of=found.as_of, raw=found.raw, is_live=live)
    made, _ = readable([found], lambda each: (snapshot("transaction", each.obj, seen),))
    return made[0] if made else None
