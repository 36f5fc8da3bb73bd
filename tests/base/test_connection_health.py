"""A database connection is checked after a pause, and left alone in a burst."""

import time

import psycopg2
import pytest
from django.db import close_old_connections, connection, connections

from chargedesk.base.postgresql import base

pytestmark = pytest.mark.usefixtures("committed_db")


def _pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _end(pid: int) -> None:
    """As a restarted server does."""
    settings = connection.get_connection_params()
    other = psycopg2.connect(
        **{name: settings[name] for name in ("dbname", "user", "password", "host", "port")}
    )
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()


def test_a_connection_that_died_in_a_pause_is_replaced_unnoticed() -> None:
    pid = _pid()
    close_old_connections()
    _end(pid)
    time.sleep(base.TRUSTED_S + 0.1)
    close_old_connections()
    assert _pid() != pid


def test_in_a_burst_the_server_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    # A burst on a machine of any speed.
    monkeypatch.setattr(base, "TRUSTED_S", 60.0)
    pid = _pid()
    close_old_connections()
    for _ in range(3):
        close_old_connections()
        assert vars(connections["default"])["health_check_done"]
        assert _pid() == pid


def test_after_an_error_it_is_checked_at_once() -> None:
    pid = _pid()
    _end(pid)
    with pytest.raises(Exception, match=r"terminat|closed"):
        _pid()
    close_old_connections()
    assert _pid() != pid
