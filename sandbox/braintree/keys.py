"""`api_request_key`: the answer kept for thirty days, and the refusals around it (4.1)."""

import hashlib
import json

from sandbox.braintree.context import Context
from sandbox.braintree.errors import OK_STATUSES, BraintreeError
from sandbox.wire import Response

LIFE_S = 30 * 24 * 3600
LONGEST = 255


def kept_answer(ctx: Context) -> Response | None:
    """The answer this key got before; refuses a key that is misused or spent."""
    call = ctx.call
    if call.key is None:
        return None
    if ctx.setting(f"keys_allowed.{ctx.account}", "1") != "1":
        raise BraintreeError(code="915231", on="api_request_key")
    if len(call.key) > LONGEST:
        raise BraintreeError(code="915230", on="api_request_key")
    row = call.db.execute(
        "SELECT * FROM idempotency WHERE scope = ? AND key = ? AND created > ?",
        (ctx.shelf.name, call.key, call.now - LIFE_S),
    ).fetchone()
    if row is None:
        return None
    if (row["path"], row["fingerprint"]) != (_place(ctx), _fingerprint(ctx)):
        raise BraintreeError(code="915232", on="api_request_key")
    if row["status"] not in OK_STATUSES:
        failed = "915234" if row["status"] < 500 else "915235"  # noqa: PLR2004  server errors
        raise BraintreeError(code=failed, on="api_request_key")
    return Response(row["status"], row["body"], json.loads(row["headers"]))


def keep_answer(ctx: Context, response: Response) -> None:
    """Keep an answer under the call's key, in the call's transaction."""
    call = ctx.call
    if call.key is None:
        return
    call.db.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            ctx.shelf.name,
            call.key,
            call.now,
            _place(ctx),
            _fingerprint(ctx),
            response.status,
            json.dumps(response.headers),
            response.body,
        ),
    )


def _place(ctx: Context) -> str:
    return f"{ctx.call.request.method} {ctx.call.request.path}"


def _fingerprint(ctx: Context) -> str:
    return hashlib.sha256(json.dumps(ctx.params, sort_keys=True).encode()).hexdigest()
