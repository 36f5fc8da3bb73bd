"""Freezes orders about a payment that is there: refund, capture, void."""

from gateways.contract import FrozenStep, Order
from gateways.errors import UnsupportedError
from gateways.stripe.client import Method
from gateways.stripe.mapping.amounts import stripe_amount
from gateways.stripe.orders.parts import address_of, birth_marks, change_marks, named, positive
from gateways.stripe.orders.reasons import REFUND_REASONS

_PAYMENTS = "/v1/payment_intents"


def refund(order: Order) -> FrozenStep:
    """Give money back."""
    field = "payment_intent" if order.target_id.startswith("pi_") else "charge"
    body: dict[str, object] = {
        field: named(order.target_id),
        "amount": stripe_amount(positive(order)),
        "metadata": birth_marks(order),
        # The charge's new state comes in the same answer.
        "expand": ["charge.balance_transaction"],
    }
    if order.reason:
        body["reason"] = REFUND_REASONS[order.reason]
    return FrozenStep(name="refund", method=Method.POST.name, path="/v1/refunds", body=body)


def capture(order: Order) -> FrozenStep:
    """Take what is held, or a part of it."""
    body: dict[str, object] = {
        "amount_to_capture": stripe_amount(positive(order)),
        "final_capture": True,
        "metadata": change_marks(order),
        "expand": ["latest_charge.balance_transaction"],
    }
    path = address_of(_PAYMENTS, _payment_of(order), "/capture")
    return FrozenStep(name="capture", method=Method.POST.name, path=path, body=body)


def void(order: Order) -> FrozenStep:
    """Release what is held."""
    positive(order)
    reason = REFUND_REASONS.get(order.reason, "requested_by_customer")
    body: dict[str, object] = {
        "cancellation_reason": reason,
        "expand": ["latest_charge.balance_transaction"],
    }
    path = address_of(_PAYMENTS, _payment_of(order), "/cancel")
    return FrozenStep(name="void", method=Method.POST.name, path=path, body=body)


def _payment_of(order: Order) -> str:
    payment = order.payment_id or order.target_id
    if payment.startswith("pi_"):
        return payment
    # Refunding the uncaptured charge would end the hold too, but one action is never swapped for
    # another (M12).
    raise UnsupportedError(
        "A charge without a payment intent is captured and released in Stripe's dashboard only."
    )
