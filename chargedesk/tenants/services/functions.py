"""Addresses of a tenant's own system that carry actions out, and the secret of the calls."""

import base64
import secrets
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

import audit.services as audit
from audit.services import Actor
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.tenants.credentials import (
    function_secret,
    gateway_credentials,
    sealed_function_secret,
    sealed_webhook_secrets,
)
from chargedesk.tenants.errors import FunctionAddressError
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry
from gateways.functions import LOOK_UP, SECRET_PREFIX, TrialAnswer, refused_url, try_out
from gateways.routing import routable_actions

_SECRET_BYTES = 32


def function_names(provider: str) -> tuple[str, ...]:
    """What addresses may be given for, in order."""
    names = tuple(each.value for each in routable_actions(provider))
    looks_up = registry.adapter(provider).capabilities.needs_functions
    return (*names, LOOK_UP) if looks_up else names


def set_functions(connection_id: UUID, *, urls: Mapping[str, str], actor: Actor) -> str:
    """Keep these addresses and no others; returns the signing secret if it was made just now.

    FunctionAddressError names the function. Runs in the tenant's scope.
    """
    connection = usable_connection(connection_id, is_locked=True)
    given = {name: url.strip() for name, url in urls.items() if url.strip()}
    for name, url in given.items():
        _refuse(connection, name, url)
    made = "" if function_secret(connection) or not given else _new_secret(connection)
    before, connection.functions = connection.functions, given
    connection.save(update_fields=["functions", "function_secret", "webhook_secrets"])
    if before != given or made:
        audit.record(
            Verb.CONNECTION_CHANGED,
            actor=actor,
            object_kind="connection",
            object_id=connection.id,
            result="functions_changed",
            details={"before": before, "after": given},
        )
    return made


def roll_function_secret(connection_id: UUID, *, actor: Actor) -> str:
    """Make another signing secret, which counts at once; it is returned this once."""
    connection = usable_connection(connection_id, is_locked=True)
    made = _new_secret(connection)
    connection.save(update_fields=["function_secret", "webhook_secrets"])
    audit.record(
        Verb.CONNECTION_CHANGED,
        actor=actor,
        object_kind="connection",
        object_id=connection.id,
        result="function_secret_rolled",
    )
    return made


def try_function(tenant_id: UUID, connection_id: UUID, *, name: str) -> TrialAnswer:
    """Send a signed trial call to one address. FunctionAddressError where there is none.

    Never inside a transaction.
    """
    with scoping.tenant(tenant_id):
        connection = usable_connection(connection_id)
        credentials = gateway_credentials(connection)
    if name not in connection.functions:
        raise FunctionAddressError(_("There is no address for this."), parameter=name)
    return try_out(credentials, name)


def _new_secret(connection: Connection) -> str:
    made = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    connection.function_secret = sealed_function_secret(connection.id, made)
    if registry.adapter(connection.provider).capabilities.takes_records:
        # The same system signs its news with it.
        connection.webhook_secrets = sealed_webhook_secrets(connection.id, [made])
    return made


def _refuse(connection: Connection, name: str, url: str) -> None:
    if name not in function_names(connection.provider):
        raise FunctionAddressError(_("There is no such function."), parameter=name)
    is_trusted = bool(settings.GATEWAY_API_BASE_ALLOWED)
    whole = f"{connection.api_base}{url}" if url.startswith("/") and is_trusted else url
    trouble = refused_url(whole, is_trusted=is_trusted)
    if trouble:
        raise FunctionAddressError(
            _("Write an address such as https://billing.example/refund."), parameter=name
        )
