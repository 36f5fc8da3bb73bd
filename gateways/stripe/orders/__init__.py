"""Freezes an order into the exact calls Stripe will get (M1)."""

from collections.abc import Callable

from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.stripe.orders import customers, invoices, money, payments, subscriptions
from gateways.stripe.orders.reasons import REFUND_REASONS
from gateways.stripe.orders.subscriptions import cancellation_comment

_FREEZERS: dict[ActionKind, Callable[[Order], FrozenStep | tuple[FrozenStep, ...]]] = {
    ActionKind.REFUND: money.refund,
    ActionKind.CAPTURE: money.capture,
    ActionKind.VOID: money.void,
    ActionKind.CHARGE: payments.charge,
    ActionKind.AUTHORIZE: payments.authorize,
    ActionKind.REQUEST_PAYMENT: payments.request_payment,
    ActionKind.REQUEST_CARD_UPDATE: payments.request_card_update,
    ActionKind.CREATE_SUBSCRIPTION: subscriptions.create,
    ActionKind.CHANGE_SUBSCRIPTION: subscriptions.change,
    ActionKind.PAUSE_SUBSCRIPTION: subscriptions.pause,
    ActionKind.RESUME_SUBSCRIPTION: subscriptions.resume,
    ActionKind.CANCEL_SUBSCRIPTION: subscriptions.cancel,
    ActionKind.APPLY_COUPON: subscriptions.apply_coupon,
    ActionKind.REMOVE_COUPON: subscriptions.remove_coupon,
    ActionKind.SEND_INVOICE: invoices.send,
    ActionKind.VOID_INVOICE: invoices.void,
    ActionKind.UPDATE_TAX_DETAILS: customers.update_tax_details,
    ActionKind.USE_PAYMENT_METHOD: customers.use_payment_method,
}


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """The calls of an order: one, but for those that keep several things of a customer.

    InvalidOrderError where a part is missing, UnsupportedError where Stripe has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for Stripe.")
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    frozen = _FREEZERS[order.action](order)
    return frozen if isinstance(frozen, tuple) else (frozen,)


__all__ = ["REFUND_REASONS", "cancellation_comment", "freeze"]
