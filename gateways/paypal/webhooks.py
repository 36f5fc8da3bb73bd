"""Verifies PayPal's webhooks on the raw body, and turns their events into hints."""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.paypal.certificates import Trust, pinned, signing_key
from gateways.paypal.mapping.values import MISSHAPEN, time_of
from gateways.snapshots import ObjectKind

TOLERANCE = timedelta(seconds=300)
ALGORITHM = "SHA256withRSA"
_LONGEST_SIGNATURE = 2048
# Beginning of the event's name to what is read again. Refunds of sales come as v1 refunds.
KINDS = (
    ("PAYMENT.CAPTURE.REFUNDED", ObjectKind.REFUND),
    ("PAYMENT.SALE.REFUNDED", ObjectKind.CHARGE),
    ("PAYMENT.REFUND.", ObjectKind.REFUND),
    ("PAYMENT.CAPTURE.", ObjectKind.CHARGE),
    ("PAYMENT.SALE.", ObjectKind.CHARGE),
    ("PAYMENT.AUTHORIZATION.", ObjectKind.CHARGE),
    ("CUSTOMER.DISPUTE.", ObjectKind.DISPUTE),
    ("BILLING.SUBSCRIPTION.", ObjectKind.SUBSCRIPTION),
    ("BILLING.PLAN.", ObjectKind.PRICE),
    ("CATALOG.PRODUCT.", ObjectKind.PRODUCT),
    ("INVOICING.INVOICE.", ObjectKind.INVOICE),
)


def parse_webhook(
    request: InboundRequest, *, secrets: Sequence[str], trust: Trust
) -> list[GatewayEvent]:
    """Verify, then parse. A secret is the id of the webhook; several, during a change of it."""
    verify(request, secrets=secrets, trust=trust)
    return [event_of(request.body)]


def verify(request: InboundRequest, *, secrets: Sequence[str], trust: Trust) -> None:
    """SignatureError unless the signature fits one of the webhook ids and was made just now."""
    headers = request.headers
    number, made_at = (headers.get(f"paypal-transmission-{part}", "") for part in ("id", "time"))
    if not number or headers.get("paypal-auth-algo") != ALGORITHM:
        raise SignatureError("The webhook has no PayPal signature.")
    if abs(request.received_at - _time(made_at)) > TOLERANCE:
        raise SignatureError("The webhook's signature is too old, or from the future.")
    signature = _signature(headers.get("paypal-transmission-sig", ""))
    checksum = zlib.crc32(request.body)
    for secret in secrets:
        webhook_id, own_trust = opened(secret)
        if not webhook_id:
            continue
        url = headers.get("paypal-cert-url", "")
        key = signing_key(own_trust or trust, url, at=request.received_at)
        message = f"{number}|{made_at}|{webhook_id}|{checksum}".encode()
        try:
            key.verify(signature, message, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return
    raise SignatureError("The webhook's signature does not fit.")


def sealed(webhook_id: str, *, chain: bytes = b"", authority: bytes = b"") -> str:
    """What we keep of an endpoint: its id, and for a simulator whom to trust instead of PayPal."""
    kept: dict[str, str] = {"webhook_id": webhook_id}
    if chain:
        kept |= {"chain": chain.decode(), "authority": authority.decode()}
    text = json.dumps(kept, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def opened(secret: str) -> tuple[str, Trust | None]:
    """The id in a secret, and whom to trust; a bare id, as a person pastes it, is one too."""
    try:
        kept = json.loads(base64.urlsafe_b64decode(secret.encode()))
        webhook_id = str(kept["webhook_id"])
    except (*MISSHAPEN, binascii.Error):
        return secret.strip(), None
    if not kept.get("chain"):
        return webhook_id, None
    return webhook_id, pinned(
        chain=str(kept["chain"]).encode(), authority=str(kept["authority"]).encode()
    )


def event_of(body: bytes) -> GatewayEvent:
    """Parse one event: always a hint, because what a charge is stands on several objects."""
    try:
        event = json.loads(body.decode())
        kind, object_id = _subject(event["event_type"], event["resource"])
        return GatewayEvent(
            event_id=_text(event["id"]),
            type=_text(event["event_type"]),
            kind=kind,
            object_id=object_id,
            occurred_at=time_of(event["create_time"]),
        )
    except (*MISSHAPEN, RecursionError) as error:
        raise PayloadError("This is not a PayPal event.") from error


def _subject(news: str, resource: dict[str, Any]) -> tuple[ObjectKind | None, str]:
    kind = next((kind for start, kind in KINDS if news.startswith(start)), None)
    if news == "PAYMENT.SALE.REFUNDED":
        found = resource.get("sale_id")
    elif kind is ObjectKind.INVOICE:
        # The invoice stands inside; the older shape is the invoice itself.
        found = (resource.get("invoice") or resource).get("id")
    else:
        found = resource.get("dispute_id") or resource.get("id")
    return (kind, str(found)) if kind and found else (None, "")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an event without its name")
    return value


def _time(text: str) -> datetime:
    try:
        return time_of(text)
    except MISSHAPEN as error:
        raise SignatureError("The webhook's signature has no time.") from error


def _signature(text: str) -> bytes:
    try:
        found = base64.b64decode(text[:_LONGEST_SIGNATURE], validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("The webhook's signature is not readable.") from error
    if not found:
        raise SignatureError("The webhook has no PayPal signature.")
    return found
