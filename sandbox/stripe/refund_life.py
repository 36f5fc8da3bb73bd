"""What becomes of a refund: recorded, settled, failed days later, cancelled (reference 4.3)."""

from sandbox.jobs import schedule
from sandbox.stripe import shapes
from sandbox.stripe.context import PROVIDER, Context
from sandbox.stripe.customers import changes
from sandbox.stripe.fraud_warnings import settle_warnings
from sandbox.stripe.ledger import book
from sandbox.wire import Json

ENDED_BADLY = frozenset({"failed", "canceled"})
SETTLE_AFTER = 3 * shapes.DAY
FAIL_AFTER = 5 * shapes.DAY


def record_refund(ctx: Context, charge: Json, back: shapes.Reversal, how: str) -> Json:
    """Write a refund and correct its charge.

    `how` is succeeded, pending (settles days later), pending_then_fail, fail_later,
    requires_action, insufficient_funds (pending until settled by hand) or charge_pending.
    """
    body = shapes.refund(
        ctx.new_id("re_3" if charge["id"].startswith("ch") else "pyr_1"), charge, back
    )
    _shape_status(body, how)
    if body["status"] == "succeeded":
        body["balance_transaction"] = book(
            ctx, back.created, kind="refund", amount=-back.amount, source=body
        )
    before = dict(charge)
    charge["amount_refunded"] += back.amount
    charge["refunded"] = charge["amount_refunded"] >= (
        charge["amount_captured"] or charge["amount"]
    )
    ctx.shelf.add("refund", body)
    ctx.shelf.save("charge", charge)
    _schedule(ctx, body, how)
    ctx.emit("refund.created", body)
    ctx.emit("charge.refunded", charge, changes(before, charge))
    settle_warnings(ctx, charge)
    return body


def _shape_status(body: Json, how: str) -> None:
    if how in {"pending", "pending_then_fail"}:
        body.update(status="pending", pending_reason="processing")
    elif how in {"insufficient_funds", "charge_pending"}:
        body.update(status="pending", pending_reason=how)
    elif how == "requires_action":
        body["status"] = "requires_action"
        body["next_action"] = {
            "type": "display_details",
            "display_details": {
                "email_sent": {
                    "email_sent_at": body["created"],
                    "email_sent_to": "customer@example.com",
                },
                "expires_at": body["created"] + 45 * shapes.DAY,
            },
        }


def _schedule(ctx: Context, body: Json, how: str) -> None:
    plan = {
        "pending": ("settle_refund", SETTLE_AFTER),
        "pending_then_fail": ("fail_refund", FAIL_AFTER),
        "fail_later": ("fail_refund", FAIL_AFTER),
    }.get(how)
    if plan:
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=ctx.now + plan[1],
            name=plan[0],
            object_id=body["id"],
        )


def settle_refund(ctx: Context, refund_id: str) -> Json:
    """Let a pending refund succeed."""
    body = ctx.need("refund", refund_id)
    if body["status"] not in {"pending", "requires_action"}:
        return body
    before = dict(body)
    body["status"] = "succeeded"
    body.pop("pending_reason", None)
    body["balance_transaction"] = book(
        ctx, ctx.now, kind="refund", amount=-body["amount"], source=body
    )
    ctx.shelf.save("refund", body)
    ctx.emit("refund.updated", body, changes(before, body))
    return body


def fail_refund(ctx: Context, refund_id: str, reason: str = "expired_or_canceled_card") -> Json:
    """Let a refund fail, even after it succeeded: the money returns and the charge is corrected."""
    body = ctx.need("refund", refund_id)
    if body["status"] in ENDED_BADLY:
        return body
    before = dict(body)
    if body["status"] == "succeeded":
        body["failure_balance_transaction"] = book(
            ctx, ctx.now, kind="refund_failure", amount=body["amount"], source=body
        )
    body.update(status="failed", failure_reason=reason)
    body.pop("pending_reason", None)
    _give_back(ctx, body)
    ctx.emit("refund.updated", body, changes(before, body))
    ctx.emit("refund.failed", body)
    return body


def cancel_now(ctx: Context, body: Json) -> Json:
    """Cancel a refund and correct its charge."""
    before = dict(body)
    body.update(status="canceled", next_action=None)
    body.pop("pending_reason", None)
    _give_back(ctx, body)
    ctx.emit("refund.updated", body, changes(before, body))
    return body


def _give_back(ctx: Context, body: Json) -> None:
    ctx.shelf.save("refund", body)
    charge = ctx.need("charge", body["charge"])
    before = dict(charge)
    charge["amount_refunded"] -= body["amount"]
    charge["refunded"] = False
    ctx.shelf.save("charge", charge)
    ctx.emit("charge.updated", charge, changes(before, charge))
