"""Webhooks and polled objects: verify and parse. What comes by webhook is a hint, never a picture.

A shop builds the body when it delivers, not when something happened, and signs no time.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence

from chargedesk.kit import clock
from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.woocommerce.documents import UNREADABLE, Obj
from gateways.woocommerce.mapping import snapshot
from gateways.woocommerce.mapping.orders import DRAFTS
from gateways.woocommerce.mapping.values import MISSHAPEN, Seen, ident, when

_PING = re.compile(rb"webhook_id=\d{1,19}")
_FORM = "application/x-www-form-urlencoded"
_POLLED = "polled"
_MODIFIED, _DELETED = "modified", "deleted"
# A body does not name its kind, and the header that does is not kept: fields only one kind has.
_TELLING = (
    ("billing_period", ObjectKind.SUBSCRIPTION),
    ("order_key", ObjectKind.CHARGE),
    ("discount_type", ObjectKind.COUPON),
    ("is_paying_customer", ObjectKind.CUSTOMER),
    ("catalog_visibility", ObjectKind.PRODUCT),
)
# What a body that is only an id may be about: each is asked for, and the shop tells which it was.
_DELETABLE = (ObjectKind.CHARGE, ObjectKind.SUBSCRIPTION, ObjectKind.CUSTOMER)


def parse_webhook(request: InboundRequest, *, secrets: Sequence[str]) -> list[GatewayEvent]:
    """Verify, then parse; nothing for the unsigned ping a shop sends when a webhook is made.

    Several secrets, because both the old and the new one are valid during a roll.
    """
    if _is_ping(request):
        return []
    verify(request, secrets=secrets)
    return parse_stored(request.body)


def verify(request: InboundRequest, *, secrets: Sequence[str]) -> None:
    """SignatureError unless the signature fits one of the secrets."""
    told = request.headers.get("x-wc-webhook-signature", "").strip().encode()
    expected = [_signature(secret, request.body) for secret in secrets if secret]
    if not told or not any(hmac.compare_digest(ours, told) for ours in expected):
        raise SignatureError("The webhook's signature does not fit.")


def parse_stored(body: bytes) -> list[GatewayEvent]:
    """Parse a webhook's body, or what `event_of_polled` wrote. PayloadError if it is neither."""
    try:
        obj = json.loads(body.decode())
        if _POLLED in obj:
            kind, picture = ObjectKind(obj[_POLLED]), obj["object"]
            return [_modified(kind, picture, snapshot=_complete(kind, picture), raw=b"")]
        kinds = [kind for field, kind in _TELLING if field in obj]
        return [_modified(kinds[0], obj)] if kinds else _deleted(obj)
    except (*UNREADABLE, *MISSHAPEN) as error:
        raise PayloadError("This is not news of a WooCommerce shop.") from error


def event_of_polled(kind: ObjectKind, obj: Obj, raw: bytes) -> GatewayEvent:
    """The event of an object in a list of modified ones; PayloadError if it is none."""
    try:
        return _modified(
            kind,
            obj,
            snapshot=_complete(kind, obj),
            raw=b'{"%s":"%s","object":%s}' % (_POLLED.encode(), kind.encode(), raw),
        )
    except MISSHAPEN as error:
        raise PayloadError("The shop listed something without an id or time.") from error


def _modified(
    kind: ObjectKind, obj: Obj, *, snapshot: AnySnapshot | None = None, raw: bytes = b""
) -> GatewayEvent:
    return GatewayEvent(
        event_id=f"{kind}:{ident(obj)}:{_digest(obj)}",
        type=f"{kind}.{_MODIFIED}",
        kind=kind,
        object_id=ident(obj),
        occurred_at=when(obj.get("date_modified_gmt") or obj.get("date_created_gmt"))
        or clock.now(),
        snapshot=snapshot,
        raw=raw,
    )


def _deleted(obj: Obj) -> list[GatewayEvent]:
    if set(obj) != {"id"}:
        raise ValueError("neither an object nor the id of a deleted one")
    return [
        GatewayEvent(
            event_id=f"{kind}:{ident(obj)}:{_DELETED}",
            type=f"{kind}.{_DELETED}",
            kind=kind,
            object_id=ident(obj),
            occurred_at=clock.from_unix(0),
        )
        for kind in _DELETABLE
    ]


def _complete(kind: ObjectKind, obj: Obj) -> AnySnapshot | None:
    """The picture of a polled object; None where more must be read to tell what it shows."""
    is_plain_order = (
        kind is ObjectKind.CHARGE and not obj.get("refunds") and obj.get("status") not in DRAFTS
    )
    as_of = when(obj.get("date_modified_gmt"))
    if as_of is None or not (is_plain_order or kind is ObjectKind.PRODUCT):
        return None
    try:
        return snapshot(kind, obj, Seen(as_of=as_of, raw=json.dumps(obj).encode()))
    except PayloadError:
        return None


def _digest(obj: Obj) -> str:
    # Two changes within one second have the same time; links differ between webhook and list.
    told = {key: value for key, value in obj.items() if key != "_links"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def _is_ping(request: InboundRequest) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_marked = any(name.startswith("x-wc-webhook-") for name in request.headers)
    return kind == _FORM and not is_marked and _PING.fullmatch(request.body) is not None
