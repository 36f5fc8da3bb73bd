"""Freezes an order into the exact call Recurly will get (M1)."""

from collections.abc import Callable

from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.recurly.orders import coupons, money, subscriptions
from gateways.recurly.orders.money import REFUND_REASONS
from gateways.recurly.orders.parts import AMOUNTS
from gateways.recurly.orders.subscriptions import PRORATIONS

_FREEZERS: dict[ActionKind, Callable[[Order], FrozenStep]] = {
    ActionKind.REFUND: money.refund,
    ActionKind.CHARGE: money.charge,
    ActionKind.CREATE_SUBSCRIPTION: subscriptions.create,
    ActionKind.CHANGE_SUBSCRIPTION: subscriptions.change,
    ActionKind.PAUSE_SUBSCRIPTION: subscriptions.pause,
    ActionKind.RESUME_SUBSCRIPTION: subscriptions.resume,
    ActionKind.CANCEL_SUBSCRIPTION: subscriptions.cancel,
    ActionKind.APPLY_COUPON: coupons.redeem,
    ActionKind.REMOVE_COUPON: coupons.remove,
}


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where Recurly has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for Recurly.")
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    return (_FREEZERS[order.action](order),)


__all__ = ["AMOUNTS", "PRORATIONS", "REFUND_REASONS", "freeze"]
