"""A tenant with one gateway connection, inside its scope."""

from collections.abc import Iterator

import pytest

from chargedesk.base import scoping
from chargedesk.tenants.models import Connection, ConnectionKind, Tenant
from tests.services.accounts import new_tenant


def make_tenant() -> Tenant:
    """A tenant nobody else uses."""
    return new_tenant()


def make_connection(tenant: Tenant, *, account_id: str = "acct_1") -> Connection:
    """A gateway connection; call it inside the tenant's scope."""
    return Connection.objects.create(
        tenant=tenant,
        kind=ConnectionKind.GATEWAY,
        provider="stripe",
        label=f"Shop {account_id}",
        account_id=account_id,
        credentials=b"sealed",
    )


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A tenant whose scope is entered; everything is rolled back."""
    made = make_tenant()
    with scoping.tenant(made.id):
        yield made


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    """A gateway connection of the tenant."""
    return make_connection(tenant)
