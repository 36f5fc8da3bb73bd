"""Stripe's idempotency keys: answers kept for 24 hours per account and replayed (reference 4.1)."""

import hashlib
import json
from urllib.parse import parse_qsl

from sandbox.provider import Call
from sandbox.stripe.errors import StripeError
from sandbox.wire import Request, Response

LIFE_S = 24 * 3600
MAX_KEY = 255


def fingerprint(request: Request) -> str:
    """Digest the parameters of a call, whatever their order."""
    pairs = sorted(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()


def kept_answer(call: Call, scope: str) -> Response | None:
    """Find the answer kept under the call's key; refuse a key used for something else."""
    if call.key is None:
        return None
    row = call.db.execute(
        "SELECT * FROM idempotency WHERE scope = ? AND key = ? AND created > ?",
        (scope, call.key, call.now - LIFE_S),
    ).fetchone()
    if row is None:
        return None
    if row["path"] != f"{call.request.method} {call.request.path}":
        raise _misuse(call.key, "for the same endpoint they were first used for")
    if row["fingerprint"] != fingerprint(call.request):
        raise _misuse(call.key, "with the same parameters they were first used with")
    headers = {**json.loads(row["headers"]), "Idempotent-Replayed": "true"}
    return Response(row["status"], row["body"], headers)


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
            f"{call.request.method} {call.request.path}",
            fingerprint(call.request),
            response.status,
            json.dumps(response.headers),
            response.body,
        ),
    )


def check_key(key: str) -> None:
    """Refuse a key that is too long."""
    if len(key) > MAX_KEY:
        raise StripeError(
            f"Idempotency keys must be at most {MAX_KEY} characters.",
            kind="idempotency_error",
        )


def _misuse(key: str, rule: str) -> StripeError:
    return StripeError(
        f"Keys for idempotent requests can only be used {rule}. Try using a key other than"
        f" '{key}' if you meant to execute a different request.",
        kind="idempotency_error",
    )
