"""The door for charges: each hangs on its money root and counts in its customer's totals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection as database

from chargedesk.ledger.models import Charge, ObjectName
from chargedesk.ledger.purchases import settle_after_commit
from chargedesk.ledger.rollups import refresh_roots
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.prepare import ROOT, Mentioned
from chargedesk.ledger.services.recorded import Incident, Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import ChargeSnapshot, ObjectKind


def record_charges(connection: Connection, snapshots: Sequence[ChargeSnapshot]) -> Recorded:
    """Store a batch of charges with their roots' sums and their customers' totals.

    Three statements, four where a refund came first. Unknown customers and payments are stored as
    stubs. Orders whose charge is new or changed are in `linked_intents`; two charges that took
    money with one marker are stored, and an incident. Runs inside the caller's tenant scope.
    """
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.charge(snapshot)
    mirror = _MARKED if any(snapshot.marker for snapshot in snapshots) else _MIRROR
    recorded, answers = mirror.record(connection, snapshots, mentioned=mentioned)
    if not answers:
        return recorded
    roots, touched, twice, strays, *marks = answers
    if strays:
        _gather(strays)
    refresh_roots(roots or (), touched=touched or ())
    if twice:
        settle_after_commit(twice)
    return recorded + _linked(*marks)


def _gather(charges: Sequence[str]) -> None:
    """Let refunds and disputes follow these charges to their roots; one statement."""
    with database.cursor() as cursor:
        cursor.execute(_FOLLOW, {"charges": list(charges)})


def _linked(linked: Sequence[str] | None = (), doubled: Sequence[str] | None = ()) -> Recorded:
    return Recorded(
        linked_intents=tuple(UUID(intent) for intent in linked or ()),
        incidents=tuple(
            Incident(code="marker_twice", intent_id=UUID(intent)) for intent in doubled or ()
        ),
    )


def _links(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["root_id"] = ids.of(ROOT, snapshot.payment_id or snapshot.external_id)
    row["gateway_customer_id"] = ids.of(ObjectKind.CUSTOMER, snapshot.customer_id)


# Under the roots' locks, `old` is what the last writer left, so the difference is exact.
_TOTALS = """, figures AS (
    SELECT gateway_customer_id, currency, captured_minor AS paid,
        greatest(refunded_minor, inside_refunded_minor) AS refunded, 1 AS charges,
        (status = 'failed')::int AS failed
    FROM written WHERE is_changed AND gateway_customer_id IS NOT NULL AND NOT is_shadow
    UNION ALL
    SELECT o.gateway_customer_id, o.currency, -o.captured_minor,
        -greatest(o.refunded_minor, o.inside_refunded_minor), -1, -(o.status = 'failed')::int
    FROM old o JOIN written w ON w.id = o.id
    WHERE w.is_changed AND o.gateway_customer_id IS NOT NULL AND NOT o.is_shadow
), totals AS (
    INSERT INTO ledger_customertotal AS s (id, tenant_id, gateway_customer_id, currency, paid_minor,
        refunded_minor, charges, failed_charges)
    SELECT gen_random_uuid(), %(tenant)s, gateway_customer_id, currency, sum(paid), sum(refunded),
        sum(charges), sum(failed)
    FROM figures GROUP BY gateway_customer_id, currency
    HAVING (sum(paid), sum(refunded), sum(charges), sum(failed)) <> (0, 0, 0, 0)
    ORDER BY gateway_customer_id, currency
    ON CONFLICT (gateway_customer_id, currency, tenant_id) DO UPDATE SET
        paid_minor = s.paid_minor + excluded.paid_minor,
        refunded_minor = s.refunded_minor + excluded.refunded_minor,
        charges = s.charges + excluded.charges,
        failed_charges = s.failed_charges + excluded.failed_charges
)"""

# Charges that may tell of money another record tells of as well: they name one, or are named.
_TWICE = """, twice AS (
    SELECT w.id FROM written w
    WHERE w.is_changed AND (w.paid_through > '' OR w.is_shadow OR EXISTS (
        SELECT FROM ledger_charge c WHERE c.paid_through > '' AND c.paid_through IN (
            %(provider)s || ':' || w.external_id, %(provider)s || ':' || (
                SELECT r.external_id FROM ledger_moneyroot r WHERE r.id = w.root_id))))
    UNION SELECT o.id FROM old o JOIN written w ON w.id = o.id
    WHERE w.is_changed AND o.paid_through > ''
)"""

_HAS_OUTER_ROOT = """coalesce((SELECT r.parent_id IS NOT NULL FROM ledger_moneyroot r
    WHERE r.id = {root}), false)"""

# Refunds and disputes that came first, known by the charge alone, hang on another root than it.
_STRAYS = """, strays AS (
    SELECT w.id, r.root_id FROM written w JOIN ledger_refund r ON r.charge_id = w.id
    WHERE w.is_changed AND r.root_id <> w.root_id
    UNION ALL
    SELECT w.id, r.root_id FROM written w JOIN ledger_dispute r ON r.charge_id = w.id
    WHERE w.is_changed AND r.root_id <> w.root_id
)"""

_FOLLOW = """
WITH refunds AS (
    UPDATE ledger_refund r SET root_id = c.root_id FROM ledger_charge c
    WHERE c.id = ANY (%(charges)s::uuid[]) AND r.charge_id = c.id AND r.root_id <> c.root_id
)
UPDATE ledger_dispute r SET root_id = c.root_id FROM ledger_charge c
WHERE c.id = ANY (%(charges)s::uuid[]) AND r.charge_id = c.id AND r.root_id <> c.root_id
"""

_ROOTS = """, sums AS (
    SELECT root_id FROM written WHERE is_changed
    UNION SELECT o.root_id FROM old o JOIN written w ON w.id = o.id WHERE w.is_changed
    UNION SELECT root_id FROM strays
), touched AS (
    SELECT DISTINCT w.root_id FROM written w JOIN old o ON o.id = w.id
    WHERE (w.status, w.is_disputed, w.capture_before, w.amount_minor)
        IS DISTINCT FROM (o.status, o.is_disputed, o.capture_before, o.amount_minor)
)"""

# An attempt that failed may be followed by one that took the money, under the same marker.
# News that does not carry the mark says nothing of the order, whatever was carried before.
_DOUBLED = """, marked AS (
    SELECT w.id, w.intent_id, w.status FROM written w JOIN d ON d.id = w.id
    WHERE w.is_changed AND d.intent_id IS NOT NULL
), doubled AS (
    SELECT DISTINCT m.intent_id FROM marked m
    WHERE m.status NOT IN ('failed', 'canceled') AND EXISTS (
        SELECT FROM ledger_charge c WHERE c.intent_id = m.intent_id AND c.id <> m.id
            AND c.status NOT IN ('failed', 'canceled')
        UNION ALL SELECT FROM marked v WHERE v.intent_id = m.intent_id AND v.id <> m.id
            AND v.status NOT IN ('failed', 'canceled'))
)"""

_MIRROR = Mirror(
    model=Charge,
    kind=ObjectKind.CHARGE,
    change=ObjectName.CHARGE,
    renamed={
        "invoice_external_id": "invoice_id",
        "subscription_external_id": "subscription_id",
        "intent_id": "marker",
    },
    linked=("root_id", "gateway_customer_id"),
    links=_links,
    # An event does not carry what the balance transaction and the invoice's payment tell.
    kept=frozenset(
        {
            "fee_minor",
            "net_minor",
            "settled_currency",
            "invoice_external_id",
            "subscription_external_id",
            "intent_id",
        }
    ),
    returning=(
        "root_id",
        "gateway_customer_id",
        "intent_id",
        "currency",
        "captured_minor",
        "refunded_minor",
        "status",
        "is_disputed",
        "capture_before",
        "amount_minor",
        "external_id",
        "paid_through",
        "is_shadow",
        "inside_refunded_minor",
    ),
    computed={
        "is_shadow": _HAS_OUTER_ROOT.format(root="d.root_id"),
        "inside_refunded_minor": "0",
    },
    updates={
        "is_shadow": f"""CASE WHEN t.root_id = excluded.root_id THEN t.is_shadow
            ELSE {_HAS_OUTER_ROOT.format(root="excluded.root_id")} END""",
        "inside_refunded_minor": "t.inside_refunded_minor",
    },
    after=_TOTALS + _STRAYS + _ROOTS + _TWICE,
    answers=""",
    (SELECT array_agg(root_id::text) FROM sums), (SELECT array_agg(root_id::text) FROM touched),
    (SELECT array_agg(id::text) FROM twice), (SELECT array_agg(id::text) FROM strays)""",
)
# Most charges are nobody's order: only a batch with a marker pays for looking. A gateway that can
# carry one tells it with all news of its charge.
_MARKED = replace(
    _MIRROR,
    after=_MIRROR.after + _DOUBLED,
    answers=_MIRROR.answers
    + """,
    (SELECT array_agg(DISTINCT intent_id::text) FROM marked),
    (SELECT array_agg(intent_id::text) FROM doubled)""",
)
