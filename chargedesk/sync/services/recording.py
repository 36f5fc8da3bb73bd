"""Brings pictures of objects through the ledger's doors, so that one bad picture stops no other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from django.db import InterfaceError, OperationalError, transaction

import audit.services as audit
from audit.verbs import Verb
from chargedesk.actions.settlement import settle_from_records, settle_from_refunds
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


def record_batch(connection: Connection, snapshots: Sequence[AnySnapshot]) -> Outcome:
    """Record in the current transaction, and settle the orders whose refunds arrived.

    A picture that the doors refuse is found by halving, left out and named in the outcome.
    """
    outcome, whole = Outcome(), [Recorded()]
    _record(connection, snapshots, outcome, whole)
    recorded = sum(whole, Recorded())
    outcome.created, outcome.changed = recorded.created, recorded.changed
    outcome.ties = frozenset(recorded.ties)
    if recorded.linked_intents:
        settle_from_refunds(sorted(set(recorded.linked_intents)))
    settle_from_records(connection, snapshots)
    # Last, because the audit log's head is last in the order of locks (M17).
    for incident in recorded.incidents:
        _raise_alarm(incident)
    return outcome


def _record(
    connection: Connection,
    snapshots: Sequence[AnySnapshot],
    outcome: Outcome,
    recorded: list[Recorded],
) -> None:
    if not snapshots:
        return
    trouble = ""
    try:
        with transaction.atomic():
            recorded.append(record_snapshots(connection, snapshots))
    except (OperationalError, InterfaceError):
        # The database's trouble and no picture's fault: the whole batch is tried again later.
        raise
    except Exception as error:
        # Whatever is wrong with one picture, the others of the batch are still news.
        trouble = f"{type(error).__name__}: {error}"[:500]
    if not trouble:
        return
    if len(snapshots) == 1:
        log.error("sync.object_refused", object=snapshots[0].external_id, error=trouble)
        outcome.refused[snapshots[0].external_id] = trouble
        return
    middle = len(snapshots) // 2
    _record(connection, snapshots[:middle], outcome, recorded)
    _record(connection, snapshots[middle:], outcome, recorded)


def _raise_alarm(incident: Incident) -> None:
    log.error("sync.incident", code=incident.code, intent=str(incident.intent_id))
    audit.record(
        Verb.INCIDENT_RAISED,
        actor=audit.system_actor("sync"),
        object_kind="intent",
        object_id=incident.intent_id,
        reason=incident.code,
    )
