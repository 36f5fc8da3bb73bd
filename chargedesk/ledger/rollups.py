"""Sums kept in the same transaction as what they sum: of money roots and of customers."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import structlog
from django.db import connection as database
from django.db.models import QuerySet

from chargedesk.base import scoping
from chargedesk.base.prepared import Prepared
from chargedesk.ledger.models import Charge

log = structlog.get_logger()

# Refunds in these states count as money gone (M11).
COUNTED_REFUNDS = "('pending', 'succeeded', 'unknown')"

# What went back of a charge: as its provider says, or as the gateway behind it does.
GIVEN_BACK = "greatest(refunded_minor, inside_refunded_minor)"

# What a root's sums are, for `x(id)`.
_ROOT_SUMS = f"""
    SELECT x.id, coalesce(c.captured, 0) AS captured, coalesce(c.refunded, 0) AS provider_refunded,
        coalesce(f.refunds, 0) AS refunds, coalesce(h.held, 0) AS held
    FROM x
    LEFT JOIN LATERAL (SELECT sum(captured_minor) AS captured, sum(refunded_minor) AS refunded
        FROM ledger_charge WHERE root_id = x.id) c ON true
    LEFT JOIN LATERAL (SELECT sum(amount_minor) AS refunds
        FROM ledger_refund WHERE root_id = x.id AND status IN {COUNTED_REFUNDS}) f ON true
    LEFT JOIN LATERAL (SELECT sum(amount_minor) AS held
        FROM ledger_hold WHERE root_id = x.id AND released_at IS NULL) h ON true
"""

_REFRESH = Prepared(
    f"""
WITH x AS (SELECT unnest(%(roots)s::uuid[]) AS id), s AS ({_ROOT_SUMS}), written AS (
    UPDATE ledger_moneyroot r SET captured_minor = s.captured, provider_refunded_minor =
        s.provider_refunded,
        refunds_minor = s.refunds, held_minor = s.held, money_version = r.money_version + 1
    FROM s WHERE r.id = s.id AND (r.id = ANY(%(touched)s::uuid[])
        OR (r.captured_minor, r.provider_refunded_minor, r.refunds_minor, r.held_minor)
            IS DISTINCT FROM (s.captured, s.provider_refunded, s.refunds, s.held))
    RETURNING r.id
)
INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
SELECT %(tenant)s, 'money_root', id, false FROM written ORDER BY id
""",
    {"roots": "uuid[]", "touched": "uuid[]", "tenant": "uuid"},
)


def refresh_roots(roots: Collection[UUID | str], *, touched: Collection[UUID | str] = ()) -> None:
    """Sum up these locked roots again; one statement.

    The `money_version` grows where a sum changed, and of `touched` roots: there another money fact
    changed, such as a dispute (M14). Call it under the roots' locks, in a statement after the
    writes.
    """
    every = sorted({str(root) for root in (*roots, *touched)})
    if not every:
        return
    with database.cursor() as cursor:
        _REFRESH.execute(
            cursor,
            {
                "roots": every,
                "touched": sorted(map(str, touched)),
                "tenant": scoping.current_tenant(),
            },
        )


def set_shadows(charges: QuerySet[Charge], *, is_shadow: bool) -> None:
    """Let these charges count no more in their customers' totals, or again. Under their locks."""
    wanted = charges.exclude(is_shadow=is_shadow).values_list("id", flat=True)
    with database.cursor() as cursor:
        cursor.execute(
            _SHADOW,
            {
                "charges": list(wanted),
                "is_shadow": is_shadow,
                "sign": -1 if is_shadow else 1,
                "tenant": scoping.current_tenant(),
            },
        )


def refresh_inside(outer_roots: Collection[UUID]) -> None:
    """Sum up what the inner records of these locked roots say went back; one statement or two.

    Where that changes what went back in all, the root gets a new money version (M14).
    """
    if not outer_roots:
        return
    values: dict[str, Any] = {"roots": list(outer_roots), "tenant": scoping.current_tenant()}
    with database.cursor() as cursor:
        cursor.execute(_INSIDE, values)
        (changed,) = cursor.fetchone()
    refresh_roots((), touched=changed or ())


