"""Makes the role `app` and its rights: it may read and write rows, and nothing else."""

import contextlib
from urllib.parse import unquote, urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password

from chargedesk.runtime.errors import RuntimeSetupError

TABLE_RIGHTS = sql.SQL("SELECT, INSERT, UPDATE, DELETE")


def prepare_database(*, owner_url: str, app_url: str) -> str:
    """Create the role of `app_url` if missing and grant it what web and workers need.

    Safe to repeat: rights that a migration took from a table are not given back. Works on a
    managed server where `owner_url` is no superuser. Returns the role's name; raises
    `RuntimeSetupError` for a server or role that would not keep the promises made to tenants.
    """
    address = urlsplit(app_url)
    role, password = unquote(address.username or ""), unquote(address.password or "")
    if not role:
        raise RuntimeSetupError("DATABASE_URL names no user")
    with (
        contextlib.closing(psycopg2.connect(owner_url, connect_timeout=5)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        refuse_unsafe_server(cursor)
        _create_role(cursor, role)
        _refuse_powerful_role(cursor, role)
        if not _can_sign_in(app_url):
            _set_password(connection, cursor, role, password)
        _grant(cursor, sql.Identifier(role), role)
    return role


def refuse_unsafe_server(cursor: Cursor) -> None:
    """Raise `RuntimeSetupError` if a power cut could undo acknowledged money orders (M2)."""
    cursor.execute("SHOW fsync")
    row = cursor.fetchone()
    if row is None or row[0] != "on":
        raise RuntimeSetupError(
            "This PostgreSQL runs with fsync=off: after a power cut it may forget refunds that "
            "were already sent. Turn fsync on and start again."
        )


def refuse_powerful_session(cursor: Cursor) -> None:
    """Raise `RuntimeSetupError` if row security would not bind the signed-in role."""
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)"
    )
    row = cursor.fetchone()
    if row is not None:
        raise RuntimeSetupError(
            f"The role {row[0]} of DATABASE_URL passes row security. Use a plain role there; "
            "manage.py prepare_database makes one."
        )


def _create_role(cursor: Cursor, role: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def _refuse_powerful_role(cursor: Cursor, role: str) -> None:
    cursor.execute(
        """
        SELECT every.rolname FROM pg_roles me, pg_roles every
        WHERE me.rolname = %s AND (
            (pg_has_role(me.oid, every.oid, 'MEMBER') AND (every.rolsuper OR every.rolbypassrls))
            OR (every.rolname = current_user AND pg_has_role(me.oid, every.oid, 'MEMBER'))
        )
        """,
        [role],
    )
    row = cursor.fetchone()
    if row is not None:
        raise RuntimeSetupError(
            f"The role {role} of DATABASE_URL has the powers of {row[0]}, so row security would "
            "not bind it. Use a plain role there, another one than in OWNER_DATABASE_URL."
        )


def _can_sign_in(app_url: str) -> bool:
    try:
        psycopg2.connect(app_url, connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _set_password(connection: Connection, cursor: Cursor, role: str, password: str) -> None:
    # Hashed here, so that no server log ever shows it.
    hashed = encrypt_password(password, role, scope=connection, algorithm="scram-sha-256")
    cursor.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed))
    )


def _grant(cursor: Cursor, role: sql.Identifier, role_name: str) -> None:
    cursor.execute("SELECT current_database()")
    database = sql.Identifier(cursor.fetchall()[0][0])
    for statement in (
        # Temporary tables carry bulk loads, because COPY into a table with row security is refused.
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {role}",
        # No TRUNCATE: it would pass row security and the triggers that keep the audit log whole.
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ):
        cursor.execute(sql.SQL(statement).format(database=database, role=role, rights=TABLE_RIGHTS))
    _grant_forgotten_tables(cursor, role, role_name)


def _grant_forgotten_tables(cursor: Cursor, role: sql.Identifier, role_name: str) -> None:
    # Tables made before this command first ran. One that the role can read already keeps the
    # rights its migration left it.
    cursor.execute(
        """
        SELECT relname, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')
          AND pg_has_role(current_user, relowner, 'USAGE')
          AND NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(%(role)s, oid, 'SELECT')
                               ELSE has_table_privilege(%(role)s, oid, 'SELECT') END
        """,
        {"role": role_name},
    )
    for name, kind in cursor.fetchall():
        rights = (
            sql.SQL("USAGE, SELECT ON SEQUENCE") if kind == "S" else TABLE_RIGHTS + sql.SQL(" ON")
        )
        cursor.execute(
            sql.SQL("GRANT {} {} TO {}").format(rights, sql.Identifier("public", name), role)
        )
