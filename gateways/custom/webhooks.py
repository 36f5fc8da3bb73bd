"""Signed news from the tenant's own system: v1's webhook body, Standard Webhooks' headers."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from chargedesk.kit.clock import from_unix
from gateways.contract import GatewayEvent, InboundRequest
from gateways.custom.mapping import ID_NAMES
from gateways.custom.reading import told_pictures
from gateways.errors import PayloadError, SignatureError
from gateways.functions import signature
from gateways.snapshots import ObjectKind

TOLERANCE = timedelta(seconds=300)


def parse_webhook(request: InboundRequest, *, secrets: Sequence[str]) -> list[GatewayEvent]:
    """Verify, then parse. Several secrets, because two are valid during a roll."""
    headers = request.headers
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    theirs = headers.get("webhook-signature", "").split()
    ours = [signature(each, message_id, stamp, request.body) for each in secrets if each]
    if not any(
        hmac.compare_digest(one.encode(), other.encode()) for one in ours for other in theirs
    ):
        raise SignatureError("The webhook's signature does not fit.")
    if not stamp.isdecimal() or abs(request.received_at - from_unix(int(stamp))) > TOLERANCE:
        raise SignatureError("The webhook's signature is too old, or from the future.")
    return [event_of(request.body)]


def event_of(body: bytes) -> GatewayEvent:
    """`{"event_id", "created", "class", "event", "data": {class: {…}}}`. PayloadError."""
    try:
        event = json.loads(body)
        kind = ObjectKind(event["class"])
        told: Mapping[str, Any] = event["data"][kind.value]
        name = ID_NAMES[kind]
        occurred_at = from_unix(event["created"])
        # A whole second stands for all of it: what came earlier in that second is older.
        as_of = occurred_at + timedelta(microseconds=999_999)
        snapshot = told_pictures(kind, told, base={}, as_of=as_of)[0]
        return GatewayEvent(
            event_id=str(event["event_id"]),
            type=str(event["event"]),
            kind=kind,
            object_id=str(told[name]),
            occurred_at=occurred_at,
            snapshot=snapshot,
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise PayloadError("This is not an event of a custom integration.") from error
