"""Reads tenants, members, connections and keys."""

from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from chargedesk.base import scoping, single
from chargedesk.base.prepared import Prepared
from chargedesk.tenants.models import (
    Connection,
    ConnectionKind,
    ConnectionState,
    Member,
    Tenant,
)
from chargedesk.tenants.roles import Role
from gateways import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDoor:
    """What accepting a webhook needs of a connection."""

    tenant_id: UUID
    connection_id: UUID
    sealed_secrets: bytes = field(repr=False)


_WEBHOOK_DOOR = Prepared(
    """
SELECT tenant_id, webhook_secrets FROM tenants_connection
WHERE id = %(connection)s AND provider = %(provider)s AND kind = 'gateway' AND state <> 'removed'
""",
    {"connection": "uuid", "provider": "text"},
)


def webhook_door(gateway: str, connection_id: UUID) -> WebhookDoor | None:
    """Where this address leads; None for an unknown, removed or other gateway's id.

    One statement, written out: it runs for every webhook, and the ORM costs more than the rest.
    """
    found = single.run_for_lookup(
        connection_id, _WEBHOOK_DOOR, {"connection": connection_id, "provider": gateway}
    )
    if not found:
        return None
    tenant_id, sealed = found[0]
    return WebhookDoor(
        tenant_id=tenant_id, connection_id=connection_id, sealed_secrets=bytes(sealed or b"")
    )


def every_tenant_id() -> list[UUID]:
    """All tenants, for sweeps, which enter each one's scope."""
    return list(Tenant.objects.order_by("id").values_list("id", flat=True))


def gateway_connections() -> QuerySet[Connection]:
    """The current tenant's gateway connections that are not removed, oldest first."""
    return (
        Connection.objects.filter(kind=ConnectionKind.GATEWAY)
        .exclude(state=ConnectionState.REMOVED)
        .order_by("created_at")
    )


def working_connections() -> QuerySet[Connection]:
    """Those that may talk to their gateway now."""
    return gateway_connections().filter(state=ConnectionState.ACTIVE)


def tenant_of_connection(connection_id: UUID) -> UUID | None:
    """Which tenant a connection belongs to, for commands that get its id only."""
    with scoping.lookup(str(connection_id)):
        return (
            Connection.objects.filter(id=connection_id).values_list("tenant_id", flat=True).first()
        )


def webhook_url(connection: Connection) -> str:
    """The address that the gateway sends this connection's news to."""
    return f"{settings.BASE_URL}/webhooks/{connection.provider}/{connection.id}/"


def can_register_webhook(connection: Connection) -> bool:
    """Whether an endpoint can be made by API, so that nobody has to paste the address.

    A gateway in the internet reaches us over https only; a simulator on this machine does anyway.
    """
    adapter = registry.adapter(connection.provider)
    is_reachable = settings.BASE_URL.startswith("https://") or bool(connection.api_base)
    return adapter.capabilities.registers_webhooks and is_reachable


def active_owners() -> QuerySet[Member]:
    """The current tenant's owners who can sign in."""
    return Member.objects.filter(role=Role.OWNER, is_active=True, user__is_active=True)
