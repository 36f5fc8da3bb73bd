"""Registers and removes our webhook endpoint at Stripe."""

import time
from urllib.parse import quote

from gateways.contract import Credentials, WebhookEndpoint
from gateways.errors import NotFoundError, OutcomeUnknownError
from gateways.stripe.client import API_VERSION, READ_SECONDS, Method, call
from gateways.stripe.reading import all_items

_PATH = "/v1/webhook_endpoints"
_OURS = {"chargedesk": "1"}

# What changes an object we mirror, and what the parts to come ask for: an endpoint that lives at
# the provider is not easily widened later.
_EVENTS = {
    "charge": "succeeded failed captured expired pending updated refunded",
    "charge.dispute": "created updated closed funds_withdrawn funds_reinstated",
    "checkout.session": "completed expired async_payment_succeeded async_payment_failed",
    "coupon": "created updated deleted",
    "credit_note": "created updated voided",
    "customer": "created updated deleted",
    "customer.discount": "created updated deleted",
    "customer.subscription": "created updated deleted paused resumed pending_update_applied "
    "pending_update_expired trial_will_end",
    "customer.tax_id": "created updated deleted",
    "invoice": "created updated finalized finalization_failed sent paid payment_failed "
    "payment_action_required voided marked_uncollectible overdue overpaid deleted",
    "invoice_payment": "paid",
    "payment_intent": "created succeeded payment_failed canceled processing requires_action "
    "amount_capturable_updated",
    "payment_link": "created updated",
    "payment_method": "attached detached updated automatically_updated",
    "plan": "created updated deleted",
    "price": "created updated deleted",
    "product": "created updated deleted",
    "promotion_code": "created updated",
    "radar.early_fraud_warning": "created updated",
    "refund": "created updated failed",
    "setup_intent": "succeeded",
}
ENABLED_EVENTS = tuple(
    f"{group}.{name}" for group, names in _EVENTS.items() for name in names.split()
)


def register(credentials: Credentials, *, url: str) -> WebhookEndpoint:
    """Make the endpoint, pinned to our API version; one of ours at the same address is replaced.

    The secret is told only in this answer, so an endpoint whose answer was lost is of no use.
    """
    for endpoint, _ in all_items(credentials, _PATH):
        if endpoint.get("url") == url and (endpoint.get("metadata") or {}).items() >= _OURS.items():
            remove(credentials, external_id=endpoint["id"])
    answer = call(
        credentials,
        Method.POST,
        _PATH,
        params={
            "url": url,
            "enabled_events": list(ENABLED_EVENTS),
            "api_version": API_VERSION,
            "description": "ChargeDesk",
            "metadata": _OURS,
        },
        deadline=time.monotonic() + READ_SECONDS,
    )
    made = answer.object()
    if not made.get("id") or not made.get("secret"):
        raise OutcomeUnknownError("Stripe told no secret.", request_id=answer.request_id)
    return WebhookEndpoint(external_id=made["id"], secret=made["secret"])


def remove(credentials: Credentials, *, external_id: str) -> None:
    """Remove an endpoint; one that is already gone is fine."""
    try:
        call(
            credentials,
            Method.DELETE,
            f"{_PATH}/{quote(external_id, safe='')}",
            params={},
            deadline=time.monotonic() + READ_SECONDS,
        )
    except NotFoundError:
        return
