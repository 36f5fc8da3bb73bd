"""Makes companies, and connects them to accounts at the sandbox, through the product's services."""

import json
import secrets
from dataclasses import dataclass
from uuid import UUID

import requests

from bench.data_set import Company
from bench.ground import Ground
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.tenants.credentials import sealed_values
from chargedesk.tenants.models import Connection, ConnectionKind, Member, Tenant, User
from chargedesk.tenants.services import connect_gateway, create_tenant
from chargedesk.tenants.services.members import member_actor


def new_company() -> Company:
    """A company with one gateway, one helpdesk and its owner; nothing is asked of a gateway."""
    tenant, owner = _tenant()
    with scoping.tenant(tenant.id):
        return Company(
            tenant=tenant.id,
            gateway=_connected(tenant, ConnectionKind.GATEWAY, "stripe"),
            helpdesk=_connected(tenant, ConnectionKind.HELPDESK, "generic"),
            member=Member.objects.get(user=owner).id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at the sandbox's Stripe, with a key that opens it."""

    id: str
    key: str
    charges: int


def open_account(ground: Ground, *, customers: int, charges: int, has_events: bool) -> Account:
    """Open an account nobody else uses and fill it."""
    name = f"acct_{secrets.token_hex(6)}"
    key = f"sk_test_{secrets.token_hex(12)}"
    ground.control("POST", "accounts", account=name, key=key, currency="eur")
    ground.control(
        "POST", "seed", account=name, customers=customers, charges=charges, events=has_events
    )
    return Account(id=name, key=key, charges=charges)


def connected(ground: Ground, account: Account) -> Connection:
    """A new company connected to the account, as its owner would do it."""
    tenant, owner = _tenant()
    return connect_gateway(
        tenant.id,
        provider="stripe",
        values={"api_key": account.key},
        actor=member_actor(owner),
        api_base=f"{ground.sandbox_url}/stripe",
    )


def event_bodies(ground: Ground, account: Account, name: str, *, count: int) -> list[str]:
    """The account's newest events of one type, as their webhooks would bring them."""
    answer = requests.get(
        f"{ground.sandbox_url}/stripe/v1/events",
        params={"type": name, "limit": str(count)},
        auth=(account.key, ""),
        timeout=60,
    )
    answer.raise_for_status()
    found = [json.dumps(each, indent=2) for each in answer.json()["data"]]
    if len(found) < count:
        raise RuntimeError(f"only {len(found)} events {name}")
    return found


def _tenant() -> tuple[Tenant, User]:
    owner = User.objects.create_user(f"{secrets.token_hex(6)}@shop.example")
    return create_tenant(f"Bench {secrets.token_hex(4)}", owner=owner), owner


def _connected(tenant: Tenant, kind: ConnectionKind, provider: str) -> UUID:
    connection_id = ids.new_id()
    return Connection.objects.create(
        id=connection_id,
        tenant=tenant,
        kind=kind,
        provider=provider,
        label=provider.title(),
        account_id=secrets.token_hex(6),
        credentials=sealed_values(connection_id, {}),
    ).id
