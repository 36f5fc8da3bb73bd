"""recurly-signature: milliseconds and HMAC-SHA256 over `ms.body`, per secret (reference B4)."""

import hashlib
import hmac
import sqlite3
import time

from sandbox.provider import Parcel
from sandbox.shelf import Shelf


def parcel(db: sqlite3.Connection, delivery: sqlite3.Row) -> Parcel | None:
    """Sign a stored webhook; None if its endpoint has been removed."""
    endpoint = Shelf(db, delivery["shelf"], {}).find("endpoint", delivery["endpoint"])
    if endpoint is None:
        return None
    # The receiver judges the age with a clock of its own, which a test's clock does not move.
    made_at = time.time_ns() // 1_000_000
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Recurly Webhooks (sandbox)",
        "recurly-signature": signature_header(delivery["body"], endpoint["secrets"], made_at),
        "Connection": "close",
    }
    return Parcel(headers, delivery["body"])


def signature_header(body: bytes, secrets: list[str], made_at: int) -> str:
    """Sign with each secret: two values arrive while a secret is being exchanged."""
    message = f"{made_at}.".encode() + body
    signed = [hmac.new(each.encode(), message, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([str(made_at), *signed])
