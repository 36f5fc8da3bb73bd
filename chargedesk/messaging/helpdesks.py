"""A tenant's helpdesk connections, ready to talk to: the adapter with its opened settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from audit.services import Actor, record
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.tenants.credentials import opened_values, sealed_values
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


def keep_helpdesk(
    provider: str,
    *,
    account_id: str,
    label: str,
    values_for: Callable[[UUID], Mapping[str, str]],
    actor: Actor,
) -> Connection:
    """Connect a helpdesk account, or give a connected one these settings; in the tenant's scope.

    `values_for` makes the settings from the connection's id, which some addresses contain.
    """
    rows = Connection.objects.filter(provider=provider, account_id=account_id)
    connection = rows.exclude(state=ConnectionState.REMOVED).first()
    if connection is not None:
        values = dict(values_for(connection.id))
        if opened_values(connection) != values:
            connection.credentials = sealed_values(connection.id, values)
            connection.save(update_fields=["credentials"])
            _tell(Verb.CONNECTION_CHANGED, connection, actor)
        return connection
    connection_id = ids.new_id()
    connection = Connection.objects.create(
        id=connection_id,
        tenant_id=scoping.current_tenant(),
        kind=ConnectionKind.HELPDESK,
        provider=provider,
        label=label,
        account_id=account_id,
        credentials=sealed_values(connection_id, dict(values_for(connection_id))),
    )
    _tell(Verb.CONNECTION_ADDED, connection, actor)
    return connection


def _tell(verb: Verb, connection: Connection, actor: Actor) -> None:
    record(
        verb,
        actor=actor,
        object_kind="connection",
        object_id=connection.id,
        details={"provider": connection.provider, "account": connection.account_id},
    )
