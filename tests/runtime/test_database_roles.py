"""The role `app` reads and writes rows, and nothing else."""

import subprocess
import sys

import psycopg2
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from chargedesk.runtime.database_roles import prepare_database
from chargedesk.runtime.errors import RuntimeSetupError
from tests.services.ground import ROOT, Ground

pytestmark = pytest.mark.django_db


def test_tests_connect_as_app() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("app", False, False, False, False)


def test_app_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'app'"
            " AND relpersistence <> 't'"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    ["TRUNCATE django_session", "CREATE TABLE intruder ()", "DROP TABLE django_session"],
)
def test_app_may_not_change_or_empty_tables(statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_owner_is_bound_by_row_security_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'owner'")
        assert cursor.fetchone() == (False, False)


def test_server_keeps_what_it_acknowledged() -> None:
    """M2: money transactions survive a power cut."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        assert cursor.fetchone() == ("on", "on")


def test_preparing_again_gives_no_right_back(ground: Ground) -> None:
    owner = psycopg2.connect(ground.services.owner_database_url)
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("CREATE TABLE append_only (id int)")
        cursor.execute("REVOKE UPDATE, DELETE ON append_only FROM app")
        prepare_database(
            owner_url=ground.services.owner_database_url, app_url=ground.services.database_url
        )
        cursor.execute("SELECT has_table_privilege('app', 'append_only', 'UPDATE')")
        row = cursor.fetchone()
        cursor.execute("DROP TABLE append_only")
    owner.close()
    assert row == (False,)


def test_owner_is_no_role_for_web(ground: Ground) -> None:
    with pytest.raises(RuntimeSetupError, match="row security"):
        prepare_database(
            owner_url=ground.services.owner_database_url,
            app_url=ground.services.owner_database_url,
        )


def test_no_process_works_as_a_role_that_row_security_does_not_bind(ground: Ground) -> None:
    secrets = ground.services.secrets
    superuser = ground.services.database_url.replace(
        f"app:{secrets.app_password}", f"postgres:{secrets.superuser_password}"
    )

    outcome = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=ROOT,
        env={**ground.environment, "DATABASE_URL": superuser},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode != 0
    assert "passes row security" in outcome.stderr
