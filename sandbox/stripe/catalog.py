"""Products, prices, plans, coupons and promotion codes."""

import json

from sandbox.shelf import Match
from sandbox.stripe import billing_shapes
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError
from sandbox.stripe.forms import amount_of, choice, merged_metadata, need, whole
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

PAGE = "limit starting_after ending_before created"


def list_products(ctx: Context) -> Result:
    """GET /v1/products."""
    return listing(ctx, "product", "/v1/products", filters={"active": "active", "ids": "id"})


def list_prices(ctx: Context) -> Result:
    """GET /v1/prices."""
    filters = {
        "active": "active",
        "product": "product",
        "type": "type",
        "currency": "currency",
        "lookup_keys": "lookup_key",
    }
    return listing(ctx, "price", "/v1/prices", filters=filters)


def list_coupons(ctx: Context) -> Result:
    """GET /v1/coupons."""
    return listing(ctx, "coupon", "/v1/coupons")


def list_promotion_codes(ctx: Context) -> Result:
    """GET /v1/promotion_codes."""
    filters = {
        "active": "active",
        "code": "code",
        "coupon": "promotion.coupon",
        "customer": "customer",
    }
    return listing(ctx, "promotion_code", "/v1/promotion_codes", filters=filters)


def retrieve_product(ctx: Context) -> Result:
    """GET /v1/products/*."""
    return Result(ctx.need("product", ctx.args[0]))


def retrieve_price(ctx: Context) -> Result:
    """GET /v1/prices/*."""
    return Result(ctx.need("price", ctx.args[0], param="price"))


def retrieve_coupon(ctx: Context) -> Result:
    """GET /v1/coupons/*."""
    return Result(ctx.need("coupon", ctx.args[0], param="coupon"))


def retrieve_promotion_code(ctx: Context) -> Result:
    """GET /v1/promotion_codes/*."""
    return Result(ctx.need("promotion_code", ctx.args[0], param="promotion_code"))


def list_plans(ctx: Context) -> Result:
    """GET /v1/plans: the recurring prices in their legacy view."""
    recurring = (Match("type", ("recurring",)),)
    filters = {"active": "active", "product": "product"}
    found = json.loads(
        str(listing(ctx, "price", "/v1/plans", filters=filters, always=recurring).body)
    )
    return Result({**found, "data": [billing_shapes.plan(item) for item in found["data"]]})


def retrieve_plan(ctx: Context) -> Result:
    """GET /v1/plans/*: the legacy view of a recurring price."""
    return Result(billing_shapes.plan(ctx.need("price", ctx.args[0], param="plan")))


def create_product(ctx: Context) -> Result:
    """POST /v1/products."""
    body = billing_shapes.product(
        ctx.params.get("id") or ctx.new_id("prod_")[:19],
        ctx.now,
        need(ctx.params, "name"),
        "",
        livemode=ctx.livemode,
    )
    body["description"] = ctx.params.get("description")
    body["metadata"] = merged_metadata({}, ctx.params)
    return _added(ctx, body)


def create_price(ctx: Context) -> Result:
    """POST /v1/prices: of a product that exists."""
    recurring = ctx.params.get("recurring") or {}
    interval = choice(recurring, "interval", ("month", "year"))
    owner = ctx.need("product", need(ctx.params, "product"), param="product")
    tariff = billing_shapes.Tariff(
        owner["id"],
        whole(ctx.params, "unit_amount") or 0,
        need(ctx.params, "currency").lower(),
        interval,
        ctx.params.get("nickname"),
        ctx.params.get("lookup_key"),
    )
    body = billing_shapes.price(ctx.new_id("price_1"), ctx.now, tariff, livemode=ctx.livemode)
    body["metadata"] = merged_metadata({}, ctx.params)
    return _added(ctx, body)


def create_coupon(ctx: Context) -> Result:
    """POST /v1/coupons."""
    percent, amount = ctx.params.get("percent_off"), amount_of(ctx.params, "amount_off")
    if (percent is None) == (amount is None):
        raise StripeError("You must pass either percent_off or amount_off", param="percent_off")
    rebate = billing_shapes.Rebate(
        ctx.params.get("name") or "",
        float(percent) if percent else None,
        amount,
        ctx.params.get("currency"),
        choice(ctx.params, "duration", ("forever", "once", "repeating")) or "once",
        whole(ctx.params, "duration_in_months"),
    )
    object_id = ctx.params.get("id") or ctx.new_id("")[:8]
    body = billing_shapes.coupon(object_id, ctx.now, rebate, livemode=ctx.livemode)
    body["metadata"] = merged_metadata({}, ctx.params)
    return _added(ctx, body)


def _added(ctx: Context, body: Json) -> Result:
    ctx.shelf.add(body["object"], body)
    ctx.emit(f"{body['object']}.created", body)
    return Result(body, f"{body['object']}.created", (body["id"],))


PRODUCT, PRICE, COUPON = "rak_product", "rak_plan", "rak_coupon"
ROUTES = (
    route(
        "GET",
        "products",
        list_products,
        params=f"{PAGE} active ids shippable type url",
        permission=f"{PRODUCT}_read",
    ),
    route("GET", "products/*", retrieve_product, permission=f"{PRODUCT}_read"),
    route(
        "POST",
        "products",
        create_product,
        params="id name description metadata active",
        permission=f"{PRODUCT}_write",
    ),
    route(
        "GET",
        "prices",
        list_prices,
        params=f"{PAGE} active currency lookup_keys product recurring type",
        permission=f"{PRICE}_read",
    ),
    route("GET", "prices/*", retrieve_price, permission=f"{PRICE}_read"),
    route(
        "POST",
        "prices",
        create_price,
        params="active currency lookup_key metadata nickname product recurring unit_amount",
        permission=f"{PRICE}_write",
    ),
    route("GET", "plans", list_plans, params=f"{PAGE} active product", permission=f"{PRICE}_read"),
    route("GET", "plans/*", retrieve_plan, permission=f"{PRICE}_read"),
    route("GET", "coupons", list_coupons, params=PAGE, permission=f"{COUPON}_read"),
    route("GET", "coupons/*", retrieve_coupon, permission=f"{COUPON}_read"),
    route(
        "POST",
        "coupons",
        create_coupon,
        params="amount_off currency duration duration_in_months id metadata name percent_off",
        permission=f"{COUPON}_write",
    ),
    route(
        "GET",
        "promotion_codes",
        list_promotion_codes,
        params=f"{PAGE} active code coupon customer customer_account",
        permission="rak_promotion_code_read",
    ),
    route(
        "GET", "promotion_codes/*", retrieve_promotion_code, permission="rak_promotion_code_read"
    ),
)
