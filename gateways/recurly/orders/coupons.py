"""Freezes orders about the coupons of a subscription."""

from gateways.contract import FrozenStep, Order
from gateways.recurly.client import Method
from gateways.recurly.orders.parts import address_of, named, needed


def redeem(order: Order) -> FrozenStep:
    """Give a subscription a coupon; those it has stay."""
    body: dict[str, object] = {
        "coupon_id": needed(order, "coupon"),
        "currency": needed(order, "currency"),
        "subscription_id": named(order.target_id),
    }
    path = address_of("/accounts", needed(order, "customer"), "/coupon_redemptions/active")
    return FrozenStep(name="apply_coupon", method=Method.POST.name, path=path, body=body)


def remove(order: Order) -> FrozenStep:
    """Take one coupon away."""
    folder = address_of("/subscriptions", order.target_id, "/coupon_redemptions")
    return FrozenStep(
        name="remove_coupon",
        method=Method.DELETE.name,
        path=address_of(folder, needed(order, "discount")),
        body={},
    )
