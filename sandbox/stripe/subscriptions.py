"""Subscriptions: read, change, cancel now or later (reference 4.2, 6.3)."""

import copy

from sandbox.jobs import schedule
from sandbox.shelf import Match
from sandbox.stripe import cards
from sandbox.stripe.bills import Wanted, collect, whole_period
from sandbox.stripe.context import PROVIDER, Context, Result
from sandbox.stripe.customers import changes
from sandbox.stripe.discounts import replaced_discounts
from sandbox.stripe.errors import StripeError, missing, refused
from sandbox.stripe.forms import choice, flag, merged_metadata, whole
from sandbox.stripe.lists import listing
from sandbox.stripe.periods import period_after
from sandbox.stripe.plan_changes import PRORATION_BEHAVIOR, apply_items
from sandbox.stripe.prorations import credit_unused_time
from sandbox.stripe.routes import route
from sandbox.wire import Json

ENDED = frozenset({"canceled", "incomplete_expired"})
STATUSES = (
    "active",
    "past_due",
    "unpaid",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "trialing",
    "paused",
    "all",
    "ended",
)
FEEDBACK = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)
UPDATABLE = (
    "add_invoice_items application_fee_percent automatic_tax billing_cycle_anchor"
    " billing_schedules billing_thresholds cancel_at cancel_at_period_end cancellation_details"
    " collection_method days_until_due default_payment_method default_source default_tax_rates"
    " description discounts invoice_settings items metadata off_session on_behalf_of"
    " pause_collection payment_behavior payment_settings pending_invoice_item_interval"
    " proration_behavior proration_date transfer_data trial_end trial_from_plan trial_settings"
)
ONLY_ALLOWED_WHEN_ENDED = frozenset({"cancellation_details", "metadata", "expand"})


def list_subscriptions(ctx: Context) -> Result:
    """GET /v1/subscriptions: without a status, ended ones are left out."""
    wanted = choice(ctx.params, "status", STATUSES)
    always: tuple[Match, ...] = ()
    if wanted is None:
        always = (Match("status", ("canceled",), negated=True),)
    elif wanted == "ended":
        always = (Match("status", tuple(sorted(ENDED))),)
    elif wanted != "all":
        always = (Match("status", (wanted,)),)
    filters = {
        "customer": "customer",
        "price": "items.data.price.id",
        "plan": "items.data.price.id",
        "collection_method": "collection_method",
    }
    return listing(ctx, "subscription", "/v1/subscriptions", filters=filters, always=always)


def retrieve_subscription(ctx: Context) -> Result:
    """GET /v1/subscriptions/*: ended ones are still there."""
    return Result(ctx.need("subscription", ctx.args[0]))


def update_subscription(ctx: Context) -> Result:
    """POST /v1/subscriptions/*."""
    body = ctx.need("subscription", ctx.args[0])
    if body["status"] in ENDED and set(ctx.params) - ONLY_ALLOWED_WHEN_ENDED:
        raise refused(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    before = copy.deepcopy(body)
    _apply_cancellation(ctx, body)
    _apply_details(ctx, body)
    if "description" in ctx.params:
        body["description"] = ctx.params["description"] or None
    if "default_payment_method" in ctx.params:
        if ctx.params["default_payment_method"]:
            cards.card(ctx, ctx.params["default_payment_method"], body["customer"])
        body["default_payment_method"] = ctx.params["default_payment_method"] or None
    if "pause_collection" in ctx.params:
        body["pause_collection"] = _pause(ctx.params["pause_collection"])
    body["discounts"] = replaced_discounts(ctx, body)
    apply_items(ctx, body)
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)
    ctx.shelf.save("subscription", body)
    ctx.emit("customer.subscription.updated", body, changes(before, body))
    return Result(body, "subscription.updated", (body["id"], body["customer"]))


def _apply_cancellation(ctx: Context, body: Json) -> None:
    at_end, cancel_at = flag(ctx.params, "cancel_at_period_end"), ctx.params.get("cancel_at")
    if at_end is not None and cancel_at is not None:
        raise StripeError(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            param="cancel_at",
        )
    if at_end is not None:
        _cancel_at(ctx, body, _period_end(body, "min_period_end") if at_end else None)
        body["cancel_at_period_end"] = at_end
    elif cancel_at is not None:
        _cancel_at(ctx, body, _moment(ctx, body, cancel_at))
        body["cancel_at_period_end"] = False


def _moment(ctx: Context, body: Json, cancel_at: str) -> int | None:
    if cancel_at == "":
        return None
    if cancel_at in {"min_period_end", "max_period_end"}:
        return _period_end(body, cancel_at)
    moment = whole(ctx.params, "cancel_at")
    if moment is not None and moment <= ctx.now:
        raise StripeError("The cancel_at timestamp must be in the future.", param="cancel_at")
    return moment


def _period_end(body: Json, which: str) -> int:
    ends = [int(item["current_period_end"]) for item in body["items"]["data"]]
    return min(ends) if which == "min_period_end" else max(ends)


