"""What the sidebar shows about one person, in one statement."""

import json
from datetime import datetime
from uuid import UUID

from django.db import connection as database

from chargedesk.base.prepared import Prepared
from chargedesk.kit.money import Money
from chargedesk.ledger.selectors.alike import ALIKE, JOINED, alike_from, joined_from
from chargedesk.ledger.selectors.facts import (
    CardFacts,
    ConnectionFacts,
    GatewayCustomerFacts,
    IdentifierFacts,
    PaymentMethodFacts,
    TotalFacts,
)
from chargedesk.ledger.selectors.reading import (
    Json,
    charge_from,
    invoice_from,
    subscription_from,
    time_or_none,
)
from chargedesk.ledger.selectors.rows import CHARGE, INVOICE

NEWEST_CHARGES = 5


def card_facts(customer_id: UUID, *, charges: int = NEWEST_CHARGES) -> CardFacts | None:
    """Everything about one person, whoever it was merged into; None for an unknown id.

    One statement. The newest charges are found per gateway customer by index, so ten thousand cost
    what ten cost.
    """
    with database.cursor() as cursor:
        _CARD.execute(cursor, {"customer": customer_id, "charges": charges})
        row = cursor.fetchone()
    return _card(json.loads(row[0])) if row else None


_STATEMENT = f"""
WITH RECURSIVE up AS (
    SELECT * FROM ledger_customer WHERE id = %(customer)s
    UNION ALL
    SELECT c.* FROM up JOIN ledger_customer c ON c.id = up.merged_into_id
), person AS MATERIALIZED (
    -- LIMITs tell the planner how few there are; a recursion makes it expect many.
    SELECT * FROM up WHERE merged_into_id IS NULL LIMIT 1
), merged AS (
    SELECT id FROM person
    UNION ALL
    SELECT c.id FROM merged, LATERAL (
        SELECT id FROM ledger_customer WHERE merged_into_id = merged.id OFFSET 0) c
), g AS MATERIALIZED (
    SELECT g.* FROM person p JOIN ledger_gatewaycustomer g ON g.customer_id = p.id
), known AS MATERIALIZED (
    SELECT i.kind, i.value, i.source, i.is_verified
    FROM g JOIN ledger_identifier i ON i.gateway_customer_id = g.id WHERE i.kind <> 'name'
    UNION ALL
    SELECT i.kind, i.value, i.source, i.is_verified
    FROM merged JOIN ledger_identifier i ON i.customer_id = merged.id
    WHERE i.gateway_customer_id IS NULL
), newest AS (
    SELECT x.* FROM g, LATERAL (
        SELECT * FROM ledger_charge c WHERE c.gateway_customer_id = g.id
            -- Told by another record, it shows here only if that one is another person's.
            AND (NOT c.is_shadow OR EXISTS (
                SELECT FROM ledger_moneyroot r JOIN ledger_charge o ON o.root_id = r.parent_id
                LEFT JOIN ledger_gatewaycustomer w ON w.id = o.gateway_customer_id
                WHERE r.id = c.root_id AND w.customer_id IS DISTINCT FROM g.customer_id))
        ORDER BY c.occurred_at DESC LIMIT %(charges)s) x
    ORDER BY x.occurred_at DESC LIMIT %(charges)s
)
SELECT json_build_object('id', p.id, 'name', p.name, 'email', p.email, 'created_at', p.created_at,
    'gateway_customers', (SELECT json_agg(x ORDER BY x.occurred_at) FROM (
        SELECT g.id, g.external_id, g.name, g.email, g.phone, g.country, g.language, g.description,
            g.is_stub,
            g.is_delinquent, g.is_deleted, g.occurred_at, g.metadata, n.id AS connection_id,
                n.provider, n.label,
            n.is_live, n.state, n.state_reason, greatest(n.last_event_at, n.last_read_at) AS
            fresh_at,
            (SELECT json_agg(json_build_object('id', m.id, 'external_id', m.external_id, 'kind',
                m.kind,
                'brand', m.brand, 'last4', m.last4, 'expires', m.expires) ORDER BY m.occurred_at
                DESC)
             FROM ledger_paymentmethod m WHERE m.gateway_customer_id = g.id AND NOT m.is_deleted)
                 AS methods
        FROM g JOIN tenants_connection n ON n.id = g.connection_id) x),
    'identifiers', (SELECT json_agg(DISTINCT jsonb_build_object('kind', i.kind, 'value', i.value,
        'source', i.source, 'is_verified', i.is_verified)) FROM known i),
    'alike', (SELECT json_agg(x ORDER BY x.name, x.id) FROM ({ALIKE}) x),
    'joined', (SELECT json_agg(x ORDER BY x.merged_at DESC) FROM ({JOINED}) x),
    'totals', (SELECT json_agg(x ORDER BY x.charges DESC, x.currency) FROM (
        SELECT t.currency, sum(t.paid_minor) AS paid, sum(t.refunded_minor) AS refunded,
            sum(t.charges) AS charges,
            sum(t.failed_charges) AS failed
        FROM g JOIN ledger_customertotal t ON t.gateway_customer_id = g.id GROUP BY t.currency) x),
    'charges', (SELECT json_agg(x.charge ORDER BY x.at DESC, x.id)
        FROM ({CHARGE} FROM newest c) x),
    'subscriptions', (SELECT json_agg(x) FROM (
        SELECT s.*, o.name AS product_name FROM g, LATERAL (
            SELECT id, external_id, connection_id, status, amount_minor, currency, "interval",
                interval_count, items,
                occurred_at, period_start, period_end, trial_end, cancel_at, cancels_at_period_end,
                canceled_at, ended_at, product_id, discounts, pause
            FROM ledger_subscription s WHERE s.gateway_customer_id = g.id AND NOT s.is_deleted
            ORDER BY s.occurred_at DESC LIMIT 20) s
        LEFT JOIN ledger_product o ON o.id = s.product_id
        ORDER BY s.status IN ('canceled', 'expired'), s.occurred_at DESC LIMIT 20) x),
    'invoices', (SELECT json_agg(x) FROM (
        {INVOICE} FROM g JOIN ledger_gatewayinvoice i ON i.gateway_customer_id = g.id
        WHERE i.status IN ('open', 'partially_paid', 'uncollectible') AND NOT i.is_deleted
        ORDER BY i.due_at NULLS LAST, i.occurred_at LIMIT 20) x)
)::text
FROM person p
"""

