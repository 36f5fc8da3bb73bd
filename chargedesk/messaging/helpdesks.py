"""A tenant's helpdesk connections, ready to talk to: the adapter with its opened settings."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.tenants.credentials import opened_values
from chargedesk.tenants.models import Connection, ConnectionKind, ConnectionState
from helpdesk_apps import registry
from helpdesk_apps.contract import HelpdeskAdapter, HelpdeskCredentials


class HelpdeskNotFoundError(ChargeDeskError):
    """There is no such helpdesk connection."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class HelpdeskLink:
    """An active helpdesk connection with its adapter and opened settings."""

    connection: Connection
    adapter: HelpdeskAdapter
    credentials: HelpdeskCredentials

    @property
    def takes_notes(self) -> bool:
        """Whether internal notes can be added: declared, and everything they need is filled in."""
        declared = self.adapter.capabilities
        needed = declared.note_fields
        return declared.adds_notes and all(self.credentials.values.get(name) for name in needed)


def helpdesk_link(connection_id: UUID) -> HelpdeskLink:
    """Find an active helpdesk connection by its id alone, in any scope. HelpdeskNotFoundError."""
    with scoping.lookup(str(connection_id)):
        connection = Connection.objects.filter(
            pk=connection_id, kind=ConnectionKind.HELPDESK, state=ConnectionState.ACTIVE
        ).first()
    if connection is None:
        raise HelpdeskNotFoundError(_("This helpdesk is not connected."))
    return HelpdeskLink(
        connection=connection,
        adapter=registry.adapter(connection.provider),
        credentials=HelpdeskCredentials(values=opened_values(connection)),
    )
