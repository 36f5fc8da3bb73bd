"""Looks after webhooks that a gateway gives up on by itself; never inside a transaction."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

import audit.services as audit
from audit.verbs import Verb
from chargedesk.base import scoping
from chargedesk.tenants.credentials import gateway_credentials, webhook_secrets
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import webhook_url, working_connections
from chargedesk.tenants.services.connections import mark_credentials_failed, usable_connection
from gateways import registry
from gateways.contract import MendedWebhook, MendsWebhooks
from gateways.errors import CredentialsError, GatewayError

log = structlog.get_logger(__name__)

CHECKED_EVERY = timedelta(hours=1)
KEEPER = audit.system_actor("connections")


def webhooks_to_check() -> QuerySet[Connection]:
    """The current tenant's connections whose webhooks have not been looked after for a while."""
    mended = [name for name, each in registry.adapters().items() if isinstance(each, MendsWebhooks)]
    is_due = Q(webhook_checked_at__isnull=True) | Q(webhook_checked_at__lt=Now() - CHECKED_EVERY)
    return working_connections().filter(is_due, provider__in=mended, webhook_id__gt="")


def mend_webhook(tenant_id: UUID, connection_id: UUID) -> bool:
    """Have the gateway send again what it stopped sending; returns whether it had stopped.

    Nothing happens where another worker has just done it. What the gateway refuses is shown on the
    connection's page and tried again at the next check.
    """
    with scoping.tenant(tenant_id, durable=True):
        # One worker gets the turn; a worker that dies with it leaves it to the next check.
        if not webhooks_to_check().filter(id=connection_id).update(webhook_checked_at=Now()):
            return False
        connection = usable_connection(connection_id)
    try:
        mended = _mended(connection)
    except GatewayError as error:
        with scoping.tenant(tenant_id, durable=True):
            _note_problem(connection, error)
        return False
    with scoping.tenant(tenant_id, durable=True):
        return _stored(connection, mended)


def _mended(connection: Connection) -> MendedWebhook:
    adapter: object = registry.adapter(connection.provider)
    assert isinstance(adapter, MendsWebhooks)  # noqa: S101  `webhooks_to_check` chose it
    return adapter.mend_webhook(
        gateway_credentials(connection),
        url=webhook_url(connection),
        secret=webhook_secrets(connection)[0],
    )


def _stored(looked_at: Connection, mended: MendedWebhook) -> bool:
    same = working_connections().filter(id=looked_at.id, webhook_id=looked_at.webhook_id)
    connection = same.select_for_update(no_key=True).first()
    if connection is None:
        # Removed, or registered anew meanwhile: what was seen is no longer there.
        return False
    connection.webhook_id, connection.webhook_problem = mended.external_id, ""
    was_broken = bool(mended.revived or mended.remade)
    if was_broken:
        connection.webhook_mended_at = Now()
    connection.save(update_fields=["webhook_id", "webhook_problem", "webhook_mended_at"])
    if was_broken:
        log.warning("connection.webhook_mended", connection=str(connection.id))
        audit.record(
            Verb.CONNECTION_CHANGED,
            actor=KEEPER,
            object_kind="connection",
            object_id=connection.id,
            result="webhook_mended",
            details={"revived": list(mended.revived), "remade": list(mended.remade)},
        )
    return was_broken


def _note_problem(connection: Connection, error: GatewayError) -> None:
    log.warning("connection.webhook_not_mended", connection=str(connection.id), code=error.code)
    if isinstance(error, CredentialsError) and not error.missing:
        mark_credentials_failed(connection.id, reason=error.message)
        return
    is_news = Connection.objects.filter(id=connection.id, webhook_problem="").update(
        webhook_problem=error.message[:300]
    )
    if is_news:
        audit.record(
            Verb.CONNECTION_CHANGED,
            actor=KEEPER,
            object_kind="connection",
            object_id=connection.id,
            reason=error.message,
            result="webhook_not_mended",
        )
