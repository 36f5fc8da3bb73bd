"""Verifies Recurly's webhooks on the raw body, and turns them into news to read again.

They name an object and say nothing about it: no amount, no state.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.recurly.documents import UNREADABLE, parsed, written
from gateways.recurly.mapping.values import MISSHAPEN, Obj, when
from gateways.snapshots import ObjectKind

TOLERANCE = timedelta(minutes=5)
KINDS = {
    "account": ObjectKind.CUSTOMER,
    "subscription": ObjectKind.SUBSCRIPTION,
    "charge_invoice": ObjectKind.INVOICE,
    "credit_invoice": ObjectKind.INVOICE,
    "invoice": ObjectKind.INVOICE,
    "payment": ObjectKind.CHARGE,
}
_OF_AN_ACCOUNT = frozenset({"billing_info"})
_LISTED = "updated"


def parse_webhook(request: InboundRequest, *, secrets: Sequence[str]) -> list[GatewayEvent]:
    """Verify, then parse. Several secrets, because both are valid while one is exchanged."""
    verify(request, secrets=secrets)
    return [event_of(request.body)]


def verify(request: InboundRequest, *, secrets: Sequence[str]) -> None:
    """SignatureError unless one of the signatures fits one of the secrets and was made just now."""
    made_at, *signatures = request.headers.get("recurly-signature", "").split(",")
    theirs = [each.strip() for each in signatures if each.isascii()]
    if not made_at.isdecimal() or not theirs:
        raise SignatureError("The webhook has no Recurly signature.")
    signed = f"{made_at}.".encode() + request.body
    expected = [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for secret in secrets
        if secret
    ]
    if not any(hmac.compare_digest(ours, each) for ours in expected for each in theirs):
        raise SignatureError("The webhook's signature does not fit.")
    if abs(request.received_at - _time(made_at)) > TOLERANCE:
        raise SignatureError("The webhook's signature is too old, or from the future.")


def event_of(body: bytes) -> GatewayEvent:
    """Parse one event. PayloadError if it is none; XML is none."""
    try:
        return _event(parsed(body.decode()), body)
    except (*UNREADABLE, *MISSHAPEN) as error:
        raise PayloadError("This is not a Recurly webhook.") from error


def listed_event(object_type: str, obj: Obj) -> GatewayEvent:
    """The event for an object that a list shows as changed, which no webhook may have told."""
    news = {
        "id": obj["id"],
        "object_type": object_type,
        "site_id": "",
        "event_type": _LISTED,
        "event_time": obj["updated_at"],
    }
    body = written(news).encode()
    return _event(news, body)


def _event(news: Obj, body: bytes) -> GatewayEvent:
    object_type, event_type = str(news["object_type"]), str(news["event_type"])
    occurred_at = when(news["event_time"])
    if occurred_at is None:
        raise ValueError("no time")
    kind, object_id = _subject(object_type, news)
    # Recurly gives a delivery no id of its own; these together never come twice.
    named = (news.get("site_id") or "", object_type, news["id"], event_type, news["event_time"])
    return GatewayEvent(
        event_id=":".join(map(str, named)),
        type=f"{object_type}.{event_type}",
        kind=kind,
        object_id=object_id,
        occurred_at=occurred_at.astimezone(UTC),
        raw=body if event_type == _LISTED and not news.get("site_id") else b"",
    )


def _subject(object_type: str, news: Obj) -> tuple[ObjectKind | None, str]:
    """What is read again because of this news; kind None if nothing is."""
    if object_type in _OF_AN_ACCOUNT:
        code = news.get("account_code")
        return (ObjectKind.CUSTOMER, f"code-{code}") if code else (None, "")
    kind = KINDS.get(object_type)
    if kind is ObjectKind.CHARGE and news.get("uuid"):
        return kind, f"uuid-{news['uuid']}"
    return kind, str(news["id"]) if kind else ""


def _time(made_at: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(made_at) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SignatureError("The webhook's signature has no time.") from error
