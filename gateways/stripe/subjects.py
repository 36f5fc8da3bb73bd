"""Which object of Stripe's an order is about."""

from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.snapshots import ObjectKind

_PAYMENTS = frozenset({ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.VOID})
_SUBSCRIPTIONS = frozenset(
    {
        ActionKind.CHANGE_SUBSCRIPTION,
        ActionKind.PAUSE_SUBSCRIPTION,
        ActionKind.RESUME_SUBSCRIPTION,
        ActionKind.CANCEL_SUBSCRIPTION,
        ActionKind.APPLY_COUPON,
        ActionKind.REMOVE_COUPON,
    }
)
_INVOICES = frozenset({ActionKind.SEND_INVOICE, ActionKind.VOID_INVOICE})


def subject(order: Order) -> tuple[ObjectKind, str]:
    """The kind and id of what an order is about: whatever is not listed is about a customer."""
    if order.action in _PAYMENTS:
        return ObjectKind.PAYMENT, order.payment_id or order.target_id
    if order.action in _SUBSCRIPTIONS:
        return ObjectKind.SUBSCRIPTION, order.target_id
    if order.action in _INVOICES:
        return ObjectKind.INVOICE, order.target_id
    return ObjectKind.CUSTOMER, order.target_id


def refund_filter(order: Order) -> dict[str, str]:
    """How the refunds of an order's charge or payment are asked for."""
    field = "payment_intent" if order.target_id.startswith("pi_") else "charge"
    return {field: order.target_id}
