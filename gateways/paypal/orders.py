"""Freezes an order into the exact calls PayPal will get (M1)."""

from collections.abc import Callable
from urllib.parse import quote

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.paypal.mapping.amounts import paypal_amount
from gateways.paypal.mapping.values import marked

# PayPal takes no reason for a refund; ours stays with us.
REASONS = {
    "duplicate": "",
    "requested_by_customer": "",
    "not_as_described": "",
    "service_problem": "",
    "goodwill": "",
    "fraud": "",
    "other": "",
}
# These steps have a key (reference 4.1); the others are looked up by state.
KEYED = frozenset({"refund", "capture"})


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where PayPal has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for PayPal.")
    if order.reason and order.reason not in REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    return (_FREEZERS[order.action](order),)


def _refund(order: Order) -> FrozenStep:
    body: dict[str, object] = {
        "amount": paypal_amount(_positive(order)),
        "custom_id": marked(order.intent_id),
    }
    path = f"/v2/payments/captures/{_named(order)}/refund"
    return FrozenStep(name="refund", method="POST", path=path, body=body)


def _capture(order: Order) -> FrozenStep:
    # No field of this call could carry a marker without taking the shop's own invoice number.
    body: dict[str, object] = {"amount": paypal_amount(_positive(order)), "final_capture": True}
    path = f"/v2/payments/authorizations/{_named(order)}/capture"
    return FrozenStep(name="capture", method="POST", path=path, body=body)


def _void(order: Order) -> FrozenStep:
    _positive(order)
    path = f"/v2/payments/authorizations/{_named(order)}/void"
    return FrozenStep(name="void", method="POST", path=path, body={})


def _cancel_subscription(order: Order) -> FrozenStep:
    if order.at_period_end:
        raise UnsupportedError("PayPal ends a subscription at once only.")
    path = f"/v1/billing/subscriptions/{_named(order)}/cancel"
    # The reason is shown again with the subscription, so it carries our marker.
    return FrozenStep(
        name="cancel", method="POST", path=path, body={"reason": marked(order.intent_id)}
    )


def _pause_subscription(order: Order) -> FrozenStep:
    return _turn(order, "suspend")


def _resume_subscription(order: Order) -> FrozenStep:
    # What was not taken meanwhile is not taken afterwards either: that is another call.
    return _turn(order, "activate")


def _turn(order: Order, name: str) -> FrozenStep:
    path = f"/v1/billing/subscriptions/{_named(order)}/{name}"
    # As with a cancellation, the reason carries our marker.
    return FrozenStep(name=name, method="POST", path=path, body={"reason": marked(order.intent_id)})


def _send_invoice(order: Order) -> FrozenStep:
    """Mail a draft; there is no room for a marker."""
    return _of_invoice(order, "send", {"send_to_recipient": True, "send_to_invoicer": False})


def _void_invoice(order: Order) -> FrozenStep:
    """Cancel a sent invoice; its recipient is told, since the link stops working."""
    return _of_invoice(order, "cancel", {"send_to_recipient": True, "send_to_invoicer": False})


def _of_invoice(order: Order, name: str, body: dict[str, object]) -> FrozenStep:
    path = f"/v2/invoicing/invoices/{_named(order)}/{name}"
    return FrozenStep(name=f"{name}_invoice", method="POST", path=path, body=body)


_FREEZERS: dict[ActionKind, Callable[[Order], FrozenStep]] = {
    ActionKind.REFUND: _refund,
    ActionKind.CAPTURE: _capture,
    ActionKind.VOID: _void,
    ActionKind.PAUSE_SUBSCRIPTION: _pause_subscription,
    ActionKind.RESUME_SUBSCRIPTION: _resume_subscription,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_subscription,
    ActionKind.SEND_INVOICE: _send_invoice,
    ActionKind.VOID_INVOICE: _void_invoice,
}


def _positive(order: Order) -> Money:
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money


def _named(order: Order) -> str:
    if not order.target_id.strip("."):
        raise InvalidOrderError("This order names no object.", parameter="target_id")
    return quote(order.target_id, safe="")
