"""Brings pictures of objects through the ledger's doors, so that one bad picture stops no other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from django.db import InterfaceError, OperationalError, transaction

import audit.services as audit
from audit.verbs import Verb
from chargedesk.actions.settlement import settle_from_news
from chargedesk.ledger.services import Incident, Recorded, record_snapshots
from chargedesk.tenants.models import Connection
from gateways.snapshots import AnySnapshot

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Outcome:
    """What the doors did with a batch.

    Attributes:
        created, changed: how many objects were new, how many differed from what was stored.
        ties: external ids of objects that must be read again.
        refused: external id to reason, for pictures that no door takes.
    """

    created: int = 0
    changed: int = 0
    ties: frozenset[str] = frozenset()
    refused: dict[str, str] = field(default_factory=dict)


def record_whole(connection: Connection, snapshots: Sequence[AnySnapshot]) -> Outcome:
    """Record in the current transaction, and settle the orders whose refunds or charges arrived.

    What a door raises for one picture ends the transaction: then `record_batch` in another one.
    """
    recorded = record_snapshots(connection, snapshots)
    return _settled(connection, snapshots, recorded, refused={})


def record_batch(connection: Connection, snapshots: Sequence[AnySnapshot]) -> Outcome:
    """The same, where a picture that the doors refuse is found by halving and named."""
    refused: dict[str, str] = {}
    whole = [Recorded()]
    _record(connection, snapshots, refused, whole)
    return _settled(connection, snapshots, sum(whole, Recorded()), refused=refused)


def is_of_a_picture(error: Exception) -> bool:
    """Whether another try without one picture may succeed, as the database itself is well."""
    return not isinstance(error, OperationalError | InterfaceError)


def _settled(
    connection: Connection,
    snapshots: Sequence[AnySnapshot],
    recorded: Recorded,
    *,
    refused: dict[str, str],
) -> Outcome:
    settle_from_news(connection, snapshots, marked=recorded.linked_intents)
    # Last, because the audit log's head is last in the order of locks (M17).
    for incident in recorded.incidents:
        _raise_alarm(incident)
    return Outcome(
        created=recorded.created,
        changed=recorded.changed,
        ties=frozenset(recorded.ties),
        refused=refused,
    )


def _record(
    connection: Connection,
    snapshots: Sequence[AnySnapshot],
    refused: dict[str, str],
    recorded: list[Recorded],
) -> None:
    if not snapshots:
        return
    trouble = ""
    try:
        with transaction.atomic():
            recorded.append(record_snapshots(connection, snapshots))
    except Exception as error:
        if not is_of_a_picture(error):
            # The database's trouble: the whole batch is tried again later.
            raise
        # Whatever is wrong with one picture, the others of the batch are still news.
        trouble = f"{type(error).__name__}: {error}"[:500]
    if not trouble:
        return
    if len(snapshots) == 1:
        log.error("sync.object_refused", object=snapshots[0].external_id, error=trouble)
        refused[snapshots[0].external_id] = trouble
        return
    middle = len(snapshots) // 2
    _record(connection, snapshots[:middle], refused, recorded)
    _record(connection, snapshots[middle:], refused, recorded)


def _raise_alarm(incident: Incident) -> None:
    log.error("sync.incident", code=incident.code, intent=str(incident.intent_id))
    audit.record(
        Verb.INCIDENT_RAISED,
        actor=audit.system_actor("sync"),
        object_kind="intent",
        object_id=incident.intent_id,
        reason=incident.code,
    )
