"""The company with many customers: made once in SQL by the owner, kept for the next run.

Ids are made of names, so nothing needs to be read to write a link. Customers 1 to `HEAVY` have
`HEAVY_CHARGES` charges each, the next `TYPICAL` have `TYPICAL_CHARGES`; both have five
subscriptions and about ten invoices. All others share the remaining charges.
"""

import hashlib
import json
import random
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from bench.data_set_sql import TABLES
from bench.ground import Ground, say

HEAVY, HEAVY_CHARGES = 3, 10_000
TYPICAL, TYPICAL_CHARGES = 20, 20
# Bytes of a provider's payload of about 3 KB after zlib.
_RAW_BYTES = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much there is."""

    customers: int
    charges: int


FULL = Scale(customers=100_000, charges=1_000_000)
QUICK = Scale(customers=2_000, charges=40_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The tenant, its connections, and the agent who looks."""

    tenant: UUID
    gateway: UUID
    helpdesk: UUID
    member: UUID


def e_mail(number: int) -> str:
    """The address of a customer."""
    return f"customer{number}@shop{number % 1000}.example"


def kept_company(ground: Ground, scale: Scale) -> Company:
    """The company of this scale, made now if no earlier run made it with the same tables."""
    record = ground.folder / f"data-set-{scale.charges}.json"
    fingerprint = _fingerprint()
    if record.exists():
        known = json.loads(record.read_text())
        if known.pop("fingerprint") == fingerprint:
            return Company(**{name: UUID(text) for name, text in known.items()})
    company = _made(ground, scale)
    plain = {name: str(value) for name, value in asdict(company).items()}
    record.write_text(json.dumps({**plain, "fingerprint": fingerprint}))
    return company


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in (Path(__file__), Path(__file__).with_name("data_set_sql.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _made(ground: Ground, scale: Scale) -> Company:
    from bench.company import new_company  # noqa: PLC0415  Django has to be ready

    say(f"making {scale.customers:,} customers and {scale.charges:,} charges (once)")
    company, started = new_company(), time.monotonic()
    with closing(psycopg2.connect(ground.services.owner_database_url)) as connection:
        with connection, connection.cursor() as cursor:
            _fill(cursor, company, scale)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    say(f"made in {time.monotonic() - started:.0f} s")
    return company


def _fill(cursor: Cursor, company: Company, scale: Scale) -> None:
    # The owner is bound by row security as well.
    cursor.execute("SELECT set_config('app.tenant', %s, true)", [str(company.tenant)])
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cursor.execute("SET LOCAL work_mem = '256MB'")
    indexes = _indexes_taken_down(cursor, list(TABLES))
    values = {
        "tenant": str(company.tenant),
        "connection": str(company.gateway),
        "raw": random.Random(0).randbytes(_RAW_BYTES),  # noqa: S311  nothing is secret
        **asdict(scale),
        "heavy": HEAVY,
        "heavy_charges": HEAVY_CHARGES,
        "typical": TYPICAL,
        "typical_charges": TYPICAL_CHARGES,
        # The members of the two groups that are looked at have more of everything.
        "known": HEAVY + TYPICAL,
        "known_charges": HEAVY * HEAVY_CHARGES + TYPICAL * TYPICAL_CHARGES,
    }
    for table, statement in TABLES.items():
        started = time.monotonic()
        cursor.execute(statement, values)
        say(f"  {table}: {cursor.rowcount:,} rows, {time.monotonic() - started:.0f} s")
    # Checks that still wait would keep the indexes from being built.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for definition in indexes:
        cursor.execute(definition)


def _indexes_taken_down(cursor: Cursor, tables: list[str]) -> list[str]:
    """Drop what can be built faster afterwards; constraints stay."""
    cursor.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
        WHERE i.indrelid::regclass::text = ANY(%s)
            AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
        [tables],
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in found]
