"""Reseals stored secrets with the newest key of the ring, so that old keys can be dropped."""

from uuid import UUID

from chargedesk.kit.secrets import SecretUnreadableError
from chargedesk.tenants.credentials import (
    function_secret,
    opened_values,
    sealed_function_secret,
    sealed_values,
    sealed_webhook_secrets,
    webhook_secrets,
)
from chargedesk.tenants.models import Connection


def reseal_tenant() -> tuple[int, list[UUID]]:
    """Reseal every connection of the current tenant.

    Returns how many were, and the ids of those that no key of the ring opens; they stay as they
    are.
    """
    unreadable = []
    connections = Connection.objects.select_for_update(no_key=True).order_by("id")
    for connection in connections:
        try:
            _reseal(connection)
        except SecretUnreadableError:
            unreadable.append(connection.id)
    return len(connections) - len(unreadable), unreadable


def _reseal(connection: Connection) -> None:
    if connection.credentials:
        connection.credentials = sealed_values(connection.id, opened_values(connection))
    if connection.webhook_secrets:
        connection.webhook_secrets = sealed_webhook_secrets(
            connection.id, webhook_secrets(connection)
        )
    if connection.function_secret:
        connection.function_secret = sealed_function_secret(
            connection.id, function_secret(connection)
        )
    connection.save(update_fields=["credentials", "webhook_secrets", "function_secret"])
