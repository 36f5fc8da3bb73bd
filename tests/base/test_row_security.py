"""Tenants are kept apart by the database itself: every table, with raw SQL as `app`."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from django.db import connection as database
from django.db import transaction
from django.db.utils import DatabaseError

from chargedesk.base import scoping
from chargedesk.base.row_security import TABLES_WITHOUT_POLICY
from chargedesk.kit import ids
from chargedesk.tenants.models import Tenant


def tables() -> list[str]:
    """Every table in our schema."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def guarded() -> list[str]:
    """Every table that must have a policy."""
    return [table for table in tables() if table not in TABLES_WITHOUT_POLICY]


@pytest.fixture
def two(db: None) -> Iterator[tuple[UUID, UUID]]:
    """Two tenants; the first has a row in every guarded table."""
    owner, stranger = (Tenant.objects.create(slug=f"t-{ids.new_id()}", name="Shop") for _ in "12")
    with transaction.atomic():
        # Rows of nonsense in every table: links are checked at the commit, which never comes.
        with scoping.tenant(owner.id), database.cursor() as cursor:
            for table in guarded():
                cursor.execute(*_any_row(table, owner.id))
        yield owner.id, stranger.id
        transaction.set_rollback(True)


def test_the_tests_connect_as_a_role_that_row_security_binds(db: None) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_every_table_is_guarded_or_listed(db: None) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        unguarded = {row[0] for row in cursor.fetchall()}
    assert unguarded == set(TABLES_WITHOUT_POLICY) & set(tables())


def test_no_tenant_sees_or_changes_another_ones_rows(two: tuple[UUID, UUID]) -> None:
    owner, stranger = two
    for table in guarded():
        assert _count(table, owner) >= 1, table
        assert _count(table, stranger) == 0, table
        for statement in (
            f"UPDATE {table} SET tenant_id = tenant_id",
            f"DELETE FROM {table}",
        ):
            assert _touched(statement, stranger) in {0, None}, statement


def test_without_a_tenant_nothing_is_there(two: tuple[UUID, UUID]) -> None:
    for table in guarded():
        with database.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant', '', true)")
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table


def test_nobody_writes_rows_for_another_tenant(two: tuple[UUID, UUID]) -> None:
    owner, stranger = two
    for table in guarded():
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
            scoping.tenant(stranger),
            database.cursor() as cursor,
        ):
            cursor.execute(*_any_row(table, owner))


def test_nobody_gives_rows_to_another_tenant(two: tuple[UUID, UUID]) -> None:
    owner, stranger = two
    for table in guarded():
        if table == "audit_auditevent":
            continue  # Its trigger refuses every change, before row security is asked.
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
            scoping.tenant(owner),
            database.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE {table} SET tenant_id = %s", [stranger])


def _count(table: str, tenant_id: UUID) -> int:
    with scoping.tenant(tenant_id), database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        (found,) = cursor.fetchall()[0]
    return int(found)


def _touched(statement: str, tenant_id: UUID) -> int | None:
    """How many rows it changed; None where it was refused altogether."""
    try:
        with transaction.atomic(), scoping.tenant(tenant_id), database.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.rowcount)
    except DatabaseError:
        return None


def _any_row(table: str, tenant_id: UUID) -> tuple[str, list[str]]:
    """An INSERT that fills every column that needs a value with something of its type."""
    with database.cursor() as cursor:
        cursor.execute(
            """SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a
            WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
                AND a.attname <> 'tenant_id'""",
            [table],
        )
        columns = cursor.fetchall()
    names = ", ".join(["tenant_id", *(f'"{name}"' for name, _kind in columns)])
    values = ", ".join(["%s", *("%s::" + kind for _name, kind in columns)])
    return (
        f"INSERT INTO {table} ({names}) VALUES ({values})",
        [str(tenant_id), *(_ANYTHING[kind]() for _name, kind in columns)],
    )


_ANYTHING: dict[str, Callable[[], str]] = {
    "uuid": lambda: str(ids.new_id()),
    "character varying": lambda: "x",
    "character varying[]": lambda: "{}",
    "text": lambda: "x",
    "boolean": lambda: "false",
    "bytea": lambda: "",
    "jsonb": lambda: "{}",
    "bigint": lambda: "1",
    "integer": lambda: "1",
    "smallint": lambda: "1",
    "date": lambda: "2026-01-01",
    "inet": lambda: "192.0.2.1",
    "timestamp with time zone": lambda: "2026-01-01T00:00:00Z",
}