def lock_totals(roots: Collection[UUID]) -> None:
    """Lock the totals that charges of these roots count in, in the order every writer takes."""
    with database.cursor() as cursor:
        cursor.execute(_LOCK_TOTALS, {"roots": list(roots)})


def rebuild_summaries() -> int:
    """Sum up all roots and customers of the tenant again; returns how many were wrong."""
    with database.cursor() as cursor:
        # Nobody may add to a sum while it is made.
        cursor.execute("SELECT id::text FROM ledger_moneyroot ORDER BY id FOR UPDATE")
        roots = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"{_WRONG_ROOTS} SELECT x.id::text FROM wrong x")
        wrong = [row[0] for row in cursor.fetchall()]
        refresh_roots(wrong)
        cursor.execute(_REBUILD_TOTALS, {"tenant": scoping.current_tenant()})
        totals = int(cursor.rowcount)
    log.info("ledger.summaries_rebuilt", roots=len(roots), wrong=len(wrong), totals=totals)
    return len(wrong) + totals


def first_difference() -> str | None:
    """The tenant's first sum that is not what its parts add up to, as a sentence; or None."""
    with database.cursor() as cursor:
        for statement in (
            f"""{_WRONG_ROOTS} SELECT 'money root ' || id || ' has ' || has || ', should have '
                || should FROM wrong ORDER BY id LIMIT 1""",
            f"""{_WRONG_TOTALS} SELECT 'totals of gateway customer ' || gateway_customer_id
                || ' in ' || currency || ' have ' || coalesce(has, 'nothing') || ', should have '
                || should FROM wrong ORDER BY 1 LIMIT 1""",
        ):
            cursor.execute(statement)
            if row := cursor.fetchone():
                return str(row[0])
    return None


_ADDED = """ON CONFLICT (gateway_customer_id, currency, tenant_id) DO UPDATE SET
        paid_minor = s.paid_minor + excluded.paid_minor,
        refunded_minor = s.refunded_minor + excluded.refunded_minor,
        charges = s.charges + excluded.charges,
        failed_charges = s.failed_charges + excluded.failed_charges"""

_SHADOW = f"""
WITH turned AS (
    UPDATE ledger_charge SET is_shadow = %(is_shadow)s WHERE id = ANY(%(charges)s::uuid[])
    RETURNING *
), totals AS (
    INSERT INTO ledger_customertotal AS s (id, tenant_id, gateway_customer_id, currency, paid_minor,
        refunded_minor, charges, failed_charges)
    SELECT gen_random_uuid(), %(tenant)s, gateway_customer_id, currency,
        %(sign)s * sum(captured_minor), %(sign)s * sum({GIVEN_BACK}), %(sign)s * count(*),
        %(sign)s * count(*) FILTER (WHERE status = 'failed')
    FROM turned WHERE gateway_customer_id IS NOT NULL GROUP BY gateway_customer_id, currency
    ORDER BY gateway_customer_id, currency
    {_ADDED}
)
INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
SELECT %(tenant)s, 'charge', id, false FROM turned ORDER BY id
"""

