"""Tries a connection's webhook address from outside, and says no more than that proves (G3)."""

from enum import StrEnum
from uuid import UUID, uuid4

import requests
from django.utils.translation import gettext as _

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.sync.models import InboundEvent
from chargedesk.tenants.credentials import webhook_secrets
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services.connections import usable_connection
from gateways import registry
from gateways.contract import SignedDelivery, SignsDeliveries

_WAIT_S = 5
_ACCEPTED, _NOT_POST = 202, 405


class Proven(StrEnum):
    """What a try has shown."""

    # Our own delivery, signed with the secret we keep, was accepted and is in the inbox.
    CAME_THROUGH = "came_through"
    # The address leads to this installation; the adapter makes no signed delivery of its own.
    REACHED = "reached"
    # The same, because no secret is kept yet.
    REACHED_UNSIGNED = "reached_unsigned"


class WebhookUnprovenError(ChargeDeskError):
    """The address does not do what the gateway will need."""

    code = "webhook_unproven"


def prove_webhook(tenant_id: UUID, connection_id: UUID) -> Proven:
    """Send ourselves a delivery over the public address. Outside any scope.

    WebhookUnprovenError in plain words, NotFoundError. That the gateway knows address and secret
    only its own delivery proves; ours is no news and counts as none.
    """
    with scoping.tenant(tenant_id):
        connection = usable_connection(connection_id)
        secrets, url = webhook_secrets(connection), webhook_url(connection)
    adapter = registry.adapter(connection.provider)
    if not isinstance(adapter, SignsDeliveries):
        _reach(url)
        return Proven.REACHED
    if not secrets:
        _reach(url)
        return Proven.REACHED_UNSIGNED
    name = f"chargedesk_test_{uuid4().hex}"
    _deliver(url, adapter.signed_delivery(secret=secrets[0], name=name, at=clock.now()))
    with scoping.tenant(tenant_id):
        rows = InboundEvent.objects.filter(connection_id=connection_id)
        is_there = rows.filter(event_id__endswith=name).exists()
    if not is_there:
        raise WebhookUnprovenError(
            _("The test was answered but is not in the inbox: another installation answers here.")
        )
    return Proven.CAME_THROUGH


def _deliver(url: str, delivery: SignedDelivery) -> None:
    status = _asked("POST", url, headers=dict(delivery.headers), data=delivery.body).status_code
    if status != _ACCEPTED:
        raise _odd(status)


def _reach(url: str) -> None:
    """Whoever asks with GET is refused by this very page, in its own words."""
    answer = _asked("GET", url)
    if answer.status_code != _NOT_POST or "method_not_allowed" not in answer.text:
        raise _odd(answer.status_code)


def _asked(method: str, url: str, **more: object) -> requests.Response:
    try:
        # A gateway follows no redirect either.
        return requests.request(method, url, timeout=_WAIT_S, allow_redirects=False, **more)  # type: ignore[arg-type]
    except requests.exceptions.SSLError as error:
        raise WebhookUnprovenError(
            _("The certificate of this address is not accepted, so no gateway delivers to it.")
        ) from error
    except requests.RequestException as error:
        raise WebhookUnprovenError(
            _("This address could not be reached from here. Check the name, the proxy in front.")
        ) from error


def _odd(status: int) -> WebhookUnprovenError:
    return WebhookUnprovenError(
        _("This address answered %(status)s instead of accepting the test: a proxy in front of it?")
        % {"status": status}
    )
