"""Idempotency keys: answers kept for an hour by key, method, path and API key (reference B5)."""

import hashlib
import json

from sandbox.provider import Call
from sandbox.recurly.errors import malformed
from sandbox.wire import Identity, Request, Response

LIFE_S = 3600
MAX_KEY = 255
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def key_in(request: Request) -> str | None:
    """The key of a call for which Recurly keeps the answer."""
    key = request.headers.get("idempotency-key")
    return key if key and request.method in METHODS else None


def scope_of(request: Request, identity: Identity) -> str:
    """What a key belongs to. The body is no part of it."""
    secret = hashlib.sha256(identity.credential.encode()).hexdigest()[:16]
    return f"recurly/{secret}/{request.method} {request.path}"


def kept_answer(call: Call) -> Response | None:
    """Find the answer kept under the call's key; refuse a key that is too long."""
    if call.key is None:
        return None
    if len(call.key) > MAX_KEY:
        raise malformed("Idempotency-Key must be 255 characters or fewer.")
    row = call.db.execute(
        "SELECT * FROM idempotency WHERE scope = ? AND key = ? AND created > ?",
        (scope_of(call.request, call.identity), call.key, call.now - LIFE_S),
    ).fetchone()
    if row is None:
        return None
    headers = {**json.loads(row["headers"]), "Idempotency-Prior": "true"}
    return Response(row["status"], row["body"], headers)


def keep_answer(call: Call, response: Response) -> None:
    """Keep an answer under the call's key, in the call's transaction."""
    if call.key is None:
        return
    call.db.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            scope_of(call.request, call.identity),
            call.key,
            call.now,
            call.request.path,
            "",
            response.status,
            json.dumps(response.headers),
            response.body,
        ),
    )