_INSIDE = f"""
WITH told AS (
    SELECT o.id, o.inside_refunded_minor AS had, coalesce((
        SELECT sum(i.refunded_minor) FROM ledger_moneyroot r
        JOIN ledger_charge i ON i.root_id = r.id JOIN tenants_connection n ON n.id = i.connection_id
        WHERE r.parent_id = o.root_id AND o.paid_through IN (
            n.provider || ':' || i.external_id, n.provider || ':' || r.external_id)), 0) AS has
    FROM ledger_charge o WHERE o.root_id = ANY(%(roots)s::uuid[]) AND o.paid_through > ''
), turned AS (
    UPDATE ledger_charge o SET inside_refunded_minor = told.has FROM told
    WHERE o.id = told.id AND told.had <> told.has
    RETURNING o.id, o.root_id, o.gateway_customer_id, o.currency, o.is_shadow,
        greatest(o.refunded_minor, told.has) - greatest(o.refunded_minor, told.had) AS more
), totals AS (
    INSERT INTO ledger_customertotal AS s (id, tenant_id, gateway_customer_id, currency, paid_minor,
        refunded_minor, charges, failed_charges)
    SELECT gen_random_uuid(), %(tenant)s, gateway_customer_id, currency, 0, sum(more), 0, 0
    FROM turned WHERE gateway_customer_id IS NOT NULL AND NOT is_shadow AND more <> 0
    GROUP BY gateway_customer_id, currency ORDER BY gateway_customer_id, currency
    {_ADDED}
), fed AS (
    INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
    SELECT %(tenant)s, 'charge', id, false FROM turned ORDER BY id
)
SELECT array_agg(DISTINCT root_id::text) FROM turned WHERE more <> 0
"""

_LOCK_TOTALS = """
SELECT t.id FROM ledger_customertotal t WHERE t.gateway_customer_id IN (
    SELECT c.gateway_customer_id FROM ledger_charge c WHERE c.root_id = ANY(%(roots)s::uuid[]))
ORDER BY t.gateway_customer_id, t.currency FOR UPDATE
"""

_WRONG_ROOTS = f"""
WITH x AS (SELECT id FROM ledger_moneyroot), s AS ({_ROOT_SUMS}), wrong AS (
    SELECT r.id,
        ROW(r.captured_minor, r.provider_refunded_minor, r.refunds_minor, r.held_minor)::text AS
            has,
        ROW(s.captured, s.provider_refunded, s.refunds, s.held)::text AS should
    FROM ledger_moneyroot r JOIN s ON s.id = r.id
    WHERE (r.captured_minor, r.provider_refunded_minor, r.refunds_minor, r.held_minor)
        IS DISTINCT FROM (s.captured, s.provider_refunded, s.refunds, s.held)
)"""

_WRONG_TOTALS = f"""
WITH summed AS (
    SELECT gateway_customer_id, currency, sum(captured_minor) AS paid,
        sum({GIVEN_BACK}) AS refunded, count(*) AS charges,
        count(*) FILTER (WHERE status = 'failed') AS failed
    FROM ledger_charge WHERE gateway_customer_id IS NOT NULL AND NOT is_shadow
    GROUP BY gateway_customer_id, currency
), compared AS (
    SELECT gateway_customer_id, currency, t.id IS NULL AS is_missing,
        ROW(t.paid_minor, t.refunded_minor, t.charges, t.failed_charges)::text AS stored,
        coalesce(t.paid_minor, 0) AS paid_minor, coalesce(t.refunded_minor, 0) AS refunded_minor,
        coalesce(t.charges, 0) AS counted, coalesce(t.failed_charges, 0) AS failures,
        coalesce(s.paid, 0) AS paid, coalesce(s.refunded, 0) AS refunded,
        coalesce(s.charges, 0) AS charges, coalesce(s.failed, 0) AS failed
    FROM summed s FULL JOIN ledger_customertotal t USING (gateway_customer_id, currency)
), wrong AS (
    SELECT *, CASE WHEN NOT is_missing THEN stored END AS has,
        ROW(paid, refunded, charges, failed)::text AS should
    FROM compared
    WHERE (paid_minor, refunded_minor, counted, failures) <> (paid, refunded, charges, failed)
)"""

_REBUILD_TOTALS = f"""{_WRONG_TOTALS}
INSERT INTO ledger_customertotal AS t (
    id, tenant_id, gateway_customer_id, currency, paid_minor, refunded_minor, charges,
    failed_charges)
SELECT gen_random_uuid(), %(tenant)s, gateway_customer_id, currency, paid, refunded, charges, failed
FROM wrong
ON CONFLICT (gateway_customer_id, currency, tenant_id) DO UPDATE SET
    paid_minor = excluded.paid_minor, refunded_minor = excluded.refunded_minor,
    charges = excluded.charges, failed_charges = excluded.failed_charges
"""
