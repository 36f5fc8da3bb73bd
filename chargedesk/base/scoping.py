"""Tenant scope: which tenant's rows this code may see, enforced by PostgreSQL's row-level security.

Nothing tenant-owned is read or written outside `with scoping.tenant(id):`; a query without it sees
nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection, transaction

TENANT_SETTING = "app.tenant"
LOOKUP_SETTING = "app.lookup"

_current: ContextVar[UUID | None] = ContextVar("tenant", default=None)


class NoTenantError(RuntimeError):
    """Code that needs a tenant ran outside any scope: a bug."""


def current_tenant() -> UUID:
    """The tenant of the innermost scope; NoTenantError outside any."""
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenantError("Enter a tenant's scope first: with scoping.tenant(id): …")
    return tenant_id


@contextmanager
def tenant(tenant_id: UUID, *, durable: bool = False) -> Iterator[None]:
    """Open a transaction in which only this tenant's rows exist; leaving restores the scope before.

    The outermost scope commits. `durable` insists on being the outermost: for orders that move
    money, which must be committed before anything else happens.
    """
    previous, is_inner = _current.get(), connection.in_atomic_block
    with transaction.atomic(durable=durable):
        _set(TENANT_SETTING, str(tenant_id))
        with entered(tenant_id):
            yield
        # A transaction's end forgets the setting by itself, and so does a savepoint's rollback.
        if is_inner:
            _set(TENANT_SETTING, str(previous or ""))


@contextmanager
def entered(tenant_id: UUID) -> Iterator[None]:
    """Note whose scope it is; for who sets it in the database in a message of its own."""
    token = _current.set(tenant_id)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def lookup(key: str) -> Iterator[None]:
    """Open a transaction in which rows that lead to a tenant are readable by their look-up `key`.

    For the moment before the tenant is known: a connection by its id, an API key by its hash,
    members by user id.
    """
    is_inner = connection.in_atomic_block
    with transaction.atomic():
        _set(LOOKUP_SETTING, key)
        yield
        if is_inner:
            _set(LOOKUP_SETTING, "")


def _set(setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
