"""The helpdesk behind the demo's pages: whose inbox it is, the signed context, the notes."""

import json
from dataclasses import dataclass
from uuid import UUID

from chargedesk.base import scoping
from chargedesk.demo.models import DemoNote
from chargedesk.demo.tickets import Ticket
from chargedesk.kit import clock
from chargedesk.tenants.credentials import opened_values
from chargedesk.tenants.models import Connection, ConnectionState, Member, Tenant, User
from helpdesk_apps.generic.signing import signature

HELPDESK = "generic"


@dataclass(frozen=True, slots=True)
class Desk:
    """One demo tenant's helpdesk, and who is signed in to it."""

    tenant: Tenant
    connection_id: UUID
    secret: str


def desk_of(user: User) -> Desk | None:
    """The helpdesk of the first demo tenant this person belongs to."""
    with scoping.lookup(str(user.pk)):
        members = list(Member.objects.filter(user=user, is_active=True).select_related("tenant"))
    for member in members:
        if member.tenant.is_demo:
            return desk_of_tenant(member.tenant)
    return None


def desk_of_tenant(tenant: Tenant) -> Desk | None:
    """The helpdesk of a tenant, if it is connected."""
    with scoping.tenant(tenant.id):
        connection = Connection.objects.filter(
            provider=HELPDESK, state=ConnectionState.ACTIVE
        ).first()
        if connection is None:
            return None
        return Desk(tenant, connection.id, opened_values(connection)["secret"])


def signed_context(desk: Desk, ticket: Ticket, agent: User, *, language: str) -> dict[str, str]:
    """The form fields that open the panel, as NOTES.md of the generic helpdesk describes them."""
    context = json.dumps(
        {
            "ticket": {"id": ticket.id, "language": ticket.language},
            "agent": {"email": agent.email, "name": str(agent)},
            "customer": {
                "email": ticket.email,
                "name": ticket.name,
                "email_verified": ticket.is_verified,
            },
            "language": language,
        }
    )
    timestamp = int(clock.now().timestamp())
    signed = signature(desk.secret, timestamp=timestamp, payload=context.encode())
    return {"context": context, "timestamp": str(timestamp), "signature": signed}


def notes_of(desk: Desk, ticket: Ticket) -> list[DemoNote]:
    """The internal notes of a ticket, oldest first."""
    with scoping.tenant(desk.tenant.id):
        return list(DemoNote.objects.filter(ticket=ticket.id).order_by("created_at", "id"))


def keep_note(tenant_id: UUID, *, ticket: str, key: str, text: str, author: str) -> DemoNote:
    """Store a note once per key and return the stored one."""
    with scoping.tenant(tenant_id):
        note, _is_new = DemoNote.objects.get_or_create(
            tenant_id=tenant_id,
            key=key,
            defaults={"ticket": ticket, "text": text, "author": author},
        )
    return note
