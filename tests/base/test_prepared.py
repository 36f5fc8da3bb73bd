"""Prepared statements: planned once per connection, not at all behind a pooler, never a leak."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chargedesk.base.prepared import Prepared

SUM = Prepared("SELECT %(a)s + %(b)s, '50%%'", {"b": "int", "a": "int"})


def _sum(a: int, b: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        SUM.execute(cursor, {"a": a, "b": b})
        row: tuple[int, str] = cursor.fetchone()
    return row


def _prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%50\\%%'")
        count: int = cursor.fetchone()[0]
    return count


@pytest.fixture
def _new_connection(committed_db: None) -> None:
    connection.close()


@pytest.mark.usefixtures("_new_connection")
def test_it_is_planned_once_and_counts_as_one_statement() -> None:
    with CaptureQueriesContext(connection) as statements:
        assert _sum(1, 2) == (3, "50%")
        assert _sum(3, 4) == (7, "50%")

    assert len(statements) == 2
    assert _prepared() == 1


@pytest.mark.usefixtures("_new_connection")
def test_a_rollback_and_a_new_connection_do_not_disturb_it() -> None:
    with transaction.atomic():
        assert _sum(1, 2)[0] == 3
        transaction.set_rollback(True)
    assert _sum(1, 3)[0] == 4
    connection.close()

    assert _sum(1, 4)[0] == 5


@pytest.mark.usefixtures("_new_connection")
def test_behind_a_transaction_pooler_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", 1)

    assert _sum(1, 2) == (3, "50%")
    assert _prepared() == 0


@pytest.mark.usefixtures("_new_connection")
def test_what_is_planned_once_is_never_planned_for_its_values() -> None:
    once = Prepared("SELECT %(a)s + 1, '50%%'", {"a": "int"})
    for a in range(3):
        with connection.cursor() as cursor:
            once.execute(cursor, {"a": a})
            assert cursor.fetchone() == (a + 1, "50%")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans, current_setting('plan_cache_mode')"
            " FROM pg_prepared_statements WHERE statement LIKE '%50\\%%'"
        )
        assert cursor.fetchone() == (3, 0, "force_generic_plan")
