"""Freezes an order into the exact call the shop will get (M1), and says when not to make it."""

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import (
    AlreadyDoneError,
    DeclinedError,
    DeclineReason,
    InvalidOrderError,
    UnsupportedError,
)
from gateways.woocommerce.documents import Obj
from gateways.woocommerce.mapping.amounts import (
    iso_code,
    iso_minor,
    refuse_rounding,
    shop_amount,
)
from gateways.woocommerce.mapping.orders import has_unclear_refund, refunded_minor
from gateways.woocommerce.mapping.values import (
    MARKER_KEY,
    REQUEST_KEY,
    marked_reason,
    reason_marker,
    refusing_misshapen,
    when,
)

# A shop has no codes for reasons: these words stand in the order, and the customer may see them.
REFUND_REASONS = {
    "duplicate": "Duplicate payment",
    "requested_by_customer": "Customer request",
    "not_as_described": "Not as described",
    "service_problem": "Problem with the service",
    "goodwill": "Goodwill",
    "fraud": "Unauthorized payment",
    "other": "Refund",
}
CANCEL_NOW, CANCEL_LATER = "cancelled", "pending-cancel"
PAUSED, RUNNING = "on-hold", "active"


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where a shop has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"WooCommerce cannot {order.action}.")
    return (_FREEZERS[order.action](order),)


def wanted_status(order: Order) -> str:
    """Where a subscription stands when an order about it was carried out."""
    if order.action is ActionKind.PAUSE_SUBSCRIPTION:
        return PAUSED
    if order.action is ActionKind.RESUME_SUBSCRIPTION:
        return RUNNING
    return CANCEL_LATER if order.at_period_end else CANCEL_NOW


@refusing_misshapen
def refuse_impossible(order: Order, obj: Obj) -> None:
    """Refuse a refund the shop would refuse, or worse accept, before anything is sent.

    A shop answers every refusal with the same 500, which proves nothing (M5); it takes an amount
    without its currency, rounds it, and refunds orders nobody has paid.
    """
    money, code = _positive(order), iso_code(obj["currency"])
    if any(reason_marker(each.get("reason")) == order.intent_id for each in obj["refunds"]):
        raise AlreadyDoneError("The order has a refund with this very marker.")
    if code != money.currency.code:
        raise InvalidOrderError(f"The order is in {code}, not in {money.currency}.")
    if when(obj.get("date_paid_gmt")) is None:
        raise InvalidOrderError("The order is not paid, so there is nothing to give back.")
    if has_unclear_refund(obj):
        raise InvalidOrderError(
            "The order has a refund without an amount; look at it in the shop first."
        )
    refuse_rounding(money, like=str(obj["total"]))
    left = iso_minor(obj["total"], code) - refunded_minor(obj)
    if money.minor > left:
        raise DeclinedError(
            f"Only {Money.of(left, code)} of the order can still be refunded.",
            reason=DeclineReason.AMOUNT_TOO_LARGE,
        )


def _refund(order: Order) -> FrozenStep:
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    words = REFUND_REASONS[order.reason or "other"]
    body: dict[str, object] = {
        "amount": shop_amount(_positive(order)),
        # Saved before the shop calls its payment gateway; meta data only afterwards.
        "reason": marked_reason(order.intent_id, words),
        "api_refund": True,
        "api_restock": False,
    }
    path = f"/orders/{_named(order.target_id)}/refunds"
    return FrozenStep(name="refund", method="POST", path=path, body=body)


def _turn_subscription(order: Order) -> FrozenStep:
    name = _STEPS[order.action]
    body: dict[str, object] = {
        # `status` would write the word and skip every rule, so that renewals went on.
        "transition_status": wanted_status(order),
        "meta_data": [{"key": MARKER_KEY, "value": str(order.intent_id)}],
    }
    path = f"/subscriptions/{_named(order.target_id)}"
    return FrozenStep(name=name, method="PUT", path=path, body=body)


def _request_payment(order: Order) -> FrozenStep:
    """An order that nobody has paid, with the shop's own page to pay it."""
    money = _positive(order)
    description = order.details.get("description")
    if not isinstance(description, str) or not description.strip():
        raise InvalidOrderError("Say what the payment is for.", parameter="description")
    body: dict[str, object] = {
        "status": "pending",
        "set_paid": False,
        "customer_id": int(_named(order.target_id)),
        "currency": money.currency.code,
        # A fee without tax: what is asked is what was ordered.
        "fee_lines": [
            {"name": description.strip(), "total": shop_amount(money), "tax_status": "none"}
        ],
        "meta_data": [{"key": REQUEST_KEY, "value": str(order.intent_id)}],
    }
    return FrozenStep(name="request_payment", method="POST", path="/orders", body=body)


_STEPS = {
    ActionKind.CANCEL_SUBSCRIPTION: "cancel",
    ActionKind.PAUSE_SUBSCRIPTION: "pause",
    ActionKind.RESUME_SUBSCRIPTION: "resume",
}
_FREEZERS = {
    ActionKind.REFUND: _refund,
    ActionKind.REQUEST_PAYMENT: _request_payment,
    **dict.fromkeys(_STEPS, _turn_subscription),
}


def _positive(order: Order) -> Money:
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money


def _named(external_id: str) -> str:
    if not (external_id.isascii() and external_id.isdecimal()):
        raise InvalidOrderError("This order names no object of a shop.", parameter="target_id")
    return external_id
