"""Lets each provider's webhooks in: by API where there is one, else as a person pastes them."""

import requests
from django.conf import settings

from audit.services import system_actor
from chargedesk.base import scoping
from chargedesk.demo.companies import Account
from chargedesk.demo.secrets_file import KeptSecrets
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services.webhook_endpoints import add_webhook_secret, register_webhook
from gateways import registry

DEMO = system_actor("demo")
TIMEOUT_S = 10


def let_news_in(connection: Connection, account: Account, kept: KeptSecrets) -> None:
    """Make the provider send its news here, once per address. GatewayError, requests' errors."""
    name, url = f"webhook_url:{connection.id}", webhook_url(connection)
    if kept.get(name) == url:
        return
    if not register_webhook(connection.tenant_id, connection.id, actor=DEMO):
        _paste(connection, account, kept, url)
    kept.keep(name, url)


def _paste(connection: Connection, account: Account, kept: KeptSecrets, url: str) -> None:
    """What a person does in the provider's own pages, played by the sandbox's control API."""
    secret = ""
    if not registry.adapter(account.gateway).capabilities.webhook_secret_field:
        secret = kept.made(f"webhook_secret:{connection.id}")
        with scoping.tenant(connection.tenant_id):
            add_webhook_secret(connection.id, secret=secret, actor=DEMO)
    order = {
        "provider": account.gateway,
        "account": account.account,
        "object": "endpoint",
        "url": url,
        "secret": secret,
    }
    answer = requests.post(
        f"{settings.SANDBOX_URL}/_control/objects", json=order, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
