"""Posts webhooks to the running product as a provider, or an attacker, would."""

import hashlib
import hmac
import json
import time
from typing import Any

import requests

from chargedesk.tenants.credentials import webhook_secrets
from chargedesk.tenants.models import Connection
from tests.services.accounts import reread


def signature(body: bytes, secret: str, *, made_at: int | None = None) -> str:
    """Sign as Stripe documents it: HMAC-SHA256 over `t.body`."""
    made_at = int(time.time()) if made_at is None else made_at
    digest = hmac.new(secret.encode(), f"{made_at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={made_at},v1={digest}"


def secret_of(connection: Connection) -> str:
    """The newest secret of the connection."""
    return webhook_secrets(reread(connection))[0]


def post(
    base_url: str,
    connection: Connection,
    body: bytes | dict[str, Any],
    *,
    header: str | None = None,
    gateway: str = "stripe",
) -> requests.Response:
    """Post one webhook, signed correctly unless `header` says otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    if header is None:
        header = signature(raw, secret_of(connection))
    return requests.post(
        f"{base_url}/webhooks/{gateway}/{connection.id}/",
        data=raw,
        headers={"Stripe-Signature": header, "Content-Type": "application/json"},
        timeout=30,
    )
