"""Verifies Braintree's notifications, and turns them into hints.

A notification has no id and no limit of age, so nothing in it is believed beyond the ids: each
object is read again.
"""

import hashlib
import hmac
import json
import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from braintree.util.crypto import Crypto

from gateways.braintree import polling
from gateways.braintree.mapping import Obj, kind_of
from gateways.braintree.mapping.shape import MISSHAPEN
from gateways.braintree.mapping.values import ids, inner, many, text, when
from gateways.braintree.slices import UNREADABLE, tree
from gateways.contract import GatewayEvent, InboundRequest
from gateways.errors import PayloadError, SignatureError
from gateways.snapshots import ObjectKind

Subject = tuple[ObjectKind, str]
REFUND_FAILED = "refund_failed"
_CHALLENGE = re.compile(r"\A[a-f0-9]{20,32}\Z")


def parse_webhook(request: InboundRequest, *, secrets: Sequence[str]) -> list[GatewayEvent]:
    """Verify, then parse. A secret is the private key of one of the merchant's API keys."""
    verify(request.body, secrets=secrets)
    return events_of(request.body)


def verify(body: bytes, *, secrets: Sequence[str]) -> None:
    """SignatureError unless one of the signatures was made with one of the private keys.

    Braintree signs once for each API key of the merchant; whose public key stands beside a
    signature does not matter, because only our private keys are tried.
    """
    form = _form(body)
    payload, signature = form.get("bt_payload"), form.get("bt_signature", "")
    if payload is None or not payload.isascii():
        raise SignatureError("The notification is not signed.")
    theirs = [pair.partition("|")[2] for pair in signature.split("&") if "|" in pair]
    ours = [
        Crypto.sha1_hmac_hash(secret, text_)
        for secret in secrets
        if secret and secret.isascii()
        for text_ in (payload, f"{payload}\n")
    ]
    fits = (hmac.compare_digest(one, other) for one in ours for other in theirs if other.isascii())
    if not any(fits):
        raise SignatureError("The notification's signature does not fit.")


def challenge_answer(challenge: str, *, public_key: str, private_key: str) -> str:
    """What the address answers when the control panel checks it; SignatureError for other text."""
    if not _CHALLENGE.match(challenge):
        raise SignatureError("This is not a challenge of Braintree.")
    return f"{public_key}|{Crypto.sha1_hmac_hash(private_key, challenge)}"


def events_of(body: bytes) -> list[GatewayEvent]:
    """Parse a stored notification, or what polling found. PayloadError if it is neither."""
    try:
        if body.startswith(b'{"type": "' + polling.POLLED.encode()):
            return [polling.event_of(json.loads(body))]
        payload = _form(body)["bt_payload"]
        return _events(payload, tree(b64decode(payload))["notification"])
    except (*UNREADABLE, *MISSHAPEN) as error:
        raise PayloadError("This is not a Braintree notification.") from error


def _events(payload: str, notification: Obj) -> list[GatewayEvent]:
    # Line ends differ between a delivery and its repetition, the content does not.
    digest = hashlib.sha256("".join(payload.split()).encode()).hexdigest()
    kind, occurred_at = notification["kind"], when(notification["timestamp"])
    if not isinstance(kind, str) or not isinstance(occurred_at, datetime):
        raise PayloadError("The notification has no kind or no time.")
    subjects = _subjects(kind, inner(notification, "subject"))
    told: list[tuple[ObjectKind | None, str]] = [*subjects] or [(None, "")]
    return [
        GatewayEvent(
            event_id=f"{digest}-{number}" if number else digest,
            type=kind,
            kind=about,
            object_id=object_id,
            occurred_at=occurred_at,
        )
        for number, (about, object_id) in enumerate(told)
    ]


def _subjects(kind: str, subject: Obj) -> list[Subject]:
    """Which objects are read again because of this notification."""
    if kind == REFUND_FAILED:
        return _named(ObjectKind.REFUND, inner(subject, "transaction"))
    node = inner(subject, "api_error_response") or subject
    for name, reader in _SUBJECTS.items():
        found = inner(node, name)
        if found:
            return reader(found)
    # A revoked or changed payment method: its customer shows what is left.
    holders = (each.get("customer_id") for each in node.values() if isinstance(each, dict))
    return [(ObjectKind.CUSTOMER, text(each)) for each in holders if each]


def _named(kind: ObjectKind, obj: Obj) -> list[Subject]:
    return [(kind, text(obj.get("id")))] if obj.get("id") else []


def _transaction(obj: Obj) -> list[Subject]:
    return _named(kind_of(obj), obj)


def _dispute(obj: Obj) -> list[Subject]:
    return _named(ObjectKind.DISPUTE, obj) or _transaction(inner(obj, "transaction"))


def _subscription(obj: Obj) -> list[Subject]:
    own = _named(ObjectKind.SUBSCRIPTION, obj)
    # Newest first; the older ones are known.
    paid = many(obj, "transactions")[:1]
    return own + [one for each in paid for one in _transaction(each)]


def _disbursement(obj: Obj) -> list[Subject]:
    return [(ObjectKind.CHARGE, each) for each in ids(obj, "transaction_ids")]


def _review(obj: Obj) -> list[Subject]:
    return [(ObjectKind.CHARGE, text(obj["transaction_id"]))] if obj.get("transaction_id") else []


def _local_payment(obj: Obj) -> list[Subject]:
    return _transaction(inner(obj, "transaction"))


def _method(obj: Obj) -> list[Subject]:
    return [(ObjectKind.PAYMENT_METHOD, text(obj["token"]))] if obj.get("token") else []


_SUBJECTS: dict[str, Callable[[dict[str, Any] | Obj], list[Subject]]] = {
    "transaction": _transaction,
    "dispute": _dispute,
    "subscription": _subscription,
    "disbursement": _disbursement,
    "transaction_review": _review,
    "local_payment": _local_payment,
    "local_payment_funded": _local_payment,
    "payment_method_customer_data_updated_metadata": _method,
}


def _form(body: bytes) -> dict[str, str]:
    fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
