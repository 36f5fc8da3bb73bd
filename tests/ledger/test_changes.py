"""The change feed: the order of commits, and nobody is skipped."""

import threading

import pytest
from django.db import connections

from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.changes import CursorError, changes_after, record_changes
from chargedesk.ledger.models import ObjectName
from chargedesk.tenants.models import Tenant
from tests.ledger.conftest import make_tenant


def write(tenant: Tenant, name: ObjectName) -> None:
    with scoping.tenant(tenant.id):
        record_changes(name, [ids.new_id()], is_new=True)


def read(tenant: Tenant, cursor: str = "", limit: int = 100) -> tuple[list[str], str]:
    with scoping.tenant(tenant.id):
        page = changes_after(cursor, limit)
    return [change.object for change in page.changes], page.cursor


def test_a_slow_transaction_is_never_skipped(committed_db: None) -> None:
    tenant = make_tenant()
    has_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with scoping.tenant(tenant.id):
            record_changes(ObjectName.REFUND, [ids.new_id()])
            has_written.set()
            may_commit.wait(20)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert has_written.wait(20)
    write(tenant, ObjectName.CHARGE)
    seen, cursor = read(tenant)
    # The charge has the higher number and is committed; shown now, the refund would be lost.
    assert seen == []

    may_commit.set()
    thread.join()
    later, _cursor = read(tenant, cursor)
    assert later == ["refund", "charge"]


def test_a_reader_goes_on_where_it_stopped(committed_db: None) -> None:
    tenant = make_tenant()
    names = [ObjectName.CHARGE, ObjectName.REFUND, ObjectName.CUSTOMER]
    for name in names:
        write(tenant, name)
    seen, cursor = [], ""

    for _ in range(4):
        page, cursor = read(tenant, cursor, limit=1)
        seen += page

    assert seen == [name.value for name in names]
    assert read(make_tenant()) == ([], "")


@pytest.mark.parametrize(
    "cursor", ["x", "é", "MTIz", "LTEuLTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x"]
)
def test_what_is_no_cursor_is_refused(tenant: Tenant, cursor: str) -> None:
    with pytest.raises(CursorError):
        changes_after(cursor)


def test_nothing_to_tell_needs_no_statement() -> None:
    record_changes(ObjectName.CHARGE, [])
