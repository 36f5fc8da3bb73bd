"""Who else may be the person on the card, and who was joined with them: parts of its statement.

They stand in the card's statement, which has `person p`, everybody `merged` into it, its records
`g` and what is `known` of it. LIMITs and OFFSET 0 keep every step to look-ups by index.
"""

from datetime import datetime
from uuid import UUID

from chargedesk.ledger.matching.clues import MOST_HITS
from chargedesk.ledger.selectors.facts import AlikeFacts, JoinedFacts
from chargedesk.ledger.selectors.reading import Json

MOST_ALIKE = 10
MOST_JOINED = 10

# Whoever has a gateway's record with an e-mail address that is known of this person.
ALIKE = f"""SELECT c.id, c.name, c.email, (
        SELECT json_agg(DISTINCT n.label) FROM ledger_gatewaycustomer o
        JOIN tenants_connection n ON n.id = o.connection_id WHERE o.customer_id = c.id) AS gateways
    FROM (
        SELECT DISTINCT o.customer_id AS id
        FROM (SELECT DISTINCT value FROM known WHERE kind = 'email') k, LATERAL (
            SELECT i.gateway_customer_id AS id FROM ledger_identifier i
            WHERE i.kind = 'email' AND i.value = k.value AND i.value > ''
                AND i.gateway_customer_id IS NOT NULL LIMIT {MOST_HITS}) i, LATERAL (
            SELECT customer_id FROM ledger_gatewaycustomer WHERE id = i.id OFFSET 0) o
        WHERE o.customer_id <> p.id LIMIT {MOST_ALIKE}) a, LATERAL (
        SELECT * FROM ledger_customer WHERE id = a.id OFFSET 0) c"""

# Each merge below this person that was not undone; the audit log knows whose it was.
JOINED = f"""SELECT m.id, m.loser_id, m.merged_at, m.reason, c.name, c.email, (
        SELECT json_agg(DISTINCT n.label) FROM g
        JOIN tenants_connection n ON n.id = g.connection_id WHERE g.home_id = c.id) AS gateways, (
        SELECT coalesce(nullif(e.actor_label, ''), e.actor_id) FROM audit_auditevent e
        WHERE e.object_kind = 'customer' AND e.object_id = m.winner_id::text
            AND e.verb = 'customer.merged' AND e.details ->> 'merge' = m.id::text LIMIT 1) AS by
    FROM merged, LATERAL (
        SELECT * FROM ledger_customermerge WHERE loser_id = merged.id AND undone_at IS NULL
        ORDER BY merged_at DESC LIMIT 1) m, LATERAL (
        SELECT * FROM ledger_customer WHERE id = m.loser_id OFFSET 0) c
    WHERE merged.id <> p.id LIMIT {MOST_JOINED}"""


def alike_from(row: Json) -> AlikeFacts:
    """One row of `ALIKE`."""
    return AlikeFacts(
        customer_id=UUID(row["id"]),
        name=row["name"],
        email=row["email"],
        gateways=tuple(row["gateways"] or ()),
    )


def joined_from(row: Json) -> JoinedFacts:
    """One row of `JOINED`."""
    return JoinedFacts(
        merge_id=UUID(row["id"]),
        customer_id=UUID(row["loser_id"]),
        name=row["name"],
        email=row["email"],
        gateways=tuple(row["gateways"] or ()),
        at=datetime.fromisoformat(row["merged_at"]),
        by=row["by"] or "",
        reason=row["reason"],
    )
