"""Connects gateway accounts and exchanges their keys; the key is tested before it is stored."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.tenants.credentials import (
    newest_secrets,
    sealed_values,
    sealed_webhook_secrets,
    webhook_secrets,
)
from chargedesk.tenants.errors import (
    AlreadyConnectedError,
    ConnectionModeError,
    OtherAccountError,
    PermissionsMissingError,
)
from chargedesk.tenants.models import Connection, ConnectionKind, ConnectionState
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry
from gateways.contract import AccountCheck, Credentials, Permission

_SHOWN = 4


def check_gateway(provider: str, values: Mapping[str, str], *, api_base: str = "") -> AccountCheck:
    """Test credentials without storing them: account, mode, and each right, granted or not.

    Raises CredentialsError if they open nothing, ConnectionModeError for a live key at another
    address than the gateway's own. Calls the gateway: never inside a transaction.
    """
    _refuse_address(api_base)
    adapter = registry.adapter(provider)
    given = {field.name: values.get(field.name, "").strip() for field in adapter.settings_fields}
    check = adapter.check(Credentials(values=given, api_base=api_base))
    if check.is_live and api_base:
        raise ConnectionModeError(_("A live key is never used with a simulator."))
    return check


def connect_gateway(
    tenant_id: UUID,
    *,
    provider: str,
    values: Mapping[str, str],
    actor: Actor,
    label: str = "",
    api_base: str = "",
) -> Connection:
    """Test the key, then store the connection, sealed. Never inside a transaction.

    Raises PermissionsMissingError with the list, AlreadyConnectedError for an account that is
    connected in this mode, and what `check_gateway` raises. Nothing is stored then.
    """
    check = check_gateway(provider, values, api_base=api_base)
    _refuse_missing(check)
    connection_id = ids.new_id()
    with scoping.tenant(tenant_id, durable=True):
        return _stored(
            Connection(
                id=connection_id,
                tenant_id=tenant_id,
                kind=ConnectionKind.GATEWAY,
                provider=provider,
                label=(label or check.account_name or registry.adapter(provider).label)[:80],
                # Without an account at a provider, the connection is an account of its own.
                account_id=check.account_id or str(connection_id),
                is_live=check.is_live,
                credentials=sealed_values(connection_id, _declared(provider, values)),
                credentials_hint=_hint(provider, values),
                webhook_secrets=_signing(connection_id, provider, values, known=()),
                api_base=api_base,
                permissions=_permissions(check),
            ),
            actor,
        )


def rotate_credentials(
    tenant_id: UUID, connection_id: UUID, *, values: Mapping[str, str], actor: Actor
) -> Connection:
    """Exchange the key without a pause; a connection whose key was refused works again.

    Raises ConnectionModeError for a key of the other mode, OtherAccountError for another account,
    PermissionsMissingError, CredentialsError. The old key stays until the new one is proven.
    """
    with scoping.tenant(tenant_id, durable=True):
        connection = usable_connection(connection_id)
    check = check_gateway(connection.provider, values, api_base=connection.api_base)
    _refuse_missing(check)
    refuse_other(connection, check)
    with scoping.tenant(tenant_id, durable=True):
        connection = usable_connection(connection_id, is_locked=True)
        connection.credentials = sealed_values(
            connection.id, _declared(connection.provider, values)
        )
        connection.credentials_hint = _hint(connection.provider, values)
        connection.webhook_secrets = _signing(
            connection.id, connection.provider, values, known=webhook_secrets(connection)
        )
        connection.permissions = _permissions(check)
        if connection.state == ConnectionState.CREDENTIALS_FAILED:
            connection.state, connection.state_reason = ConnectionState.ACTIVE, ""
        connection.save(
            update_fields=[
                *("credentials", "credentials_hint", "permissions", "webhook_secrets"),
                *("state", "state_reason"),
            ]
        )
        audit.record(
            Verb.CONNECTION_CHANGED,
            actor=actor,
            object_kind="connection",
            object_id=connection.id,
            result="key_exchanged",
            details={"provider": connection.provider, "hint": connection.credentials_hint},
        )
        return connection


def _stored(connection: Connection, actor: Actor) -> Connection:
    try:
        with transaction.atomic():
            connection.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyConnectedError(
            _("This account is connected already; exchange its key instead.")
        ) from error
    audit.record(
        Verb.CONNECTION_ADDED,
        actor=actor,
        object_kind="connection",
        object_id=connection.id,
        details={
            "provider": connection.provider,
            "account": connection.account_id,
            "mode": "live" if connection.is_live else "test",
            "hint": connection.credentials_hint,
        },
    )
    return connection


def _refuse_address(api_base: str) -> None:
    if api_base and not settings.GATEWAY_API_BASE_ALLOWED:
        raise ConnectionModeError(
            _("Another address for a gateway is allowed in local settings only."),
            parameter="api_base",
        )


def _refuse_missing(check: AccountCheck) -> None:
    missing = [each.label for each in check.permissions if _is_needed(each)]
    if missing:
        raise PermissionsMissingError(
            _("The key lacks required rights: %(rights)s.") % {"rights": ", ".join(missing)},
            missing=missing,
            permissions=check.permissions,
        )


def _is_needed(permission: Permission) -> bool:
    return permission.is_required and not permission.is_granted


def refuse_other(connection: Connection, check: AccountCheck) -> None:
    """Raise ConnectionModeError or OtherAccountError if the key opens something else."""
    if check.is_live != connection.is_live:
        raise ConnectionModeError(
            _("This is a live key, and the connection is a test connection.")
            if check.is_live
            else _("This is a test key, and the connection is live.")
        )
    if _names_another_account(connection.account_id, check.account_id):
        raise OtherAccountError(_("This key belongs to another account."))


def _names_another_account(known: str, told: str) -> bool:
    # A restricted key may hide its account; then the id is derived from the key and proves nothing.
    return not (known.startswith("key_") or told.startswith("key_")) and known != told


def _declared(provider: str, values: Mapping[str, str]) -> dict[str, str]:
    fields = registry.adapter(provider).settings_fields
    return {field.name: values.get(field.name, "").strip() for field in fields}


def _hint(provider: str, values: Mapping[str, str]) -> str:
    secrets = [
        field.name for field in registry.adapter(provider).settings_fields if field.is_secret
    ]
    return values.get(secrets[0], "").strip()[-_SHOWN:] if secrets else ""


def _signing(
    connection_id: UUID, provider: str, values: Mapping[str, str], *, known: Sequence[str]
) -> bytes | None:
    """The secrets that verify webhooks, with the new key first if the key itself signs them."""
    field = registry.adapter(provider).capabilities.webhook_secret_field
    signing = values.get(field, "").strip()
    secrets = newest_secrets(signing, known) if signing else list(known)
    return sealed_webhook_secrets(connection_id, secrets) if secrets else None


def _permissions(check: AccountCheck) -> list[dict[str, object]]:
    return [
        {
            "name": each.name,
            "label": each.label,
            "is_granted": each.is_granted,
            "is_required": each.is_required,
        }
        for each in check.permissions
    ]
