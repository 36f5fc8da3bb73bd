"""One purchase, two records (M10): which charges tell of the same money, linked once it is sure.

A shop's order names the charge of the payment gateway behind it in `paid_through`. Where exactly
one charge of this tenant has that id, currency and amount, and nobody else names it, its root
becomes an inner one of the order's. Anything less is no link.

It is done after the news is stored, in a transaction of its own: so both sides are seen whichever
comes first, and locks are taken in the one order, inner roots before outer ones, then totals.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection as database
from django.db import transaction

from chargedesk.base import scoping
from chargedesk.ledger.locking import link_parent, locked_roots, unlink_parent
from chargedesk.ledger.models import Charge, MoneyRoot
from chargedesk.ledger.rollups import refresh_inside, set_shadows
from chargedesk.tenants.models import ConnectionState

log = structlog.get_logger()

# So many charges are looked at in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an inner root hangs on, and what it should hang on."""

    inner_id: UUID
    is_of: UUID | None
    should_be_of: UUID | None

    @property
    def roots(self) -> set[UUID]:
        """Every root concerned."""
        return {each for each in (self.inner_id, self.is_of, self.should_be_of) if each}

    @property
    def is_right(self) -> bool:
        """Whether nothing is to be done."""
        return self.is_of == self.should_be_of


def settle_after_commit(charge_ids: Iterable[str]) -> None:
    """Have the purchases of these charges settled as soon as they are stored for good."""
    tenant_id, wanted = scoping.current_tenant(), [UUID(each) for each in charge_ids]
    # The news is stored whatever happens here; what is missed the sweep finds.
    transaction.on_commit(lambda: settle_purchases(tenant_id, wanted), robust=True)


def settle_purchases(tenant_id: UUID, charge_ids: Collection[UUID]) -> int:
    """Link and unlink what these charges tell; returns how many links changed. Outside any scope.

    Any of the records of a purchase will do, and doing it again changes nothing.
    """
    wanted, moved = list(charge_ids), 0
    for start in range(0, len(wanted), BATCH):
        with scoping.tenant(tenant_id):
            moved += _settle(wanted[start : start + BATCH])
    return moved


def unsettled_charges(*, since: datetime | None = None) -> list[UUID]:
    """Charges whose purchase may not be settled: outer ones stored since then, or ever.

    And those of links to a connection that was removed. Inside the tenant's scope.
    """
    with database.cursor() as cursor:
        cursor.execute(_UNSETTLED, {"since": since, "removed": ConnectionState.REMOVED.value})
        return [row[0] for row in cursor.fetchall()]


def _settle(charge_ids: list[UUID]) -> int:
    verdicts = _verdicts(charge_ids)
    if not verdicts:
        return 0
    locked = locked_roots(
        inner={each.inner_id for each in verdicts},
        outer={root for each in verdicts for root in each.roots - {each.inner_id}},
    )
    # What is locked stays as it is; what turned up meanwhile is left to whoever stored it.
    verdicts = [each for each in _verdicts(charge_ids) if each.roots <= locked]
    wrong = [each for each in verdicts if not each.is_right]
    moved = sum(_move(each) for each in wrong)
    refresh_inside(locked - {each.inner_id for each in verdicts})
    return moved


def _verdicts(charge_ids: list[UUID]) -> list[Verdict]:
    values: dict[str, Any] = {"charges": charge_ids, "removed": ConnectionState.REMOVED.value}
    with database.cursor() as cursor:
        cursor.execute(_VERDICTS, values)
        return [Verdict(*row) for row in cursor.fetchall()]


def _move(verdict: Verdict) -> bool:
    if verdict.is_of is not None:
        _unlink(verdict.inner_id, verdict.is_of)
    if verdict.should_be_of is not None and not link_parent(verdict.inner_id, verdict.should_be_of):
        log.info("purchase.link_waits", inner=str(verdict.inner_id))
        return verdict.is_of is not None
    log.info("purchase.settled", inner=str(verdict.inner_id), outer=str(verdict.should_be_of or ""))
    return True


