"""Reads what a subscription shows about an order."""

from gateways.contract import Order
from gateways.stripe.mapping.values import Obj, ref
from gateways.stripe.outcomes.shown import Shown

# Made without its first payment it would be `incomplete`, which `error_if_incomplete` rules out;
# whatever became of it later, it was made.
_MADE = frozenset({"active", "trialing", "past_due", "unpaid", "paused", "canceled"})
_FAILED = frozenset({"incomplete_expired"})


def create(_: Order, obj: Obj) -> Shown:
    """It is there."""
    if obj["status"] == "incomplete":
        return Shown(state="pending", object_id=obj["id"])
    if obj["status"] in _FAILED:
        return Shown(state="failed", object_id=obj["id"], detail="the first payment failed")
    return _done(obj, obj["status"] in _MADE)


def change(order: Order, obj: Obj) -> Shown:
    """Its line has the price and the quantity ordered."""
    wanted = (order.details["item"], order.details["price"], order.details["quantity"])
    lines = [
        (line["id"], line["price"]["id"], line.get("quantity")) for line in obj["items"]["data"]
    ]
    return _done(obj, wanted in lines)


def pause(_: Order, obj: Obj) -> Shown:
    """Nothing is collected."""
    return _done(obj, bool(obj.get("pause_collection")))


def resume(order: Order, obj: Obj) -> Shown:
    """It is collected again, or runs again."""
    if order.details.get("pause") == "collection":
        return _done(obj, not obj.get("pause_collection"))
    return _done(obj, obj["status"] in _MADE - {"paused", "canceled"})


def apply_coupon(order: Order, obj: Obj) -> Shown:
    """One of its discounts is of this coupon."""
    return _done(obj, order.details["coupon"] in {_coupon_of(each) for each in _discounts(obj)})


def remove_coupon(order: Order, obj: Obj) -> Shown:
    """The discount is gone."""
    return _done(obj, order.details["discount"] not in {ref(each) for each in _discounts(obj)})


def cancel(order: Order, obj: Obj) -> Shown:
    """It has ended, or will when the paid period ends."""
    is_done = (
        bool(obj.get("cancel_at_period_end"))
        if order.at_period_end
        else obj["status"] == "canceled"
    )
    return _done(obj, is_done)


def _discounts(obj: Obj) -> list[object]:
    return list(obj.get("discounts") or ())


def _coupon_of(discount: object) -> str:
    source = discount.get("source") if isinstance(discount, dict) else None
    return ref((source or {}).get("coupon"))


def _done(obj: Obj, is_done: object) -> Shown:
    return Shown(state="succeeded" if is_done else "", object_id=obj["id"])
