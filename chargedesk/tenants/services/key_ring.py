"""Reseals stored secrets with the newest key of the ring, so that old keys can be dropped."""

from chargedesk.tenants.credentials import (
    function_secret,
    opened_values,
    sealed_function_secret,
    sealed_values,
    sealed_webhook_secrets,
    webhook_secrets,
)
from chargedesk.tenants.models import Connection


def reseal_tenant() -> int:
    """Reseal every connection of the current tenant; returns how many. SecretUnreadableError."""
    connections = Connection.objects.select_for_update(no_key=True).order_by("id")
    for connection in connections:
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
    return len(connections)
