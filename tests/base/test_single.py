"""One statement with its scope in one message: a transaction of its own, for one tenant alone."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from chargedesk.base import scoping, single
from chargedesk.base.prepared import Prepared
from chargedesk.kit import ids

SCOPES = Prepared(
    """SELECT coalesce(current_setting('app.tenant', true), ''),
        coalesce(current_setting('app.lookup', true), ''), %(a)s""",
    {"a": "int"},
)
TENANT = ids.new_id()


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("is_behind_a_pooler", [False, True])
def test_the_scope_lasts_for_the_statement(
    monkeypatch: pytest.MonkeyPatch, *, is_behind_a_pooler: bool
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", is_behind_a_pooler)
    with CaptureQueriesContext(connection) as statements:
        assert single.run_for_tenant(TENANT, SCOPES, {"a": 1}) == [(str(TENANT), "", 1)]
        assert single.run_for_lookup(TENANT, SCOPES, {"a": 2}) == [("", str(TENANT), 2)]

    assert len(statements) == 2
    with connection.cursor() as cursor:
        SCOPES.execute(cursor, {"a": 3})
        assert cursor.fetchone() == ("", "", 3)


@pytest.mark.usefixtures("committed_db")
def test_what_fails_leaves_no_scope_behind() -> None:
    divided = Prepared("SELECT 1 / %(a)s", {"a": "int"})
    with pytest.raises(DatabaseError):
        single.run_for_tenant(TENANT, divided, {"a": 0})

    with connection.cursor() as cursor:
        SCOPES.execute(cursor, {"a": 1})
        assert cursor.fetchone() == ("", "", 1)


@pytest.mark.usefixtures("committed_db")
def test_inside_another_scope_it_is_refused() -> None:
    with scoping.tenant(ids.new_id()), pytest.raises(RuntimeError):
        single.run_for_tenant(TENANT, SCOPES, {"a": 1})
