"""Sorts a batch of events: what can be recorded as it is, and what has to be read again. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateways.contract import GatewayEvent
from gateways.snapshots import AnySnapshot, ObjectKind


@dataclass(frozen=True, slots=True)
class Ref:
    """An object at the gateway."""

    kind: ObjectKind
    external_id: str


@dataclass(slots=True)
class Subject:
    """Events of a batch about one object: all that are complete, or all that are hints.

    Attributes:
        event_ids: the stored rows.
        newest: the provider's time of the newest of them.
        pictures: the object as the events show it; empty for hints.
    """

    ref: Ref
    event_ids: list[UUID]
    newest: datetime
    pictures: list[AnySnapshot]


def subjects_of(events: Iterable[tuple[UUID, GatewayEvent]]) -> list[Subject]:
    """One subject per object, two if some of its events are hints. Of no kind: left out."""
    grouped: dict[tuple[Ref, bool], list[tuple[UUID, GatewayEvent]]] = defaultdict(list)
    for row_id, event in events:
        if event.kind is not None:
            ref = Ref(event.kind, event.object_id)
            grouped[ref, event.snapshot is None].append((row_id, event))
    return [_subject(ref, group) for (ref, _is_hint), group in grouped.items()]


def _subject(ref: Ref, group: list[tuple[UUID, GatewayEvent]]) -> Subject:
    return Subject(
        ref=ref,
        event_ids=[row_id for row_id, _ in group],
        newest=max(event.occurred_at for _, event in group),
        pictures=[event.snapshot for _, event in group if event.snapshot is not None],
    )