def _unlink(inner_id: UUID, outer_id: UUID) -> None:
    """Each counts for itself again, unless one's connection was removed: then the other counts."""
    unlink_parent(inner_id)
    roots = (
        MoneyRoot.objects.select_related("connection").defer("raw").in_bulk([inner_id, outer_id])
    )
    removed = {
        key for key, root in roots.items() if root.connection.state == ConnectionState.REMOVED
    }
    if inner_id in removed:
        set_shadows(Charge.objects.filter(root_id=inner_id), is_shadow=True)
    elif outer_id in removed:
        rows = Charge.objects.filter(root_id=outer_id, paid_through__in=_names(inner_id))
        set_shadows(rows, is_shadow=True)


def _names(inner_id: UUID) -> list[str]:
    rows = Charge.objects.filter(root_id=inner_id).values_list(
        "connection__provider", "external_id", "root__external_id"
    )
    return [f"{provider}:{each}" for provider, *both in rows for each in both]


_VERDICTS = """
WITH asked AS MATERIALIZED (
    SELECT c.root_id, c.external_id, c.paid_through, n.provider, r.external_id AS payment_id
    FROM ledger_charge c JOIN tenants_connection n ON n.id = c.connection_id
    JOIN ledger_moneyroot r ON r.id = c.root_id
    WHERE c.id = ANY(%(charges)s::uuid[])
), names AS (
    SELECT paid_through AS name FROM asked WHERE paid_through > ''
    UNION SELECT provider || ':' || external_id FROM asked
    UNION SELECT provider || ':' || payment_id FROM asked
), places AS MATERIALIZED (
    SELECT n.id AS connection_id, substr(name, strpos(name, ':') + 1) AS external_id
    FROM names JOIN tenants_connection n ON n.provider = split_part(name, ':', 1)
), inner_roots AS (
    SELECT i.root_id AS id FROM places p JOIN ledger_charge i
        ON i.external_id = p.external_id AND i.connection_id = p.connection_id
    UNION SELECT r.id FROM places p JOIN ledger_moneyroot r
        ON r.external_id = p.external_id AND r.connection_id = p.connection_id
    UNION SELECT root_id FROM asked
    UNION SELECT r.id FROM asked JOIN ledger_moneyroot r ON r.parent_id = asked.root_id
), told AS MATERIALIZED (
    -- What is only held must be captured or given back where it is, so it stays by itself.
    SELECT r.id AS root_id, i.currency, i.amount_minor, i.connection_id,
        n.provider || ':' || i.external_id AS name, n.provider || ':' || r.external_id AS payment
    FROM inner_roots x JOIN ledger_moneyroot r ON r.id = x.id
    JOIN ledger_charge i ON i.root_id = r.id JOIN tenants_connection n ON n.id = i.connection_id
    WHERE i.paid_through = '' AND NOT i.is_deleted AND n.state <> %(removed)s
        AND (i.status <> 'authorized' OR r.parent_id IS NOT NULL)
), pairs AS (
    SELECT DISTINCT t.root_id AS inner_id, o.root_id AS outer_id, o.paid_through AS name
    FROM told t JOIN ledger_charge o ON o.paid_through IN (t.name, t.payment)
        AND o.paid_through > '' AND o.currency = t.currency AND o.amount_minor = t.amount_minor
        AND o.connection_id <> t.connection_id AND NOT o.is_deleted
    JOIN tenants_connection m ON m.id = o.connection_id AND m.state <> %(removed)s
), sure AS (
    SELECT inner_id, (array_agg(outer_id))[1] AS outer_id FROM pairs
    WHERE name NOT IN (
        SELECT name FROM pairs GROUP BY name HAVING count(DISTINCT inner_id) > 1)
    GROUP BY inner_id HAVING count(DISTINCT outer_id) = 1
)
SELECT r.id, r.parent_id, s.outer_id
FROM inner_roots x JOIN ledger_moneyroot r ON r.id = x.id LEFT JOIN sure s ON s.inner_id = r.id
WHERE r.parent_id IS NOT NULL OR s.outer_id IS NOT NULL
ORDER BY r.id
"""

_UNSETTLED = """
SELECT c.id FROM ledger_charge c
WHERE c.paid_through > '' AND (%(since)s::timestamptz IS NULL OR c.recorded_at >= %(since)s)
UNION
SELECT c.id FROM ledger_moneyroot r
JOIN ledger_moneyroot p ON p.id = r.parent_id
JOIN tenants_connection n ON n.id IN (r.connection_id, p.connection_id) AND n.state = %(removed)s
JOIN ledger_charge c ON c.root_id = r.id
WHERE r.parent_id IS NOT NULL
"""
