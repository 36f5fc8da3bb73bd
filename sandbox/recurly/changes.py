"""Changes of running subscriptions: another plan or quantity, coupons (reference B6)."""

from sandbox.recurly import history, shapes
from sandbox.recurly.context import Context, Result, seconds, stamp
from sandbox.recurly.errors import invalid, missing
from sandbox.recurly.purchases import insist_on_fields, reprice
from sandbox.recurly.shapes import major, minor
from sandbox.recurly.subscriptions import changeable
from sandbox.wire import Json

CHANGE = frozenset({"timeframe", "plan_id", "quantity", "unit_amount", "proration_settings"})
REDEMPTION = frozenset({"coupon_id", "currency", "subscription_id"})


def change(ctx: Context) -> Result:
    """POST /subscriptions/*/change, at once; the difference is billed at once, or not at all."""
    insist_on_fields(ctx.params, CHANGE, needed=("timeframe",))
    if ctx.params["timeframe"] != "now":
        raise invalid("The sandbox changes subscriptions at once only.", "timeframe")
    body = changeable(ctx)
    plan = ctx.need("plan", str(ctx.params.get("plan_id") or body["plan"]["id"]))
    price = _price_of(plan, body["currency"])
    unit = float(ctx.params.get("unit_amount") or price)
    quantity = int(ctx.params.get("quantity") or body["quantity"])
    before = (body["plan"]["id"], body["unit_amount"], body["quantity"])
    if before == (plan["id"], unit, quantity):
        raise invalid("Subscription hasn't been changed", "subscription")
    owed = _bill_difference(ctx, body, unit * quantity)
    body["plan"] = {"object": "plan", **{name: plan[name] for name in ("id", "code", "name")}}
    reprice(body, unit, quantity)
    ctx.save("subscription", body)
    ctx.emit("subscription", "updated", body)
    shown = {
        "id": ctx.new_id(),
        "object": "subscription_change",
        "subscription_id": body["id"],
        "plan": body["plan"],
        "unit_amount": unit,
        "quantity": quantity,
        "activate_at": stamp(ctx.now),
        "activated": True,
        "created_at": stamp(ctx.now),
        "updated_at": stamp(ctx.now),
    }
    return Result(shown, "subscription.updated", (body["id"],), owed, 201)


def redeem(ctx: Context) -> Result:
    """POST /accounts/*/coupon_redemptions/active, for one subscription of the account."""
    insist_on_fields(ctx.params, REDEMPTION, needed=("coupon_id", "subscription_id"))
    owner = ctx.need("account", ctx.args[0])
    coupon = ctx.need("coupon", str(ctx.params["coupon_id"]))
    body = ctx.need("subscription", str(ctx.params["subscription_id"]))
    if body["account"]["id"] != owner["id"]:
        raise missing("subscription", body["id"])
    if coupon["state"] != "redeemable":
        raise invalid("The coupon cannot be redeemed", "coupon_id")
    kept = body["coupon_redemptions"]
    if any(each["coupon"]["id"] == coupon["id"] and each["state"] == "active" for each in kept):
        raise invalid("The coupon has already been redeemed", "coupon_id")
    names = ("id", "object", "code", "name", "state", "discount", "coupon_type", "expired_at")
    mini = {
        "id": ctx.new_id(),
        "object": "coupon_redemption",
        "coupon": {name: coupon[name] for name in names},
        "state": "active",
        "discounted": major(0, body["currency"]),
        "created_at": stamp(ctx.now),
    }
    body["coupon_redemptions"] = [*kept, mini]
    ctx.save("subscription", body)
    ctx.emit("subscription", "updated", body)
    ids = (body["id"], str(mini["id"]))
    return Result(_whole(body, mini, coupon), "subscription.updated", ids)


def remove(ctx: Context) -> Result:
    """DELETE /subscriptions/*/coupon_redemptions/*."""
    body = ctx.need("subscription", ctx.args[0])
    found = next((each for each in body["coupon_redemptions"] if each["id"] == ctx.args[1]), None)
    if found is None:
        raise missing("coupon_redemption", ctx.args[1])
    if found["state"] != "active":
        raise invalid("The coupon redemption is already inactive", "coupon_redemption_id")
    found["state"] = "inactive"
    ctx.save("subscription", body)
    ctx.emit("subscription", "updated", body)
    gone = _whole(body, found, ctx.need("coupon", found["coupon"]["id"]))
    gone["removed_at"] = stamp(ctx.now)
    return Result(gone, "subscription.updated", (body["id"], found["id"]))


def _price_of(plan: Json, code: str) -> float:
    found = next((each for each in plan["currencies"] if each["currency"] == code), None)
    if found is None:
        raise invalid("The plan has no price in this currency", "plan_id")
    return float(found["unit_amount"])


def _bill_difference(ctx: Context, body: Json, wanted: float) -> int | None:
    """Bill what the rest of the period costs more; what it costs less stays as credit."""
    code = body["currency"]
    if ctx.params.get("proration_settings", {}).get("charge") == "none":
        return None
    start, end = (seconds(body[f"current_period_{name}_at"]) for name in ("started", "ends"))
    left = max(0.0, min(1.0, (end - ctx.now) / (end - start)))
    owed = round((minor(wanted, code) - minor(body["subtotal"], code)) * left)
    if owed <= 0:
        return None
    owner = ctx.need("account", body["account"]["id"])
    deal = shapes.Deal(
        owed, code, ctx.now, description="Change of plan", subscription=body, origin="api"
    )
    history.pay(ctx, owner, deal)
    return owed


def _whole(body: Json, mini: Json, coupon: Json) -> Json:
    """A redemption as its own endpoints show it."""
    return {
        **mini,
        "account": body["account"],
        "subscription_id": body["id"],
        "coupon": coupon,
        "currency": body["currency"],
        "updated_at": mini["created_at"],
        "removed_at": None,
    }
