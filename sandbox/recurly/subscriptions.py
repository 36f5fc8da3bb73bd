"""Ending and pausing subscriptions (reference B6)."""

from sandbox.jobs import schedule
from sandbox.recurly.context import PROVIDER, Context, Result, seconds, stamp
from sandbox.recurly.errors import RecurlyError, invalid, malformed
from sandbox.wire import Json

ENDED = frozenset({"expired", "failed"})
FRAMES = {"bill_date": "current_period_ends_at", "term_end": "current_term_ends_at"}


def cancel(ctx: Context) -> Result:
    """PUT /subscriptions/*/cancel: it runs on to the end of its period or term."""
    frame = ctx.params.get("timeframe", "term_end")
    if frame not in FRAMES:
        raise malformed("timeframe is not valid", "timeframe")
    body = changeable(ctx)
    if body["state"] == "canceled":
        raise _immutable("The subscription is already canceled.")
    end_later(ctx, body, frame)
    return Result(body, "subscription.updated", (body["id"],))


def end_later(ctx: Context, body: Json, frame: str = "term_end") -> Json:
    """Let it run on to the end of its period or term, whoever asks."""
    if body["state"] == "future":
        body["state"] = "failed"
    else:
        ends = body[FRAMES[frame]]
        body.update(state="canceled", auto_renew=False, expires_at=ends)
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=seconds(ends),
            name="expire_subscription",
            object_id=body["id"],
        )
    body["canceled_at"] = stamp(ctx.now)
    ctx.save("subscription", body)
    ctx.emit("subscription", "canceled", body)
    return body


def terminate(ctx: Context) -> Result:
    """DELETE /subscriptions/*: at once; nothing is refunded here, whatever `refund` says."""
    if ctx.params.get("refund", "none") != "none":
        raise malformed("The sandbox terminates without a refund only.", "refund")
    return Result(expire(ctx, changeable(ctx)), "subscription.canceled", ctx.args)


def reactivate(ctx: Context) -> Result:
    """PUT /subscriptions/*/reactivate: not from expired or failed."""
    body = changeable(ctx)
    body.update(state="active", auto_renew=True, expires_at=None, canceled_at=None)
    ctx.save("subscription", body)
    ctx.emit("subscription", "reactivated", body)
    return Result(body, "subscription.updated", (body["id"],))


def pause(ctx: Context) -> Result:
    """PUT /subscriptions/*/pause: from the next renewal on; no cycles drop or end a pause."""
    cycles = ctx.params.get("remaining_pause_cycles")
    if not isinstance(cycles, int) or isinstance(cycles, bool) or cycles < 0:
        raise invalid("remaining_pause_cycles is required", "remaining_pause_cycles")
    body = changeable(ctx)
    if body["state"] == "canceled":
        raise invalid("A canceled subscription cannot be paused.", "state")
    if body["state"] == "paused" and not cycles:
        return resume(ctx)
    body["remaining_pause_cycles"] = cycles or None
    ctx.save("subscription", body)
    ctx.emit("subscription", "updated", body)
    return Result(body, "subscription.updated", (body["id"],))


def resume(ctx: Context) -> Result:
    """PUT /subscriptions/*/resume: only one that stands still already."""
    body = changeable(ctx)
    if body["state"] != "paused":
        raise invalid(f"Unable to resume {body['state']} subscription", "state")
    body.update(state="active", paused_at=None, remaining_pause_cycles=None)
    ctx.save("subscription", body)
    ctx.emit("subscription", "resumed", body)
    return Result(body, "subscription.updated", (body["id"],))


def begin_pause(ctx: Context, body: Json) -> Json:
    """What the next renewal does to a subscription whose pause was planned."""
    body.update(state="paused", paused_at=stamp(ctx.now))
    ctx.save("subscription", body)
    ctx.emit("subscription", "paused", body)
    return body


def expire(ctx: Context, body: Json) -> Json:
    """End a subscription now."""
    body.update(
        state="expired",
        expires_at=stamp(ctx.now),
        canceled_at=body["canceled_at"] or stamp(ctx.now),
        auto_renew=False,
        expiration_reason="canceled",
    )
    ctx.save("subscription", body)
    ctx.emit("subscription", "expired", body)
    return body


def changeable(ctx: Context) -> Json:
    body = ctx.need("subscription", ctx.args[0])
    if body["state"] in ENDED:
        raise _immutable("An expired subscription cannot be changed.")
    return body


def _immutable(message: str) -> RecurlyError:
    return RecurlyError(422, "immutable_subscription", message)
