"""What a ledger door answers."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that must not happen and did; the caller raises the alarm.

    Attributes:
        code: `marker_twice`: two refunds, or two charges that took money, carry the marker of one
            order.
        intent_id: the order concerned.
    """

    code: str
    intent_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch of snapshots; `+` adds two up.

    Attributes:
        created, changed: rows that are new, rows whose facts changed. Only these enter the change
            feed.
        unchanged: news that told nothing new.
        ignored: news older than what is stored.
        ties: external ids with two different pictures of one moment. What was stored first stays:
            read them again,
            once that second has passed.
        linked_intents: orders of ours whose refund or charge is new or changed, for
            `actions.settlement`.
        incidents: what must not happen.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    ignored: int = 0
    ties: tuple[str, ...] = ()
    linked_intents: tuple[UUID, ...] = ()
    incidents: tuple[Incident, ...] = ()

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(
            created=self.created + other.created,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            ignored=self.ignored + other.ignored,
            ties=self.ties + other.ties,
            linked_intents=self.linked_intents + other.linked_intents,
            incidents=self.incidents + other.incidents,
        )
