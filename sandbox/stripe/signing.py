"""Stripe-Signature: t and v1 over `t.body`, keyed with the whole secret (reference 3.1)."""

import hashlib
import hmac
import sqlite3
import time

from sandbox.provider import Parcel
from sandbox.shelf import Shelf
from sandbox.stripe.context import INDEXED


def parcel(db: sqlite3.Connection, delivery: sqlite3.Row) -> Parcel | None:
    """Sign a stored webhook; None if its endpoint has been deleted."""
    shelf = Shelf(db, delivery["shelf"], INDEXED)
    if shelf.find("webhook_endpoint", delivery["endpoint"]) is None:
        return None
    secrets = shelf.hidden("webhook_endpoint", delivery["endpoint"])["secrets"]
    # The receiver judges the age with a clock of its own, which a test's clock does not move.
    signature = signature_header(delivery["body"], secrets, int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (sandbox)",
        "Stripe-Signature": signature,
        "Connection": "close",
    }
    return Parcel(headers, delivery["body"])


def signature_header(body: bytes, secrets: list[str], timestamp: int) -> str:
    """Sign with each secret: two values arrive while a secret is being rolled."""
    message = f"{timestamp}.".encode() + body
    values = [hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={value}" for value in values)])
