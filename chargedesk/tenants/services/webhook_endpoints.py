"""Makes and exchanges webhook endpoints at the gateways; never inside a transaction."""

from uuid import UUID

import structlog

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.tenants.credentials import (
    gateway_credentials,
    newest_secrets,
    sealed_webhook_secrets,
    webhook_secrets,
)
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import can_register_webhook, webhook_url
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry
from gateways.contract import Credentials, GatewayAdapter, WebhookEndpoint
from gateways.errors import GatewayError

log = structlog.get_logger(__name__)


def register_webhook(tenant_id: UUID, connection_id: UUID, *, actor: Actor) -> bool:
    """Make our endpoint at the gateway and keep its secret.

    Returns False where it cannot be done by API: the address is then shown to be pasted
    (`selectors.webhook_url`, `add_webhook_secret`). Raises what the adapter raises.
    """
    return _registered(tenant_id, connection_id, actor=actor, result="webhook_registered")


def roll_webhook_secret(tenant_id: UUID, connection_id: UUID, *, actor: Actor) -> bool:
    """Exchange endpoint and secret; what is on its way with the old one is still accepted.

    Returns False where endpoints cannot be made by API.
    """
    return _registered(tenant_id, connection_id, actor=actor, result="webhook_secret_rolled")


def add_webhook_secret(connection_id: UUID, *, secret: str, actor: Actor) -> None:
    """Keep a secret that a person pasted, as the newest. Runs in the tenant's scope."""
    connection = usable_connection(connection_id, is_locked=True)
    _keep(connection, secret.strip())
    connection.save(update_fields=["webhook_secrets"])
    _tell(connection, actor=actor, result="webhook_secret_added")


def forget_old_webhook_secrets(connection_id: UUID, *, actor: Actor) -> None:
    """From now on only the newest secret counts. Runs in the tenant's scope."""
    connection = usable_connection(connection_id, is_locked=True)
    connection.webhook_secrets = sealed_webhook_secrets(
        connection.id, webhook_secrets(connection)[:1]
    )
    connection.save(update_fields=["webhook_secrets"])
    _tell(connection, actor=actor, result="old_webhook_secrets_forgotten")


def _registered(tenant_id: UUID, connection_id: UUID, *, actor: Actor, result: str) -> bool:
    with scoping.tenant(tenant_id, durable=True):
        connection = usable_connection(connection_id)
    if not can_register_webhook(connection):
        return False
    adapter, credentials = (
        registry.adapter(connection.provider),
        gateway_credentials(connection),
    )
    endpoint = adapter.register_webhook(credentials, url=webhook_url(connection))
    with scoping.tenant(tenant_id, durable=True):
        connection = usable_connection(connection_id, is_locked=True)
        replaced = _store_endpoint(connection, endpoint)
        _tell(connection, actor=actor, result=result)
    if replaced:
        _take_down(adapter, credentials, replaced)
    return True


def _take_down(adapter: GatewayAdapter, credentials: Credentials, endpoint: str) -> None:
    try:
        adapter.remove_webhook(credentials, external_id=endpoint)
    except GatewayError as error:
        # The new endpoint works; the old one only sends everything twice.
        log.warning("connection.webhook_left", endpoint=endpoint, code=error.code)


def _store_endpoint(connection: Connection, endpoint: WebhookEndpoint) -> str:
    """Returns the endpoint that this one replaces, if any."""
    replaced, connection.webhook_id = connection.webhook_id, endpoint.external_id
    _keep(connection, endpoint.secret)
    connection.webhook_problem = ""
    connection.save(update_fields=["webhook_id", "webhook_secrets", "webhook_problem"])
    return replaced if replaced != endpoint.external_id else ""


def _keep(connection: Connection, secret: str) -> None:
    connection.webhook_secrets = sealed_webhook_secrets(
        connection.id, newest_secrets(secret, webhook_secrets(connection))
    )


def _tell(connection: Connection, *, actor: Actor, result: str) -> None:
    audit.record(
        Verb.CONNECTION_CHANGED,
        actor=actor,
        object_kind="connection",
        object_id=connection.id,
        result=result,
    )
