"""The signature of notifications: HMAC-SHA1 under the SHA-1 of a private key (reference 3.3)."""

import hashlib
import hmac
import sqlite3

from sandbox.braintree.context import PROVIDER


def signature(db: sqlite3.Connection, account: str, payload: bytes) -> str | None:
    """`public|hex` for each active key of the merchant, joined by &; None without a key."""
    rows = db.execute(
        "SELECT credential FROM credentials WHERE provider = ? AND account = ? AND state = 'active'"
        " ORDER BY credential",
        (PROVIDER, account),
    ).fetchall()
    pairs = [row["credential"].partition(":") for row in rows]
    return "&".join(f"{public}|{_hex(private, payload)}" for public, _, private in pairs) or None


def _hex(private: str, payload: bytes) -> str:
    # S324: SHA-1 is what Braintree's scheme is made of.
    key = hashlib.sha1(private.encode()).digest()  # noqa: S324
    return hmac.new(key, payload, hashlib.sha1).hexdigest()
