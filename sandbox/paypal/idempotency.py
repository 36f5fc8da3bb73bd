"""PayPal-Request-Id: the stored request answers with the latest state (reference 4.1)."""

import hashlib
import json

from sandbox.paypal.errors import PayPalError
from sandbox.provider import Call
from sandbox.wire import Response


def kept_answer(call: Call, scope: str, life_s: int) -> Response | None:
    """Find what is kept under the call's key."""
    if call.key is None:
        return None
    row = call.db.execute(
        "SELECT * FROM idempotency WHERE scope = ? AND key = ? AND created > ?",
        (scope, call.key, call.now - life_s),
    ).fetchone()
    if row is None:
        return None
    if row["path"] != _path(call) or row["fingerprint"] != _fingerprint(call):
        _refuse_misuse(call)
    return Response(row["status"], row["body"], json.loads(row["headers"]))


def keep_answer(call: Call, scope: str, response: Response) -> None:
    """Keep an answer under the call's key, in the call's transaction."""
    if call.key is None:
        return
    call.db.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            scope,
            call.key,
            call.now,
            _path(call),
            _fingerprint(call),
            response.status,
            json.dumps(response.headers),
            response.body,
        ),
    )


def _path(call: Call) -> str:
    return f"{call.request.method} {call.request.path}"


def _fingerprint(call: Call) -> str:
    return hashlib.sha256(call.request.body).hexdigest()


def _refuse_misuse(call: Call) -> None:
    """Refuse another body; unsure, so a switch answers with the first instead."""
    row = call.db.execute("SELECT value FROM settings WHERE name = 'paypal.key_misuse'").fetchone()
    if row is not None and row[0] == "replay":
        return
    raise PayPalError(
        422,
        "UNPROCESSABLE_ENTITY",
        "The PayPal-Request-Id was used before with another request.",
        (
            {
                "issue": "PAYPAL_REQUEST_ID_PREVIOUSLY_USED",
                "description": "The PayPal-Request-Id was used before with another request.",
            },
        ),
    )
