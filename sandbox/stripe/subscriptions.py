"""Subscriptions: read, change, cancel now or later (reference 4.2, 6.3)."""

from sandbox.stripe.context import Context
from sandbox.wire import Json


def end_now(ctx: Context, body: Json, details: Json) -> Json:
    """End a subscription."""
    before = {"status": body["status"]}
    body.update(
        status="canceled",
        canceled_at=ctx.now,
        ended_at=ctx.now,
        cancellation_details=details,
    )
    ctx.shelf.save("subscription", body)
    ctx.emit("customer.subscription.deleted", body, before)
    return body


def end_when_due(ctx: Context, subscription_id: str) -> None:
    """End a subscription whose cancellation falls due."""
    body = ctx.shelf.find("subscription", subscription_id)
    if (
        body
        and body["cancel_at"]
        and body["cancel_at"] <= ctx.now
        and not body["ended_at"]
    ):
        end_now(ctx, body, body["cancellation_details"])