_CARD = Prepared(_STATEMENT, {"customer": "uuid", "charges": "int"})


def _card(row: Json) -> CardFacts:
    return CardFacts(
        customer_id=UUID(row["id"]),
        name=row["name"],
        email=row["email"],
        created_at=datetime.fromisoformat(row["created_at"]),
        identifiers=tuple(IdentifierFacts(**i) for i in row["identifiers"] or ()),
        gateway_customers=tuple(_record(record) for record in row["gateway_customers"] or ()),
        totals=tuple(_total(total) for total in row["totals"] or ()),
        charges=tuple(charge_from(charge) for charge in row["charges"] or ()),
        subscriptions=tuple(subscription_from(s) for s in row["subscriptions"] or ()),
        invoices=tuple(invoice_from(invoice) for invoice in row["invoices"] or ()),
        alike=tuple(alike_from(other) for other in row["alike"] or ()),
        joined=tuple(joined_from(other) for other in row["joined"] or ()),
    )


def _record(row: Json) -> GatewayCustomerFacts:
    return GatewayCustomerFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        connection=ConnectionFacts(
            id=UUID(row["connection_id"]),
            provider=row["provider"],
            label=row["label"],
            is_live=row["is_live"],
            state=row["state"],
            state_reason=row["state_reason"],
            fresh_at=time_or_none(row["fresh_at"]),
        ),
        name=row["name"],
        email=row["email"],
        phone=row["phone"],
        country=row["country"],
        language=row["language"],
        description=row["description"],
        is_stub=row["is_stub"],
        is_delinquent=row["is_delinquent"],
        is_deleted=row["is_deleted"],
        created_at=datetime.fromisoformat(row["occurred_at"]),
        metadata=row["metadata"],
        payment_methods=tuple(
            PaymentMethodFacts(**{**method, "id": UUID(method["id"])})
            for method in row["methods"] or ()
        ),
    )


def _total(row: Json) -> TotalFacts:
    return TotalFacts(
        paid=Money.of(row["paid"], row["currency"]),
        refunded=Money.of(row["refunded"], row["currency"]),
        charges=row["charges"],
        failed_charges=row["failed"],
    )
