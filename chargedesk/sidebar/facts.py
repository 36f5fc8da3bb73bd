"""Reads what the card shows: who is meant (one statement), and all that is known (another)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from helpdesk_apps.card import MatchGrade

CHARGES_SHOWN = 5
CANDIDATES_SHOWN = 6

_BY_HINTS = """
WITH found AS (
    SELECT DISTINCT coalesce(c.merged_into_id, c.id) AS id, i.kind <> 'email' AS is_exact
      FROM ledger_identifier i JOIN ledger_customer c ON c.id = i.customer_id
     WHERE (i.kind = 'email' AND i.value = %(email)s AND %(email)s <> '')
        OR (i.kind = 'external_id' AND i.value = %(external_id)s AND %(external_id)s <> '')
        OR (i.kind = 'helpdesk_id' AND i.value = %(helpdesk_id)s AND %(helpdesk_id)s <> '')
)
SELECT id, bool_or(is_exact) FROM found GROUP BY id ORDER BY 2 DESC, 1 LIMIT %(most)s
"""

_FACTS = """
WITH whose AS (
    SELECT g.id, g.connection_id FROM ledger_gatewaycustomer g
     WHERE g.customer_id = %(customer)s AND NOT g.is_deleted
), newest AS (
    SELECT ch.* FROM whose w CROSS JOIN LATERAL (
        SELECT h.* FROM ledger_charge h
         WHERE h.gateway_customer_id = w.id AND h.tenant_id = %(tenant)s
         ORDER BY h.occurred_at DESC LIMIT %(shown)s) ch
     ORDER BY ch.occurred_at DESC LIMIT %(shown)s
)
SELECT
 (SELECT json_build_object('name', c.name, 'email', c.email) FROM ledger_customer c
   WHERE c.id = %(customer)s),
 (SELECT json_agg(DISTINCT w.connection_id) FROM whose w),
 (SELECT json_agg(t) FROM (
    SELECT s.currency, sum(s.paid_minor)::bigint AS paid, sum(s.refunded_minor)::bigint AS refunded,
           sum(s.charges)::bigint AS charges
      FROM ledger_customertotal s WHERE s.gateway_customer_id IN (SELECT id FROM whose)
     GROUP BY s.currency ORDER BY 2 DESC) t),
 (SELECT json_agg(x) FROM (
    SELECT n.id, n.connection_id, n.external_id, n.status, n.amount_minor, n.refunded_minor,
           n.currency, n.description, n.statement_descriptor, n.method_kind, n.method_brand,
           n.method_last4, n.occurred_at, n.failure_message, r.captured_minor, r.refunds_minor,
           r.provider_refunded_minor, r.held_minor, r.capturable_minor,
           (SELECT d.status FROM ledger_dispute d
             WHERE d.root_id = n.root_id AND NOT d.is_deleted
             ORDER BY d.occurred_at DESC LIMIT 1) AS dispute,
           (SELECT d.respond_by FROM ledger_dispute d
             WHERE d.root_id = n.root_id AND NOT d.is_deleted
             ORDER BY d.occurred_at DESC LIMIT 1) AS respond_by,
           (SELECT json_build_object('action', a.action, 'state', a.state, 'who', a.actor_label,
                                     'actor', a.actor_id)
              FROM actions_actionintent a
             WHERE a.tenant_id = %(tenant)s AND a.subject_id = n.root_id
               AND a.state IN ('awaiting_approval', 'ready', 'executing', 'unknown')
             ORDER BY a.created_at DESC LIMIT 1) AS order
      FROM newest n JOIN ledger_moneyroot r ON r.id = n.root_id
     ORDER BY n.occurred_at DESC) x),
 (SELECT json_agg(y) FROM (
    SELECT s.id, s.connection_id, s.external_id, s.status, s.amount_minor, s.currency, s.interval,
           s.interval_count, s.items, s.period_end, s.trial_end, s.cancel_at,
           s.cancels_at_period_end, s.ended_at, s.occurred_at, p.name AS product
      FROM ledger_subscription s LEFT JOIN ledger_product p ON p.id = s.product_id
     WHERE s.gateway_customer_id IN (SELECT id FROM whose) AND s.tenant_id = %(tenant)s
       AND NOT s.is_deleted
     ORDER BY s.status IN ('canceled', 'expired'), s.occurred_at DESC LIMIT 5) y),
 (SELECT json_agg(z) FROM (
    SELECT v.id, v.number, v.status, v.due_minor, v.currency, v.due_at, v.occurred_at, v.hosted_url
      FROM ledger_gatewayinvoice v
     WHERE v.gateway_customer_id IN (SELECT id FROM whose) AND v.tenant_id = %(tenant)s
       AND v.status IN ('open', 'partially_paid', 'uncollectible') AND NOT v.is_deleted
     ORDER BY v.occurred_at DESC LIMIT 3) z)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Who could be meant: the ids found, and how sure we are if it is one."""

    customer_ids: tuple[UUID, ...]
    grade: MatchGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """Everything the card shows of one person, as stored; rows are plain dictionaries."""

    customer_id: UUID
    name: str
    email: str
    connections: frozenset[UUID] = frozenset()
    totals: list[dict[str, Any]] = field(default_factory=list)
    charges: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    invoices: list[dict[str, Any]] = field(default_factory=list)


def matched(
    *, email: str, is_email_verified: bool, external_id: str = "", helpdesk_id: str = ""
) -> Match:
    """Find who the helpdesk's hints mean."""
    hints = {
        "email": email.strip().lower(),
        "external_id": external_id,
        "helpdesk_id": helpdesk_id,
        "most": CANDIDATES_SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_HINTS, hints)
        rows = cursor.fetchall()
    exact = tuple(row[0] for row in rows if row[1])
    if exact:
        return Match(customer_ids=exact, grade=MatchGrade.EXACT)
    grade = MatchGrade.VERIFIED_EMAIL if is_email_verified else MatchGrade.EMAIL
    return Match(customer_ids=tuple(row[0] for row in rows), grade=grade)


def person_facts(tenant_id: UUID, customer_id: UUID) -> PersonFacts | None:
    """Everything known of one person, in one statement; None for an unknown id."""
    values = {"customer": customer_id, "tenant": tenant_id, "shown": CHARGES_SHOWN}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        parts = [json.loads(part) if isinstance(part, str) else part for part in cursor.fetchone()]
    person, connections, totals, charges, subscriptions, invoices = parts
    if person is None:
        return None
    return PersonFacts(
        customer_id=customer_id,
        name=person["name"],
        email=person["email"],
        connections=frozenset(map(UUID, connections or ())),
        totals=totals or [],
        charges=[_timed(row, "occurred_at", "respond_by") for row in charges or ()],
        subscriptions=[
            _timed(row, "occurred_at", "period_end", "trial_end", "cancel_at", "ended_at")
            for row in subscriptions or ()
        ],
        invoices=[_timed(row, "occurred_at", "due_at") for row in invoices or ()],
    )


def _timed(row: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        if row[name]:
            row[name] = datetime.fromisoformat(row[name])
    return row
