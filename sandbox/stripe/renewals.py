"""Subscriptions renew when their period ends: a new period, an invoice and its payment."""

import random

from sandbox.stripe.bills import Part, Wanted, collect, whole_period
from sandbox.stripe.cards import method_of
from sandbox.stripe.context import Context
from sandbox.stripe.customers import changes
from sandbox.stripe.history import Historian, months_later, schedule_renewal
from sandbox.stripe.plan_changes import keep_pending, pending
from sandbox.wire import Json

RENEWING = frozenset({"active", "trialing"})


def renew_when_due(ctx: Context, subscription_id: str) -> None:
    """Renew a subscription that is alive and whose period is over."""
    body = ctx.shelf.find("subscription", subscription_id)
    if body is None or body["status"] not in RENEWING or body["pause_collection"]:
        return
    item = body["items"]["data"][0]
    if item["current_period_end"] > ctx.now or _ends_now(ctx, body):
        return
    before = dict(body)
    step = 12 if item["price"]["recurring"]["interval"] == "year" else 1
    start = item["current_period_end"]
    item.update(current_period_start=start, current_period_end=months_later(start, step))
    body.update(status="active", latest_invoice=_bill(ctx, body))
    ctx.shelf.save("subscription", body)
    ctx.emit("customer.subscription.updated", body, changes(before, body))
    schedule_renewal(ctx, body)


def renew_now(ctx: Context, body: Json, _order: Json) -> Json:
    """Renew at once: the current period ends now."""
    body["items"]["data"][0]["current_period_end"] = ctx.now
    ctx.shelf.save("subscription", body)
    renew_when_due(ctx, body["id"])
    return ctx.need("subscription", body["id"])


def fail_renewal(ctx: Context, body: Json, _order: Json) -> Json:
    """Let the payment of the next period be declined: past due, with an open invoice."""
    before = dict(body)
    item = body["items"]["data"][0]
    step = 12 if item["price"]["recurring"]["interval"] == "year" else 1
    item.update(current_period_start=ctx.now, current_period_end=months_later(ctx.now, step))
    body.update(status="past_due", latest_invoice=_bill(ctx, body, "open"))
    ctx.shelf.save("subscription", body)
    ctx.emit("customer.subscription.updated", body, changes(before, body))
    return body


def _ends_now(ctx: Context, body: Json) -> bool:
    return body["cancel_at"] is not None and body["cancel_at"] <= ctx.now


def _bill(ctx: Context, body: Json, status: str = "paid") -> str:
    who = ctx.need("customer", body["customer"])
    waiting = pending(ctx, body)
    if waiting:
        return _bill_with(ctx, body, who, waiting)
    # S311: nothing secret, only an order number that looks like life.
    book = Historian(ctx, random.Random(body["id"]))  # noqa: S311
    book.methods[who["id"]] = method_of(ctx, body["default_payment_method"])
    item = body["items"]["data"][0]
    period = (item["current_period_start"], item["current_period_end"])
    invoice_id = book.bill(who, body, period, status, is_first=False)
    ctx.shelf.save("customer", who)
    return invoice_id


def _bill_with(ctx: Context, body: Json, who: Json, waiting: list[Part]) -> str:
    """One invoice for the new period and for what waited for it."""
    item = body["items"]["data"][0]
    period = (item["current_period_start"], item["current_period_end"])
    parts = (*waiting, whole_period(item, period))
    bill = collect(ctx, Wanted(who, body, parts, "subscription_cycle", period), must_be_paid=False)
    keep_pending(ctx, body, [])
    return str(bill["id"])
