"""Freezes an order into the exact calls Stripe will get (M1)."""

from collections.abc import Callable

from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.stripe.orders import money, payments, subscriptions
from gateways.stripe.orders.reasons import REFUND_REASONS
from gateways.stripe.orders.subscriptions import cancellation_comment

_FREEZERS: dict[ActionKind, Callable[[Order], FrozenStep]] = {
    ActionKind.REFUND: money.refund,
    ActionKind.CAPTURE: money.capture,
    ActionKind.VOID: money.void,
    ActionKind.CHARGE: payments.charge,
    ActionKind.AUTHORIZE: payments.authorize,
    ActionKind.REQUEST_PAYMENT: payments.request_payment,
    ActionKind.CANCEL_SUBSCRIPTION: subscriptions.cancel,
}


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where Stripe has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for Stripe.")
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    return (_FREEZERS[order.action](order),)


__all__ = ["REFUND_REASONS", "cancellation_comment", "freeze"]
