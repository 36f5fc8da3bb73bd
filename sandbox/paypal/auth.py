"""Who calls: client credentials for a token, and the token for everything else (reference 8)."""

import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
import time

from sandbox.credentials import Credential, find_credential
from sandbox.paypal.errors import PayPalError, debug_id, unauthorized
from sandbox.wire import Identity, Json, Request, Response, json_response

PROVIDER = "paypal"
PREFIX = f"/{PROVIDER}"
TOKEN_PATH = f"{PREFIX}/v1/oauth2/token"
CERTS_PATH = f"{PREFIX}/v1/notifications/certs/"
SERVICES = "https://uri.paypal.com/services/"
LIFE_S = 32_400
# What a token is signed with: it only has to survive a restart, nothing secret hangs on it.
_SEAL = b"a sandbox that plays PayPal"

SCOPES = (
    "payments/payment/authcapture",
    "payments/refund",
    "payments/payment",
    "subscriptions",
    "reporting/search/read",
    "invoicing/invoices/read",
    "invoicing/invoices/readwrite",
    "disputes/read-seller",
    "disputes/update-seller",
    "applications/webhooks",
)


def identify(request: Request, db: sqlite3.Connection) -> Identity | Response:
    """Find the account, or refuse with 401."""
    if request.path.startswith(CERTS_PATH):
        return Identity("")
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if request.path == TOKEN_PATH:
        return _by_secret(value if scheme.lower() == "basic" else "", db)
    return _by_token(value if scheme.lower() == "bearer" else "", db)


def issue_token(identity: Identity, *, now: float, life_s: int) -> Json:
    """The answer of the token endpoint."""
    claims = {"client": identity.credential, "at": now, "until": now + life_s}
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    granted = SCOPES if identity.permissions is None else sorted(identity.permissions)
    return {
        "scope": " ".join(SERVICES + name for name in granted),
        "access_token": f"A21AA{text}.{_sealed(text)}",
        "token_type": "Bearer",
        "app_id": f"APP-{hashlib.sha256(identity.credential.encode()).hexdigest()[:17].upper()}",
        "expires_in": life_s,
        "nonce": "2026-01-01T00:00:00Z" + text[:8],
    }


def check_permission(identity: Identity, scope: str) -> None:
    """Refuse a token without the scope."""
    granted = identity.permissions
    if not scope or granted is None or scope in granted or f"{scope}write" in granted:
        return
    raise PayPalError(
        403,
        "NOT_AUTHORIZED",
        "Authorization failed due to insufficient permissions.",
        (
            {
                "issue": "PERMISSION_DENIED",
                "description": "You do not have permission to access or perform operations on"
                " this resource.",
            },
        ),
    )


def _by_secret(value: str, db: sqlite3.Connection) -> Identity | Response:
    try:
        client, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        client = secret = ""
    found = find_credential(db, PROVIDER, client) if client else None
    if found is None or found.state != "active" or secret != secret_of(client):
        refusal = {
            "error": "invalid_client",
            "error_description": "Client Authentication failed",
        }
        return json_response(401, refusal, {"PayPal-Debug-Id": debug_id()})
    return _identity(found)


def _by_token(token: str, db: sqlite3.Connection) -> Identity | Response:
    text, _, seal = token.removeprefix("A21AA").partition(".")
    if not text or not hmac.compare_digest(seal, _sealed(text)):
        return unauthorized()
    claims = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    found = find_credential(db, PROVIDER, claims["client"])
    row = db.execute(
        "SELECT value FROM settings WHERE name = ?",
        (f"{PROVIDER}.tokens_since.{claims['client']}",),
    ).fetchone()
    is_old = row is not None and claims["at"] < float(row[0])
    if found is None or found.state != "active" or is_old or claims["until"] < _now(db):
        return unauthorized()
    return _identity(found)


def secret_of(client: str) -> str:
    """The client secret that belongs to a client id; all of them are fictitious."""
    return f"secret_of_{client}"


def _identity(found: Credential) -> Identity:
    return Identity(found.account, found.livemode, found.permissions, found.secret)


def _sealed(text: str) -> str:
    return hmac.new(_SEAL, text.encode(), hashlib.sha256).hexdigest()[:32]


def _now(db: sqlite3.Connection) -> float:

    row = db.execute("SELECT value FROM settings WHERE name = 'clock_offset_s'").fetchone()
    return time.time() + (float(row[0]) if row is not None else 0.0)
