"""Subscriptions begun by API: period, trial, discounts, first invoice (4.2)."""

from sandbox.stripe import billing_shapes, cards
from sandbox.stripe.bills import Wanted, collect, whole_period
from sandbox.stripe.context import Context, Result
from sandbox.stripe.discounts import replaced_discounts
from sandbox.stripe.errors import StripeError, refused
from sandbox.stripe.forms import choice, flag, merged_metadata, need, whole
from sandbox.stripe.history import DAY, schedule_renewal
from sandbox.stripe.periods import period_after
from sandbox.stripe.routes import route
from sandbox.wire import Json

PAYMENT_BEHAVIOR = (
    "allow_incomplete",
    "default_incomplete",
    "error_if_incomplete",
    "pending_if_incomplete",
)


def create_subscription(ctx: Context) -> Result:
    """POST /v1/subscriptions."""
    who = ctx.need("customer", need(ctx.params, "customer"), param="customer")
    choice(ctx.params, "collection_method", ("charge_automatically",))
    choice(ctx.params.get("billing_mode") or {}, "type", ("classic", "flexible"))
    behaviour = choice(ctx.params, "payment_behavior", PAYMENT_BEHAVIOR) or "allow_incomplete"
    flag(ctx.params, "off_session")
    flag(ctx.params, "trial_from_plan")
    price, quantity = _line(ctx)
    method = _method(ctx, who)
    trial = whole(ctx.params, "trial_period_days", at_least=1) or 0
    first = ctx.now + trial * DAY
    period = (ctx.now, first) if trial else period_after(ctx.now, price)
    deal = billing_shapes.Contract(
        who["id"],
        price,
        ctx.now,
        *period,
        "trialing" if trial else "active",
        quantity,
        trial_end=first if trial else None,
        method=method,
        metadata=merged_metadata({}, ctx.params),
    )
    body = billing_shapes.subscription(
        ctx.new_id("sub_1"), ctx.new_id("si_"), deal, livemode=ctx.livemode
    )
    mode = (ctx.params.get("billing_mode") or {}).get("type", "flexible")
    body["billing_mode"] = {"flexible": None, "type": mode}
    body["discounts"] = replaced_discounts(ctx, body)
    if not trial:
        _first_invoice(ctx, who, body, must_be_paid=behaviour == "error_if_incomplete")
    ctx.shelf.add("subscription", body)
    ctx.emit("customer.subscription.created", body)
    schedule_renewal(ctx, body)
    return Result(body, "subscription.created", (body["id"], who["id"]))


def _line(ctx: Context) -> tuple[Json, int]:
    lines = ctx.params.get("items")
    if not isinstance(lines, list) or len(lines) != 1:
        raise StripeError("Missing required param: items.", code="parameter_missing", param="items")
    price = recurring_price(ctx, need(lines[0], "price"), "items[0][price]")
    quantity = whole(lines[0], "quantity", at_least=1)
    return price, 1 if quantity is None else quantity


def recurring_price(ctx: Context, price_id: str, param: str) -> Json:
    """A price a subscription can have."""
    price = ctx.need("price", price_id, param=param)
    if price["type"] != "recurring":
        raise StripeError(
            f"The price specified is set to `type=one_time` but this field only accepts prices"
            f" with `type=recurring`: {price_id}.",
            param=param,
        )
    if not price["active"]:
        raise StripeError(f"The price specified is inactive: {price_id}.", param=param)
    return price


def _method(ctx: Context, who: Json) -> str:
    chosen = (
        ctx.params.get("default_payment_method")
        or (who["invoice_settings"]["default_payment_method"])
    )
    if not chosen:
        raise refused(
            "This customer has no attached payment source or default payment method.",
            code="resource_missing",
        )
    return cards.card(ctx, chosen, who["id"]).id


def _first_invoice(ctx: Context, who: Json, body: Json, *, must_be_paid: bool) -> None:
    item = body["items"]["data"][0]
    period = (item["current_period_start"], item["current_period_end"])
    part = whole_period(item, period)
    wanted = Wanted(who, body, (part,), "subscription_create", (ctx.now, ctx.now))
    bill = collect(ctx, wanted, must_be_paid=must_be_paid)
    body["latest_invoice"] = bill["id"]
    if bill["status"] != "paid":
        body["status"] = "incomplete"


ROUTES = (
    route(
        "POST",
        "subscriptions",
        create_subscription,
        permission="rak_subscription_write",
        params="add_invoice_items automatic_tax backdate_start_date billing_cycle_anchor"
        " billing_cycle_anchor_config billing_mode cancel_at cancel_at_period_end"
        " collection_method currency customer customer_account days_until_due"
        " default_payment_method default_source description discounts items metadata off_session"
        " on_behalf_of payment_behavior payment_settings proration_behavior transfer_data"
        " trial_end trial_from_plan trial_period_days trial_settings",
    ),
)
