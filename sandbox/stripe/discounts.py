"""Discounts of a subscription: the list that is sent replaces the one that was there (4.2)."""

from sandbox.stripe import billing_shapes
from sandbox.stripe.context import Context
from sandbox.stripe.errors import StripeError
from sandbox.wire import Json


def replaced_discounts(ctx: Context, subscription: Json) -> list[str]:
    """Ids of the discounts the parameter asks for, new ones made; unsent leaves all as it is."""
    given = ctx.params.get("discounts")
    if given is None:
        return list(subscription["discounts"])
    wanted = given if isinstance(given, list) else []
    if given != "" and not wanted:
        raise StripeError("Invalid array", param="discounts")
    ids = [_one(ctx, subscription, place, each) for place, each in enumerate(wanted)]
    for gone in set(subscription["discounts"]) - set(ids):
        ctx.emit("customer.discount.deleted", ctx.need("discount", gone))
    return ids


def _one(ctx: Context, subscription: Json, place: int, wanted: Json) -> str:
    param = f"discounts[{place}]"
    if len(wanted) != 1:
        raise StripeError("You must pass one of coupon, discount, or promotion_code.", param=param)
    if "discount" in wanted:
        return _known(subscription, wanted["discount"], param)
    coupon_id = wanted.get("coupon")
    if "promotion_code" in wanted:
        code = ctx.need(
            "promotion_code", wanted["promotion_code"], param=f"{param}[promotion_code]"
        )
        coupon_id = code["promotion"]["coupon"]
    coupon = ctx.need("coupon", str(coupon_id), param=f"{param}[coupon]")
    if not coupon["valid"]:
        raise StripeError(f"Coupon expired: {coupon_id}", code="coupon_expired", param=param)
    if coupon["currency"] and coupon["currency"] != subscription["currency"]:
        raise StripeError("The coupon's currency is not the subscription's.", param=param)
    made = billing_shapes.discount(ctx.new_id("di_1"), ctx.now, coupon["id"], subscription)
    ctx.shelf.add("discount", made)
    ctx.emit("customer.discount.created", made)
    return str(made["id"])


def _known(subscription: Json, discount_id: str, param: str) -> str:
    if discount_id not in subscription["discounts"]:
        raise StripeError(
            f"No such discount: '{discount_id}'",
            code="resource_missing",
            param=f"{param}[discount]",
        )
    return discount_id