def _cancel_at(ctx: Context, body: Json, moment: int | None) -> None:
    details = body["cancellation_details"]
    body.update(cancel_at=moment, canceled_at=ctx.now if moment else None)
    reason = "cancellation_requested" if moment else None
    body["cancellation_details"] = {**details, "reason": reason}
    if moment:
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=moment,
            name="end_subscription",
            object_id=body["id"],
        )


def _apply_details(ctx: Context, body: Json) -> None:
    given = ctx.params.get("cancellation_details") or {}
    if not isinstance(given, dict):
        raise StripeError("Invalid object", param="cancellation_details")
    choice(given, "feedback", FEEDBACK)
    for name in ("comment", "feedback"):
        if name in given:
            body["cancellation_details"] = {
                **body["cancellation_details"],
                name: given[name] or None,
            }


def _pause(given: Json | str) -> Json | None:
    if not isinstance(given, dict):
        return None
    choice(given, "behavior", ("keep_as_draft", "mark_uncollectible", "void"))
    resumes_at = given.get("resumes_at")
    return {"behavior": given["behavior"], "resumes_at": int(resumes_at) if resumes_at else None}


def cancel_subscription(ctx: Context) -> Result:
    """DELETE /v1/subscriptions/*: at once; one that has ended is answered like an unknown one."""
    body = ctx.need("subscription", ctx.args[0])
    if body["status"] in ENDED:
        raise missing("subscription", body["id"])
    invoice_now, prorate = flag(ctx.params, "invoice_now"), flag(ctx.params, "prorate")
    if invoice_now and prorate:
        credit_unused_time(ctx, body)
    body["cancellation_details"] = {
        **body["cancellation_details"],
        "reason": "cancellation_requested",
    }
    _apply_details(ctx, body)
    end_now(ctx, body, body["cancellation_details"])
    return Result(body, "subscription.canceled", (body["id"], body["customer"]))


def resume_subscription(ctx: Context) -> Result:
    """POST /v1/subscriptions/*/resume."""
    body = ctx.need("subscription", ctx.args[0])
    if body["status"] != "paused":
        raise refused(f"The subscription {body['id']} is not paused and cannot be resumed.")
    anchor = ctx.params.get("billing_cycle_anchor") or {}
    how = choice(anchor, "type", ("now", "unchanged")) or "now"
    choice(ctx.params, "proration_behavior", PRORATION_BEHAVIOR)
    choice(
        ctx.params, "payment_behavior", ("resume_on_payment_attempt", "resume_on_payment_success")
    )
    before = copy.deepcopy(body)
    body.update(status="active", status_details=None)
    if how == "now":
        _begin_period(ctx, body)
    ctx.shelf.save("subscription", body)
    ctx.emit("customer.subscription.resumed", body)
    ctx.emit("customer.subscription.updated", body, changes(before, body))
    return Result(body, "subscription.resumed", (body["id"], body["customer"]))


def _begin_period(ctx: Context, body: Json) -> None:
    """A new period begins, and is billed."""
    item = body["items"]["data"][0]
    start, end = period_after(ctx.now, item["price"])
    item.update(current_period_start=start, current_period_end=end)
    part = whole_period(item, (start, end))
    who = ctx.need("customer", body["customer"])
    wanted = Wanted(who, body, (part,), "subscription_cycle", (ctx.now, ctx.now))
    bill = collect(ctx, wanted, must_be_paid=False)
    body["latest_invoice"] = bill["id"]
    if bill["status"] != "paid":
        body["status"] = "past_due"


def end_now(ctx: Context, body: Json, details: Json) -> Json:
    """End a subscription."""
    details = {**body["cancellation_details"], **details}
    body.update(
        status="canceled",
        canceled_at=body["canceled_at"] or ctx.now,
        ended_at=ctx.now,
        cancellation_details=details,
    )
    ctx.shelf.save("subscription", body)
    ctx.emit("customer.subscription.deleted", body)
    return body


def end_when_due(ctx: Context, subscription_id: str) -> None:
    """End a subscription whose cancellation falls due; one that was taken back does nothing."""
    body = ctx.shelf.find("subscription", subscription_id)
    if body and body["cancel_at"] and body["cancel_at"] <= ctx.now and not body["ended_at"]:
        end_now(ctx, body, body["cancellation_details"])


READ, WRITE = "rak_subscription_read", "rak_subscription_write"
ROUTES = (
    route(
        "GET",
        "subscriptions",
        list_subscriptions,
        permission=READ,
        params="automatic_tax collection_method created current_period_end current_period_start"
        " customer customer_account ending_before limit plan price starting_after status"
        " test_clock",
    ),
    route("GET", "subscriptions/*", retrieve_subscription, permission=READ),
    route("POST", "subscriptions/*", update_subscription, params=UPDATABLE, permission=WRITE),
    route(
        "DELETE",
        "subscriptions/*",
        cancel_subscription,
        permission=WRITE,
        params="cancellation_details invoice_now prorate",
    ),
    route(
        "POST",
        "subscriptions/*/resume",
        resume_subscription,
        permission=WRITE,
        params="billing_cycle_anchor payment_behavior proration_behavior proration_date",
    ),
)
