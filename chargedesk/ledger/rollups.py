"""Sums kept in the same transaction as what they sum: of money roots and of customers."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection as database

from chargedesk.base import scoping

# Refunds in these states count as money gone (M11).
COUNTED_REFUNDS = "('pending', 'succeeded', 'unknown')"

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

_REFRESH = f"""
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
"""


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
        cursor.execute(
            _REFRESH,
            {
                "roots": every,
                "touched": sorted(map(str, touched)),
                "tenant": scoping.current_tenant(),
            },
        )
