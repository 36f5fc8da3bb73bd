"""Makes a webhook as Stripe would, to try the address with: signed, and about nothing."""

import hashlib
import hmac
import json
from datetime import datetime

from gateways.contract import TEST_EVENT, SignedDelivery
from gateways.stripe.client import API_VERSION


def signed_delivery(*, secret: str, name: str, at: datetime) -> SignedDelivery:
    """An event that `webhooks` accepts and nobody handles: its object is of no kind we keep."""
    moment, event_id = int(at.timestamp()), f"evt_{name}"
    event = {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": moment,
        "type": TEST_EVENT,
        "data": {"object": {"object": "chargedesk_test"}},
    }
    body = json.dumps(event).encode()
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json; charset=utf-8",
        "stripe-signature": f"t={moment},v1={made}",
    }
    return SignedDelivery(event_id=event_id, headers=headers, body=body)
