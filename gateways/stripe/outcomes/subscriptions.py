"""Reads what a subscription shows about an order."""

from gateways.contract import Order
from gateways.stripe.mapping.values import Obj
from gateways.stripe.outcomes.shown import Shown


def cancel(order: Order, obj: Obj) -> Shown:
    """It has ended, or will when the paid period ends."""
    is_done = (
        bool(obj.get("cancel_at_period_end"))
        if order.at_period_end
        else obj["status"] == "canceled"
    )
    return _done(obj, is_done)


def _done(obj: Obj, is_done: object) -> Shown:
    return Shown(state="succeeded" if is_done else "", object_id=obj["id"])
