"""Charges for lists and details, each with its root, refunds, disputes and invoice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as database

from chargedesk.ledger.selectors.facts import ChargeFacts, RefundFacts, TwinFacts
from chargedesk.ledger.selectors.reading import charge_from, refund_from, twin_from
from chargedesk.ledger.selectors.rows import CHARGE, PAID_THROUGH, PART_OF, REFUND


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFilter:
    """Which charges; what is empty does not filter. Times are inclusive below, exclusive above.

    What another record tells of is left out, unless its connection or root is asked for.
    """

    customer_id: UUID | None = None
    gateway_customer_id: UUID | None = None
    connection_id: UUID | None = None
    root_id: UUID | None = None
    statuses: Sequence[str] = ()
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePage:
    """Charges, newest first; hand `next_after` back to go on, None at the end."""

    charges: tuple[ChargeFacts, ...]
    next_after: tuple[datetime, UUID] | None


def charges(
    chosen: ChargeFilter,
    *,
    limit: int,
    offset: int = 0,
    after: tuple[datetime, UUID] | None = None,
) -> ChargePage:
    """A page of charges, newest first, by `offset` or `after` the last one. One statement."""
    conditions, values = _conditions(chosen, after)
    rows = _rows(
        f"""SELECT * FROM ledger_charge c WHERE {" AND ".join(conditions)}
        ORDER BY c.occurred_at DESC, c.id LIMIT %(limit)s OFFSET %(offset)s""",
        {**values, "limit": limit + 1, "offset": offset},
    )
    found = [charge_from(row) for row in rows]
    shown = tuple(found[:limit])
    is_more = len(found) > limit and bool(shown)
    return ChargePage(
        charges=shown,
        next_after=(shown[-1].created_at, shown[-1].id) if is_more else None,
    )


def charge_detail(charge_id: UUID) -> ChargeFacts | None:
    """One charge; None for an unknown id. One statement."""
    rows = _rows("SELECT * FROM ledger_charge c WHERE c.id = %(id)s", {"id": charge_id})
    return charge_from(rows[0]) if rows else None


def twins_of(charge_ids: Sequence[UUID]) -> dict[UUID, tuple[TwinFacts | None, TwinFacts | None]]:
    """What each charge is part of, and what it was paid through. One statement, or none."""
    if not charge_ids:
        return {}
    statement = f"""SELECT c.id, {PART_OF}, {PAID_THROUGH} FROM ledger_charge c
        WHERE c.id = ANY(%s::uuid[]) AND (c.is_shadow OR c.paid_through > '')"""
    with database.cursor() as cursor:
        cursor.execute(statement, [list(charge_ids)])
        rows = cursor.fetchall()
    return {
        charge_id: (twin_from(_decoded(outer)), twin_from(_decoded(inner)))
        for charge_id, outer, inner in rows
    }


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def refunds_of(root_id: UUID) -> tuple[RefundFacts, ...]:
    """The refunds of a root and of its inner records, oldest first. One statement."""
    statement = f"""SELECT jsonb_agg(x ORDER BY x.occurred_at)::text FROM ({REFUND} FROM
        ledger_refund f
        WHERE f.root_id = %(root)s OR f.root_id IN (
            SELECT id FROM ledger_moneyroot WHERE parent_id = %(root)s)) x"""
    with database.cursor() as cursor:
        cursor.execute(statement, {"root": root_id})
        (found,) = cursor.fetchall()[0]
    return tuple(map(refund_from, json.loads(found or "[]")))


def _rows(chosen: str, values: dict[str, Any]) -> list[Any]:
    statement = f"""SELECT jsonb_agg(x.charge ORDER BY x.at DESC, x.id)::text
        FROM ({CHARGE} FROM ({chosen}) c) x"""
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        (found,) = cursor.fetchall()[0]
    return list(json.loads(found or "[]"))


def _conditions(
    chosen: ChargeFilter, after: tuple[datetime, UUID] | None
) -> tuple[list[str], dict[str, Any]]:
    options: dict[str, tuple[Any, str]] = {
        "customer": (
            chosen.customer_id,
            """c.gateway_customer_id IN (
                SELECT id FROM ledger_gatewaycustomer WHERE customer_id = %(customer)s)""",
        ),
        "record": (chosen.gateway_customer_id, "c.gateway_customer_id = %(record)s"),
        "connection": (chosen.connection_id, "c.connection_id = %(connection)s"),
        "root": (chosen.root_id, "c.root_id = %(root)s"),
        "statuses": (list(chosen.statuses), "c.status = ANY(%(statuses)s)"),
        "from_time": (chosen.from_time, "c.occurred_at >= %(from_time)s"),
        "to_time": (chosen.to_time, "c.occurred_at < %(to_time)s"),
        "after_time": (
            after and after[0],
            """(c.occurred_at < %(after_time)s
                OR c.occurred_at = %(after_time)s AND c.id > %(after_id)s)""",
        ),
    }
    used = {name: option for name, option in options.items() if option[0]}
    values = {name: value for name, (value, _sql) in used.items()}
    if after:
        values["after_id"] = after[1]
    shown = ["NOT c.is_deleted"]
    if not (chosen.connection_id or chosen.root_id):
        shown.append("NOT c.is_shadow")
    return [*shown, *(sql for _value, sql in used.values())], values
