"""Registers and removes webhook endpoints."""

import time
from urllib.parse import quote

from gateways.contract import Credentials, WebhookEndpoint
from gateways.errors import NotFoundError, OutcomeUnknownError, UnavailableError
from gateways.paypal.certificates import FETCH_SECONDS, FOLDER
from gateways.paypal.client import call, get
from gateways.paypal.transport import carry
from gateways.paypal.webhooks import sealed
from gateways.timed import Exchange

PATH = "/v1/notifications/webhooks"
_EVENTS = {
    "PAYMENT.AUTHORIZATION": "CREATED VOIDED",
    "PAYMENT.CAPTURE": "COMPLETED PENDING DENIED DECLINED REFUNDED REVERSED",
    "PAYMENT.REFUND": "PENDING FAILED COMPLETED",
    "PAYMENT.SALE": "COMPLETED REFUNDED REVERSED",
    "BILLING.SUBSCRIPTION": "CREATED ACTIVATED UPDATED EXPIRED CANCELLED SUSPENDED PAYMENT.FAILED",
    "BILLING.PLAN": "CREATED UPDATED ACTIVATED DEACTIVATED",
    "CATALOG.PRODUCT": "CREATED UPDATED",
    "CUSTOMER.DISPUTE": "CREATED UPDATED RESOLVED",
    "INVOICING.INVOICE": "CREATED UPDATED PAID CANCELLED REFUNDED SCHEDULED",
}
ENABLED_EVENTS = tuple(
    f"{group}.{name}" for group, names in _EVENTS.items() for name in names.split()
)


def register(credentials: Credentials, *, url: str) -> WebhookEndpoint:
    """Make the endpoint; one at the same address is replaced, PayPal allows one per address.

    What verifies its messages is the id, so that is the secret. A simulator signs with an
    authority of its own, which is kept with the id: only where an `api_base` is allowed.
    """
    for endpoint in get(credentials, PATH).object().get("webhooks") or ():
        if endpoint.get("url") == url:
            remove(credentials, external_id=endpoint["id"])
    answer = call(
        credentials,
        "POST",
        PATH,
        body={"url": url, "event_types": [{"name": name} for name in ENABLED_EVENTS]},
    )
    try:
        made = answer.object().get("id")
    except UnavailableError as error:
        raise OutcomeUnknownError("PayPal told no id.", request_id=answer.request_id) from error
    if not isinstance(made, str) or not made:
        raise OutcomeUnknownError("PayPal told no id.", request_id=answer.request_id)
    if not credentials.api_base:
        return WebhookEndpoint(external_id=made, secret=sealed(made))
    chain, authority = (
        _simulators(credentials.api_base, name) for name in ("CERT-360caa42-sandbox", "authority")
    )
    return WebhookEndpoint(external_id=made, secret=sealed(made, chain=chain, authority=authority))


def remove(credentials: Credentials, *, external_id: str) -> None:
    """Remove an endpoint; one that is already gone is fine."""
    try:
        call(credentials, "DELETE", f"{PATH}/{quote(external_id, safe='')}", body=None)
    except NotFoundError:
        return


def _simulators(api_base: str, name: str) -> bytes:
    exchange = Exchange(deadline=time.monotonic() + FETCH_SECONDS)
    address = f"{api_base.rstrip('/')}{FOLDER}{name}"
    carry(exchange, "GET", address, headers={}, body=None)
    if exchange.failure is not None or exchange.status != 200:  # noqa: PLR2004  OK
        raise UnavailableError("The simulator shows no certificate.") from exchange.failure
    return exchange.body
