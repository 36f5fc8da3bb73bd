"""A scope sent together with its first, or only, statement: one round trip less.

For what runs with every webhook, where begin, scope and commit cost more than the statement.
PostgreSQL takes the statements of one message as one transaction.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from chargedesk.base import scoping
from chargedesk.base.prepared import Prepared

Rows = list[tuple[Any, ...]]


def run_for_tenant(tenant_id: UUID, statement: Prepared, values: Mapping[str, Any]) -> Rows:
    """Run and commit it in the tenant's scope; what it returned. As the outermost scope only."""
    if database.in_atomic_block:
        with scoping.tenant(tenant_id, durable=True):
            return _run(statement.call(), values)
    return _sent(scoping.TENANT_SETTING, tenant_id, statement, values)


@contextmanager
def tenant_with(tenant_id: UUID, statement: Prepared, values: Mapping[str, Any]) -> Iterator[Rows]:
    """Open the tenant's scope with its first statement, and yield what that returned.

    As `scoping.tenant(…, durable=True)`: the outermost scope, which commits.
    """
    with transaction.atomic(durable=True), scoping.entered(tenant_id):
        yield _sent(scoping.TENANT_SETTING, tenant_id, statement, values)


def run_for_lookup(key: UUID, statement: Prepared, values: Mapping[str, Any]) -> Rows:
    """Read with it what leads to a tenant, by the look-up `key`."""
    if database.in_atomic_block:
        with scoping.lookup(str(key)):
            return _run(statement.call(), values)
    return _sent(scoping.LOOKUP_SETTING, key, statement, values)


def _sent(setting: str, key: UUID, statement: Prepared, values: Mapping[str, Any]) -> Rows:
    return _run(f"SET LOCAL {setting} = '{key}'; {statement.call()}", values)


def _run(sql: str, values: Mapping[str, Any]) -> Rows:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Rows = cursor.fetchall()
    return rows
