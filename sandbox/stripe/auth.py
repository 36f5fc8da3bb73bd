"""Who calls: secret and restricted keys, as Basic user name or Bearer (reference 8)."""

import base64
import binascii
import sqlite3

from sandbox.credentials import find_credential
from sandbox.stripe.errors import FORBIDDEN, UNAUTHORIZED, StripeError
from sandbox.wire import Identity, Request

PROVIDER = "stripe"
SHOWN = 4


def identify(request: Request, db: sqlite3.Connection) -> Identity:
    """Find the account a key opens, or refuse with 401."""
    secret = _secret(request.headers.get("authorization", ""))
    if not secret:
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization"
            " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=UNAUTHORIZED,
        )
    found = find_credential(db, PROVIDER, secret)
    if found is None:
        raise StripeError(f"Invalid API Key provided: {masked(secret)}", status=UNAUTHORIZED)
    if found.state != "active":
        raise StripeError(
            f"Expired API Key provided: {masked(secret)}",
            status=UNAUTHORIZED,
            code="api_key_expired",
        )
    return Identity(found.account, found.livemode, found.permissions, secret)


def check_permission(identity: Identity, permission: str) -> None:
    """Refuse a restricted key that lacks a permission, and name it."""
    granted = identity.permissions
    if granted is None or permission in granted:
        return
    if permission.endswith("_read") and permission.removesuffix("read") + "write" in granted:
        return
    raise StripeError(
        f"The provided key '{masked(identity.credential)}' does not have the required permissions"
        f" for this endpoint on account '{identity.account}'. Having the '{permission}' permission"
        " would allow this request to continue.",
        status=FORBIDDEN,
    )


def masked(secret: str) -> str:
    """Show a key as Stripe does: its kind and its last characters."""
    head = "_".join(secret.split("_")[:2]) if secret.count("_") >= 2 else secret[:3]  # noqa: PLR2004  kind and mode
    hidden = max(len(secret) - len(head) - 1 - SHOWN, 3)
    return f"{head}_{'*' * hidden}{secret[-SHOWN:]}"


def _secret(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
