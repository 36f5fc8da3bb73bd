"""PayPal's webhook signature: RSA over id, time, webhook id and CRC32 of the body (reference 3.2).

Each sandbox makes a certificate authority and a certificate of its own; the authority's
certificate is served beside it, which PayPal has no need to do.
"""

import base64
import json
import sqlite3
import time
import uuid
import zlib

from sandbox.paypal.auth import CERTS_PATH, PREFIX
from sandbox.paypal.certificates import Key, certificate
from sandbox.paypal.context import INDEXED, iso
from sandbox.provider import Parcel
from sandbox.shelf import Shelf
from sandbox.store import keep_setting

CERT = "CERT-360caa42-sandbox"
AUTHORITY = "authority"
HOST = "messageverificationcerts.sandbox.paypal.com"
ISSUER = "Sandbox certificate authority"


def make_certificates(db: sqlite3.Connection) -> None:
    """Make key, authority and certificate once per store."""
    key = Key.make()
    for name, value in (
        ("key", json.dumps(key.kept())),
        ("chain", certificate(key, issuer=ISSUER, subject=HOST, is_authority=False)),
        ("authority", certificate(key, issuer=ISSUER, subject=ISSUER, is_authority=True)),
    ):
        keep_setting(db, name=f"paypal.signing.{name}", value=value)


def certificate_text(db: sqlite3.Connection, path: str) -> str:
    """What is served below /v1/notifications/certs/; empty for anything unknown."""
    names = {CERT: "chain", AUTHORITY: "authority"}
    wanted = names.get(path.removeprefix(CERTS_PATH))
    return _setting(db, wanted) if wanted else ""


def parcel(db: sqlite3.Connection, delivery: sqlite3.Row) -> Parcel | None:
    """Sign a stored webhook; None if its endpoint has been deleted."""
    endpoint = Shelf(db, delivery["shelf"], INDEXED).find("webhook", delivery["endpoint"])
    if endpoint is None:
        return None
    # The receiver judges the age with a clock of its own, which a test's clock does not move.
    headers = signature_headers(
        delivery["body"], endpoint["id"], _setting(db, "key"), at=time.time()
    )
    headers |= {
        "Content-Type": "application/json",
        "User-Agent": "PayPal/AUHD-sandbox",
        "Connection": "close",
    }
    return Parcel(headers, delivery["body"])


def signature_headers(body: bytes, webhook_id: str, key_text: str, *, at: float) -> dict[str, str]:
    """The five headers of a transmission."""
    number, made_at = str(uuid.uuid4()), iso(at)
    message = f"{number}|{made_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    signature = Key.read(json.loads(key_text)).sign(message)
    return {
        "PAYPAL-TRANSMISSION-ID": number,
        "PAYPAL-TRANSMISSION-TIME": made_at,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode(),
        "PAYPAL-CERT-URL": "https://api.sandbox.paypal.com"
        + CERTS_PATH.removeprefix(PREFIX)
        + CERT,
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


def _setting(db: sqlite3.Connection, name: str) -> str:
    row = db.execute(
        "SELECT value FROM settings WHERE name = ?", (f"paypal.signing.{name}",)
    ).fetchone()
    return str(row[0]) if row is not None else ""
