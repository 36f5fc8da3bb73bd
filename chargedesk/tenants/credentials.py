"""Sealing and opening the secrets of a connection, with the key ring of the settings."""

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from uuid import UUID

from django.conf import settings

from chargedesk.kit.secrets import SecretBox
from chargedesk.tenants.models import Connection
from gateways.contract import Credentials, Functions

_KEPT_SECRETS = 2


@cache
def secret_box() -> SecretBox:
    """The box with the ring from ENCRYPTION_KEYS, newest key first."""
    return SecretBox(settings.ENCRYPTION_KEYS)


def sealed_values(connection_id: UUID, values: Mapping[str, str]) -> bytes:
    """Credentials by settings field, sealed for this connection."""
    return secret_box().seal(json.dumps(dict(values)), context=f"credentials:{connection_id}")


def sealed_webhook_secrets(connection_id: UUID, secrets: Sequence[str]) -> bytes:
    """Webhook secrets, newest first, sealed for this connection."""
    return secret_box().seal(json.dumps(list(secrets)), context=f"webhook:{connection_id}")


def sealed_function_secret(connection_id: UUID, secret: str) -> bytes:
    """The secret that signs calls to the tenant's own system, sealed for this connection."""
    return secret_box().seal(secret, context=f"functions:{connection_id}")


def function_secret(connection: Connection) -> str:
    """The secret that signs calls to the tenant's own system; empty if there is none."""
    if not connection.function_secret:
        return ""
    context = f"functions:{connection.id}"
    return secret_box().open(connection.function_secret, context=context)


def opened_values(connection: Connection) -> dict[str, str]:
    """The credentials of a connection by settings field. SecretUnreadableError."""
    text = secret_box().open(connection.credentials, context=f"credentials:{connection.id}")
    values: dict[str, str] = json.loads(text)
    return values


def gateway_credentials(connection: Connection) -> Credentials:
    """What a gateway adapter needs. A foreign address counts only where the settings allow it."""
    base = connection.api_base if settings.GATEWAY_API_BASE_ALLOWED else ""
    functions = Functions(
        urls=connection.functions,
        secret=function_secret(connection),
        is_trusted=settings.GATEWAY_API_BASE_ALLOWED,
    )
    return Credentials(values=opened_values(connection), api_base=base, functions=functions)


def webhook_secrets(connection: Connection) -> list[str]:
    """The secrets that verify this connection's webhooks; empty if none is set."""
    if not connection.webhook_secrets:
        return []
    text = secret_box().open(connection.webhook_secrets, context=f"webhook:{connection.id}")
    secrets: list[str] = json.loads(text)
    return secrets


def newest_secrets(secret: str, known: Sequence[str]) -> list[str]:
    """A new webhook secret and the one before it: while a secret is exchanged, both sign."""
    return [secret, *(each for each in known if each != secret)][:_KEPT_SECRETS]


@lru_cache(maxsize=512)
def opened_webhook_secrets(connection_id: UUID, sealed: bytes) -> tuple[str, ...]:
    """The same from the column's bytes, remembered: opening costs more than checking a signature.

    The bytes are the key, so a changed, rolled or wiped secret counts from the next request on.
    """
    if not sealed:
        return ()
    text = secret_box().open(sealed, context=f"webhook:{connection_id}")
    return tuple(json.loads(text))
