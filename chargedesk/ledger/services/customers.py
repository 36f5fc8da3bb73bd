"""The doors for gateway customers, each born to a person, and their payment methods."""

from collections.abc import Sequence
from typing import Any

from django.db import connection as database

from chargedesk.ledger.models import GatewayCustomer, ObjectName, PaymentMethod
from chargedesk.ledger.persons import PLACED, person_ids
from chargedesk.ledger.services.documents import Row, RowIds
from chargedesk.ledger.services.mirror import Mirror
from chargedesk.ledger.services.prepare import Mentioned
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import CustomerSnapshot, ObjectKind, PaymentMethodSnapshot


def record_customers(connection: Connection, snapshots: Sequence[CustomerSnapshot]) -> Recorded:
    """Store a batch of gateway customers with their identifiers.

    One statement; one more where somebody leaves a person behind, or loses an identifier.

    A new one, or one of which only a stub was known, is born to the person with its e-mail address
    (or to one of its own). After that only people move it.
    """
    recorded, answers = _CUSTOMERS.record(connection, snapshots)
    left_behind, unnamed = answers or (None, None)
    with database.cursor() as cursor:
        if left_behind:
            stubs, persons = zip(*left_behind, strict=True)
            cursor.execute(_LEAVE_BEHIND, {"stubs": list(stubs), "persons": list(persons)})
        if unnamed:
            cursor.execute(_FORGET, {"identifiers": unnamed})
    return recorded


def record_payment_methods(
    connection: Connection, snapshots: Sequence[PaymentMethodSnapshot]
) -> Recorded:
    """Store a batch of payment methods; two statements."""
    mentioned = Mentioned(connection, RowIds(connection.id))
    for snapshot in snapshots:
        mentioned.customer(snapshot.customer_id, born=snapshot.created_at)
    return _PAYMENT_METHODS.record(connection, snapshots, mentioned=mentioned)[0]


def _persons(row: Row, _snapshot: Any, _ids: RowIds) -> None:
    row["own_person"], row["email_person"] = person_ids(row["id"], row["email"])


def _owner(row: Row, snapshot: Any, ids: RowIds) -> None:
    row["gateway_customer_id"] = ids.of(ObjectKind.CUSTOMER, snapshot.customer_id)


# Only who is new, or was a stub until now, is placed; all others stay where they are.
_PLACES = f""", newcomers AS MATERIALIZED (
    SELECT d.id, d.own_person, d.email_person FROM d LEFT JOIN old t ON t.id = d.id
    WHERE t.id IS NULL OR t.is_stub AND t.customer_id = d.own_person
        AND NOT EXISTS (SELECT FROM ledger_customer m WHERE m.merged_into_id = d.own_person)
), {PLACED}, news AS MATERIALIZED (
    SELECT d.*, coalesce(p.home_id, t.home_id) AS home, coalesce(p.person_id, t.customer_id) AS
        person
    FROM d LEFT JOIN placed p ON p.id = d.id LEFT JOIN old t ON t.id = d.id
)"""

_PEOPLE = """, people AS (
    INSERT INTO ledger_customer AS c (id, tenant_id, name, email, created_at)
    SELECT DISTINCT ON (w.home_id) w.home_id, %(tenant)s, w.name, left(lower(btrim(w.email)), 254),
        %(now)s
    FROM written w WHERE w.is_changed ORDER BY w.home_id, w.name DESC
    ON CONFLICT (id) DO UPDATE SET name = coalesce(nullif(c.name, ''), excluded.name),
        email = coalesce(nullif(c.email, ''), excluded.email)
    WHERE c.name = '' AND excluded.name <> '' OR c.email = '' AND excluded.email <> ''
    RETURNING c.id, (c.xmax = 0) AS is_new
), called AS MATERIALIZED (
    SELECT md5(w.id || k.kind)::uuid AS id, w.id AS gateway_customer_id, w.customer_id, k.kind,
        k.value, w.is_new
    FROM written w, LATERAL (VALUES ('email', lower(btrim(w.email))), ('name',
    lower(btrim(w.name))), ('username',
    lower(btrim(w.username))),
        ('phone', regexp_replace(w.phone, '[^0-9]', '', 'g'))) AS k(kind, value)
    WHERE w.is_changed
), named AS (
    INSERT INTO ledger_identifier AS i (id, tenant_id, customer_id, gateway_customer_id, kind,
        value, source,
        is_verified, created_at)
    SELECT id, %(tenant)s, customer_id, gateway_customer_id, kind, value, 'gateway', false, %(now)s
    FROM called WHERE value <> '' ORDER BY id
    ON CONFLICT (id) DO UPDATE SET value = excluded.value, customer_id = excluded.customer_id
    WHERE (i.value, i.customer_id) IS DISTINCT FROM (excluded.value, excluded.customer_id)
)"""

# Rare; within the statement above, each would cost a fifth of it even where nothing is to do.
_LEFT_BEHIND = """(SELECT array_agg(ARRAY[o.customer_id::text, w.customer_id::text])
    FROM written w JOIN old o ON o.id = w.id WHERE o.is_stub AND w.customer_id <> o.customer_id)"""
_UNNAMED = """(SELECT array_agg(i.id::text) FROM called c JOIN ledger_identifier i ON i.id = c.id
    WHERE c.value = '' AND NOT c.is_new)"""
_LEAVE_BEHIND = """
UPDATE ledger_customer c SET merged_into_id = l.person
FROM unnest(%(stubs)s::uuid[], %(persons)s::uuid[]) AS l(stub, person) WHERE c.id = l.stub
"""
_FORGET = "DELETE FROM ledger_identifier WHERE id = ANY (%(identifiers)s::uuid[])"

_CUSTOMERS = Mirror(
    model=GatewayCustomer,
    kind=ObjectKind.CUSTOMER,
    change=ObjectName.GATEWAY_CUSTOMER,
    links=_persons,
    # Only a customer read by its id tells them; news and lists do not.
    kept=frozenset({"tax_ids"}),
    computed={"home_id": "d.home", "customer_id": "d.person", "is_stub": "false"},
    extra={"own_person": "uuid", "email_person": "uuid"},
    updates={
        # Where it was placed at the same time, or moved by hand meanwhile, it stays.
        "home_id": "CASE WHEN t.is_stub THEN excluded.home_id ELSE t.home_id END",
        "customer_id": "CASE WHEN t.is_stub THEN excluded.customer_id ELSE t.customer_id END",
    },
    before=_PLACES,
    source="news",
    returning=("home_id", "customer_id", "name", "email", "phone", "username"),
    after=_PEOPLE,
    also_changed=" UNION ALL SELECT 'customer', id, is_new FROM people",
    answers=f", {_LEFT_BEHIND}, {_UNNAMED}",
)

_PAYMENT_METHODS = Mirror(
    model=PaymentMethod,
    kind=ObjectKind.PAYMENT_METHOD,
    change=ObjectName.PAYMENT_METHOD,
    linked=("gateway_customer_id",),
    links=_owner,
)
