"""Before a batch is stored: whom it speaks of must exist, its money roots must be locked.

One statement. Rows stored here are stubs: so far only an id, or a guest's e-mail, is known. Roots
are locked in the order of their ids, inner ones before outer ones (M10, M17), by the insert
    itself: `ON CONFLICT … WHERE false` locks
and changes nothing. What the next statement reads is therefore what the last holder of the lock
wrote.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database

from chargedesk.base import scoping
from chargedesk.base.prepared import Prepared
from chargedesk.kit import clock
from chargedesk.ledger.persons import PLACED, person_ids
from chargedesk.ledger.services.documents import Row, RowIds, document
from chargedesk.tenants.models import Connection
from gateways.snapshots import (
    ChargeSnapshot,
    DisputeSnapshot,
    ObjectKind,
    RefundSnapshot,
)

ROOT = "root"
GUEST = "guest:"

# Older than any news, so that whatever arrives replaces a stub.
_NEVER = "'epoch'::timestamptz"


@dataclass(slots=True)
class Mentioned:
    """Whom and what a batch speaks of, each once."""

    connection: Connection
    ids: RowIds
    customers: dict[str, Row] = field(default_factory=dict)
    roots: dict[str, Row] = field(default_factory=dict)

    def customer(
        self, external_id: str, *, born: object, charge: ChargeSnapshot | None = None
    ) -> None:
        """Note a gateway customer; a charge may tell more about it."""
        if not external_id or external_id in self.customers:
            return
        row_id = self.ids.of(ObjectKind.CUSTOMER, external_id) or ""
        guest_email = external_id.removeprefix(GUEST) if external_id.startswith(GUEST) else ""
        email = (charge.customer_email if charge else "") or guest_email
        own, by_email = person_ids(row_id, guest_email)
        self.customers[external_id] = {
            "id": row_id,
            "external_id": external_id,
            "own_person": own,
            "email_person": by_email,
            "name": charge.customer_name if charge else "",
            "email": email,
            "phone": charge.customer_phone if charge else "",
            "country": charge.customer_country if charge else "",
            "born": born,
        }

    def charge(self, charge: ChargeSnapshot) -> None:
        """Note the customer and the root of a charge."""
        self.customer(charge.customer_id, born=charge.created_at, charge=charge)
        external_id = charge.payment_id or charge.external_id
        if external_id not in self.roots:
            self.roots[external_id] = {
                "id": self.ids.of(ROOT, external_id),
                "external_id": external_id,
                "currency": charge.currency,
                "born": charge.created_at,
                "customer_id": self.ids.of(ObjectKind.CUSTOMER, charge.customer_id),
                "charge_id": self.ids.of(ObjectKind.CHARGE, charge.external_id),
                "is_named": True,
            }

    def money_back(self, snapshot: RefundSnapshot | DisputeSnapshot) -> None:
        """Note the root: the payment, or what the charge hangs on, or the charge itself."""
        external_id = snapshot.payment_id or snapshot.charge_id or snapshot.external_id
        key = f"{external_id} {snapshot.charge_id}"
        if key not in self.roots:
            self.roots[key] = {
                "id": self.ids.of(ROOT, external_id),
                "external_id": external_id,
                "currency": snapshot.currency,
                "born": snapshot.created_at,
                "customer_id": None,
                "charge_id": self.ids.of(ObjectKind.CHARGE, snapshot.charge_id),
                "is_named": bool(snapshot.payment_id),
            }

    def settle(self) -> None:
        """Store the stubs and take the locks; one statement, or none if there is nothing to do."""
        with database.cursor() as cursor:
            message = self.message(cursor)
            if message:
                cursor.execute(message)

    def message(self, cursor: Any) -> str:
        """The statement that does so, for a message of several; empty if there is nothing to do."""
        if not self.customers and not self.roots:
            return ""
        statement = _WITH_ROOTS if self.roots else _CUSTOMERS_ONLY
        return statement.message(
            cursor,
            {
                "customers": document(self.customers.values()),
                "customer_count": len(self.customers),
                "roots": document(self.roots.values()),
                "root_count": len(self.roots),
                "tenant": scoping.current_tenant(),
                "connection": self.connection.id,
                "now": clock.now(),
            },
        )


# LIMIT tells the planner how few rows there are; it would expect a hundred.
_STUB_CUSTOMERS = f"""
WITH RECURSIVE who AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(customers)s::json) AS d(
        id uuid, external_id text, own_person uuid, email_person uuid, name text, email text,
        phone text, country text, born timestamptz)
    LIMIT %(customer_count)s
), newcomers AS MATERIALIZED (
    SELECT * FROM who WHERE NOT EXISTS (
        SELECT FROM ledger_gatewaycustomer g WHERE g.id = who.id)
), {PLACED}, people AS (
    INSERT INTO ledger_customer (id, tenant_id, name, email, created_at)
    SELECT DISTINCT ON (home_id)
        home_id, %(tenant)s, left(name, 200), left(lower(email), 254), %(now)s
    FROM placed ORDER BY home_id, name DESC
    ON CONFLICT (id) DO NOTHING RETURNING id
), stubs AS (
    INSERT INTO ledger_gatewaycustomer (
        id, tenant_id, connection_id, external_id, as_of, occurred_at, is_deleted, raw,
        recorded_at, customer_id, home_id, is_stub, name, email, phone, username, country,
        language, currency, description, is_delinquent, default_payment_method, address, metadata)
    SELECT
        id, %(tenant)s, %(connection)s, left(external_id, 255), {_NEVER}, born, false, '',
        %(now)s, person_id, home_id, true, left(name, 200), left(email, 254), left(phone, 60), '',
        left(country, 2), '', '', '', false, '', '{{}}', '{{}}'
    FROM placed ORDER BY id
    ON CONFLICT (id) DO NOTHING RETURNING id, customer_id, name, email, phone
), identified AS (
    INSERT INTO ledger_identifier (
        id, tenant_id, customer_id, gateway_customer_id, kind, value, source, is_verified,
        created_at)
    SELECT
        md5(s.id || k.kind)::uuid, %(tenant)s, s.customer_id, s.id, k.kind, k.value, 'gateway',
        false, %(now)s
    FROM stubs s, LATERAL (VALUES
        ('email', lower(btrim(s.email))),
        ('name', lower(btrim(s.name))),
        ('phone', regexp_replace(s.phone, '[^0-9]', '', 'g'))) AS k(kind, value)
    WHERE k.value <> '' ORDER BY 1
    ON CONFLICT (id) DO NOTHING
), fed AS (
    INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
    SELECT %(tenant)s, object, id, true FROM (
        SELECT 'customer' AS object, id FROM people
        UNION ALL
        SELECT 'gateway_customer', id FROM stubs) born
)"""

_TYPES = {
    "customers": "text",
    "customer_count": "int",
    "tenant": "uuid",
    "connection": "uuid",
    "now": "timestamptz",
}
_CUSTOMERS_ONLY = Prepared(f"{_STUB_CUSTOMERS} SELECT count(*) FROM stubs", _TYPES)

_WITH_ROOTS = Prepared(
    f"""{_STUB_CUSTOMERS}, what AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(roots)s::json) AS d(
        id uuid, external_id text, currency text, born timestamptz, customer_id uuid,
        charge_id uuid, is_named boolean)
    LIMIT %(root_count)s
), hung AS MATERIALIZED (
    SELECT what.*, c.root_id AS known_root
    FROM what LEFT JOIN ledger_charge c ON c.id = what.charge_id
), mentioned AS MATERIALIZED (
    SELECT DISTINCT ON (1)
        CASE WHEN is_named THEN id ELSE coalesce(known_root, id) END AS id,
        external_id, currency, born, customer_id
    FROM hung ORDER BY 1, customer_id
), locked AS (
    INSERT INTO ledger_moneyroot AS t (
        id, tenant_id, connection_id, external_id, as_of, occurred_at, is_deleted, raw,
        recorded_at, gateway_customer_id, currency, status, amount_minor, capturable_minor,
        captured_minor, refunds_minor, provider_refunded_minor, held_minor, money_version, metadata)
    SELECT
        id, %(tenant)s, %(connection)s, left(external_id, 255), {_NEVER}, born, false, '',
        %(now)s, customer_id, left(currency, 3), '', 0, 0, 0, 0, 0, 0, 0, '{{}}'
    FROM mentioned ORDER BY id
    ON CONFLICT (id) DO UPDATE SET id = t.id WHERE false RETURNING t.id
), fed_roots AS (
    INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
    SELECT %(tenant)s, 'money_root', id, true FROM locked ORDER BY id
), outer_ids AS (
    SELECT r.parent_id AS id FROM mentioned m JOIN ledger_moneyroot r ON r.id = m.id
    WHERE r.parent_id IS NOT NULL
    UNION
    SELECT known_root FROM hung WHERE known_root <> id
), outers AS (
    SELECT id FROM ledger_moneyroot WHERE id IN (SELECT id FROM outer_ids) ORDER BY id FOR UPDATE
)
SELECT (SELECT count(*) FROM locked), (SELECT count(*) FROM outers)
""",
    {**_TYPES, "roots": "text", "root_count": "int"},
)
