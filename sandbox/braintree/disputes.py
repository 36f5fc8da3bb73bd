"""Disputes: opened and decided by banks, shown beside their transaction (reference 6.5)."""

from sandbox.braintree.context import Context, Result, day, instant
from sandbox.braintree.shapes import DAY
from sandbox.wire import Json


def find(ctx: Context) -> Result:
    """GET disputes/*."""
    body = ctx.need("dispute", ctx.args[0])
    return Result("dispute", body, ids=(body["id"],))


def open_dispute(
    ctx: Context, of: Json, *, reason: str = "fraud", kind: str = "chargeback"
) -> Json:
    """A bank asks the money of a sale back."""
    body: Json = {
        "id": ctx.new_id(),
        "created": ctx.now,
        "amount": of["amount"],
        "amount_disputed": of["amount"],
        "amount_won": "0.00",
        "case_number": f"CASE-{of['id']}",
        "created_at": instant(ctx.now),
        "updated_at": instant(ctx.now),
        "currency_iso_code": of["currency_iso_code"],
        "kind": kind,
        "merchant_account_id": of["merchant_account_id"],
        "reason": reason,
        "reason_code": "83",
        "received_date": day(ctx.now),
        "reply_by_date": day(ctx.now + 7 * DAY),
        "reference_number": f"REF-{of['id']}",
        "status": "open",
        "status_history": [_event("open", ctx.now)],
        "evidence": [],
        "transaction": {
            "id": of["id"],
            "amount": of["amount"],
            "created_at": of["created_at"],
            "order_id": of["order_id"],
            "payment_instrument_subtype": "Visa",
        },
    }
    ctx.shelf.add("dispute", body)
    of["_disputed"] = [*of.get("_disputed", []), day(ctx.now)]
    of["updated_at"] = instant(ctx.now)
    ctx.shelf.save("transaction", of)
    ctx.tell("dispute_opened", "dispute", body)
    return body


def turn(ctx: Context, body: Json, status: str) -> Json:
    """Decide, accept or review a dispute."""
    body["status"] = status
    body["updated_at"] = instant(ctx.now)
    body["status_history"] = [*body["status_history"], _event(status, ctx.now)]
    if status == "won":
        body["amount_won"] = body["amount_disputed"]
    ctx.shelf.save("dispute", body)
    ctx.tell(f"dispute_{status}", "dispute", body)
    return body


def _event(status: str, at: float) -> Json:
    return {"status": status, "timestamp": instant(at), "effective_date": day(at)}
