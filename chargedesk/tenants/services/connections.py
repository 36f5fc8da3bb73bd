"""Pauses, resumes, renames and removes connections, in the tenant's scope."""

from collections.abc import Callable
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.errors import ConnectionStateError, NotFoundError, UnsettledOrdersError
from chargedesk.tenants.models import Connection, ConnectionKind, ConnectionState
from gateways import registry
from gateways.errors import GatewayError

log = structlog.get_logger(__name__)


def usable_connection(connection_id: UUID, *, is_locked: bool = False) -> Connection:
    """The current tenant's connection that is not removed; NotFoundError."""
    found = Connection.objects.exclude(state=ConnectionState.REMOVED).filter(id=connection_id)
    # NO KEY: rows that only point here need not wait.
    rows = found.select_for_update(no_key=True) if is_locked else found
    connection = rows.first()
    if connection is None:
        raise NotFoundError(_("There is no such connection."))
    return connection


def pause_connection(connection_id: UUID, *, actor: Actor, reason: str = "") -> Connection:
    """Stop reading and orders. Webhooks are still stored, and handled after resuming."""
    connection = usable_connection(connection_id, is_locked=True)
    if connection.state == ConnectionState.PAUSED:
        return connection
    return _moved(
        connection, ConnectionState.PAUSED, Verb.CONNECTION_PAUSED, actor=actor, reason=reason
    )


def resume_connection(connection_id: UUID, *, actor: Actor) -> Connection:
    """Go on after a pause. ConnectionStateError while its key is refused."""
    connection = usable_connection(connection_id, is_locked=True)
    if connection.state == ConnectionState.ACTIVE:
        return connection
    if connection.state == ConnectionState.CREDENTIALS_FAILED:
        raise ConnectionStateError(_("The gateway refuses the key: exchange it first."))
    return _moved(connection, ConnectionState.ACTIVE, Verb.CONNECTION_RESUMED, actor=actor)


def rename_connection(connection_id: UUID, *, label: str, actor: Actor) -> Connection:
    """Give a connection another name."""
    connection = usable_connection(connection_id, is_locked=True)
    before, connection.label = connection.label, label.strip()[:80]
    connection.save(update_fields=["label"])
    audit.record(
        Verb.CONNECTION_CHANGED,
        actor=actor,
        object_kind="connection",
        object_id=connection.id,
        result="renamed",
        details={"before": before, "after": connection.label},
    )
    return connection


def mark_credentials_failed(connection_id: UUID, *, reason: str) -> bool:
    """The gateway refuses the key: stop everything that needs it. Returns whether this was news."""
    changed = Connection.objects.filter(id=connection_id, state=ConnectionState.ACTIVE).update(
        state=ConnectionState.CREDENTIALS_FAILED, state_reason=reason[:300], failure_told_at=None
    )
    if changed:
        log.warning("connection.credentials_failed", connection=str(connection_id))
        audit.record(
            Verb.CONNECTION_CHANGED,
            actor=audit.system_actor("connections"),
            object_kind="connection",
            object_id=connection_id,
            reason=reason,
            result="key_refused",
        )
    return bool(changed)


def remove_connection(
    tenant_id: UUID,
    connection_id: UUID,
    *,
    actor: Actor,
    has_unknown_orders: Callable[[UUID], bool],
    reason: str = "",
) -> None:
    """Remove a connection and wipe its keys at once; what was recorded stays.

    `has_unknown_orders(connection_id)` is asked in the same transaction, under the connection's
    lock; UnsettledOrdersError if it says yes (M8). Then the gateway is asked to remove our webhook
    endpoint, so never call this inside a transaction.
    """
    with scoping.tenant(tenant_id, durable=True):
        connection = usable_connection(connection_id, is_locked=True)
        if has_unknown_orders(connection_id):
            raise UnsettledOrdersError(
                _("Orders of this connection have an unknown outcome: settle them first.")
            )
        take_down = _webhook_removal(connection)
        _wipe(connection)
        _moved(
            connection,
            ConnectionState.REMOVED,
            Verb.CONNECTION_REMOVED,
            actor=actor,
            reason=reason,
        )
    take_down()


def _moved(
    connection: Connection,
    state: ConnectionState,
    verb: Verb,
    *,
    actor: Actor,
    reason: str = "",
) -> Connection:
    connection.state, connection.state_reason = state, reason[:300]
    connection.save(update_fields=["state", "state_reason"])
    audit.record(
        verb, actor=actor, object_kind="connection", object_id=connection.id, reason=reason
    )
    return connection


def _wipe(connection: Connection) -> None:
    connection.credentials = b""
    connection.credentials_hint = ""
    connection.webhook_secrets = None
    connection.webhook_id = ""
    connection.functions, connection.function_secret = {}, None
    connection.save(
        update_fields=[
            *("credentials", "credentials_hint", "webhook_secrets", "webhook_id"),
            *("functions", "function_secret"),
        ]
    )


def _webhook_removal(connection: Connection) -> Callable[[], None]:
    """What is left to do at the gateway; it holds the key only until it has run."""
    if connection.kind != ConnectionKind.GATEWAY or not connection.webhook_id:
        return lambda: None
    credentials, endpoint = gateway_credentials(connection), connection.webhook_id
    adapter = registry.adapter(connection.provider)

    def take_down() -> None:
        try:
            adapter.remove_webhook(credentials, external_id=endpoint)
        except GatewayError as error:
            # The endpoint stays at the gateway, and its news meets a 404: a nuisance, no danger.
            log.warning("connection.webhook_left", endpoint=endpoint, code=error.code)

    return take_down
