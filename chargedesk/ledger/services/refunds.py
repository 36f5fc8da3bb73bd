"""The doors for money going back: refunds, linked to the orders that made them, and disputes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chargedesk.ledger.changes import record_changes
from chargedesk.ledger.models import Dispute, ObjectName, Refund
from chargedesk.ledger.rollups import refresh_roots
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.prepare import ROOT, Mentioned
from chargedesk.ledger.services.recorded import Incident, Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import DisputeSnapshot, ObjectKind, RefundSnapshot


def record_refunds(connection: Connection, snapshots: Sequence[RefundSnapshot]) -> Recorded:
    """Store a batch of refunds with their roots' sums; three statements.

    A refund that carries our marker is linked to its order, whose hold ends in the same
    transaction (M11). Orders whose refund is new or changed are in `linked_intents`; two refunds
    with one marker are stored, and an incident.
    """
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.money_back(snapshot)
    recorded, answers = _REFUNDS.record(connection, snapshots, mentioned=mentioned)
    if not answers:
        return recorded
    roots, linked, doubled = answers
    refresh_roots(roots or ())
    return recorded + Recorded(
        linked_intents=tuple(UUID(intent) for intent in linked or ()),
        incidents=tuple(
            Incident(code="marker_twice", intent_id=UUID(intent)) for intent in doubled or ()
        ),
    )


def record_disputes(connection: Connection, snapshots: Sequence[DisputeSnapshot]) -> Recorded:
    """Store a batch of disputes; a change is a new money version (M14). Three statements."""
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.money_back(snapshot)
    recorded, answers = _DISPUTES.record(connection, snapshots, mentioned=mentioned)
    if answers:
        refresh_roots((), touched=answers[0] or ())
    return recorded


def link_refund(refund: Refund, intent_id: UUID) -> None:
    """Say that a refund without our marker is this order's, as two people found (M8).

    Under its root's lock. News of it settles the order from now on.
    """
    Refund.objects.filter(pk=refund.pk).update(intent_id=intent_id)
    record_changes(ObjectName.REFUND, [refund.pk])


def _links(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["charge_id"] = ids.of(ObjectKind.CHARGE, snapshot.charge_id)
    row["payment_root"] = ids.of(ROOT, snapshot.payment_id)
    row["own_root"] = ids.of(ROOT, snapshot.charge_id or snapshot.external_id)


_ROOT_OF = """coalesce(d.payment_root,
    (SELECT c.root_id FROM ledger_charge c WHERE c.id = d.charge_id), d.own_root)"""
_ROOT_HINTS = {"payment_root": "uuid", "own_root": "uuid"}

_REFUNDS = Mirror(
    model=Refund,
    kind=ObjectKind.REFUND,
    change=ObjectName.REFUND,
    renamed={"intent_id": "marker"},
    linked=("charge_id",),
    links=_links,
    computed={"root_id": _ROOT_OF},
    extra=_ROOT_HINTS,
    kept=frozenset({"intent_id", "charge_id"}),
    returning=("root_id", "intent_id"),
    after=""", released AS (
    -- Only of its own money: a marker somebody copied to another payment frees nothing.
    UPDATE ledger_hold h SET released_at = %(now)s
    FROM written w LEFT JOIN ledger_moneyroot r ON r.id = w.root_id
    WHERE h.intent_id = w.intent_id AND h.released_at IS NULL
        AND (r.id IS NULL OR h.root_id IN (r.id, r.parent_id)) RETURNING h.root_id
), sums AS (
    SELECT root_id FROM written WHERE is_changed
    UNION SELECT o.root_id FROM old o JOIN written w ON w.id = o.id WHERE w.is_changed
    UNION SELECT root_id FROM released
), doubled AS (
    SELECT DISTINCT w.intent_id FROM written w WHERE w.is_changed AND w.intent_id IS NOT NULL AND
        EXISTS (
        SELECT FROM ledger_refund r WHERE r.intent_id = w.intent_id AND r.id <> w.id
        UNION ALL SELECT FROM written v WHERE v.intent_id = w.intent_id AND v.id <> w.id)
)""",
    answers=""",
    (SELECT array_agg(root_id::text) FROM sums),
    (SELECT array_agg(DISTINCT intent_id::text) FROM written WHERE is_changed AND intent_id IS NOT
        NULL),
    (SELECT array_agg(intent_id::text) FROM doubled)""",
)

_DISPUTES = Mirror(
    model=Dispute,
    kind=ObjectKind.DISPUTE,
    change=ObjectName.DISPUTE,
    linked=("charge_id",),
    links=_links,
    computed={"root_id": _ROOT_OF},
    extra=_ROOT_HINTS,
    kept=frozenset({"charge_id"}),
    returning=("root_id",),
    answers=", (SELECT array_agg(DISTINCT root_id::text) FROM written WHERE is_changed)",
)
