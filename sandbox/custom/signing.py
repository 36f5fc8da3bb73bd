"""Standard Webhooks: `webhook-signature` is base64 HMAC-SHA256 over `id.timestamp.body`."""

import base64
import binascii
import hashlib
import hmac
import sqlite3
import time

from sandbox.provider import Parcel
from sandbox.shelf import Shelf
from sandbox.wire import Request

PREFIX = "whsec_"
TOLERANCE_S = 300


def is_signed(request: Request, secret: str) -> bool:
    """Whether a call carries this secret's signature, made within five minutes."""
    stamp = request.headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE_S:
        return False
    ours = signature(secret, request.headers.get("webhook-id", ""), stamp, request.body)
    theirs = request.headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(ours.encode(), each.encode()) for each in theirs)


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """One signature, with its version."""
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def parcel(db: sqlite3.Connection, delivery: sqlite3.Row) -> Parcel | None:
    """Sign a stored webhook; None if its endpoint has been removed."""
    shelf = Shelf(db, delivery["shelf"], {})
    endpoint, site = shelf.find("endpoint", delivery["endpoint"]), shelf.find("site", "site")
    if endpoint is None or site is None:
        return None
    # The receiver judges the age with a clock of its own, which a test's clock does not move.
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery["event"],
        "webhook-timestamp": stamp,
        "webhook-signature": signature(site["secret"], delivery["event"], stamp, delivery["body"]),
        "Connection": "close",
    }
    return Parcel(headers, delivery["body"])


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
