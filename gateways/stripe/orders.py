"""Freezes an order into the exact calls Stripe will get (M1)."""

from urllib.parse import quote

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.stripe.client import Method
from gateways.stripe.mapping.amounts import stripe_amount
from gateways.stripe.mapping.values import MARKER

# Stripe knows three reasons. `fraudulent` also puts card and e-mail on the account's block list.
REFUND_REASONS = {
    "duplicate": "duplicate",
    "requested_by_customer": "requested_by_customer",
    "not_as_described": "requested_by_customer",
    "service_problem": "requested_by_customer",
    "goodwill": "requested_by_customer",
    "fraud": "fraudulent",
    "other": "requested_by_customer",
}
REASON = "chargedesk_reason"


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where Stripe has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for Stripe.")
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    return (_FREEZERS[order.action](order),)


def _refund(order: Order) -> FrozenStep:
    field = "payment_intent" if order.target_id.startswith("pi_") else "charge"
    body: dict[str, object] = {
        field: _named(order.target_id),
        "amount": stripe_amount(_positive(order)),
        "metadata": _metadata(order),
        # The charge's new state comes in the same answer.
        "expand": ["charge.balance_transaction"],
    }
    if order.reason:
        body["reason"] = REFUND_REASONS[order.reason]
    return FrozenStep(name="refund", method=Method.POST.name, path="/v1/refunds", body=body)


def _capture(order: Order) -> FrozenStep:
    body: dict[str, object] = {
        "amount_to_capture": stripe_amount(_positive(order)),
        "final_capture": True,
        "metadata": _metadata(order),
        "expand": ["latest_charge.balance_transaction"],
    }
    path = f"/v1/payment_intents/{quote(_payment_of(order), safe='')}/capture"
    return FrozenStep(name="capture", method=Method.POST.name, path=path, body=body)


def _void(order: Order) -> FrozenStep:
    _positive(order)
    reason = REFUND_REASONS.get(order.reason, "requested_by_customer")
    body: dict[str, object] = {
        "cancellation_reason": reason,
        "expand": ["latest_charge.balance_transaction"],
    }
    path = f"/v1/payment_intents/{quote(_payment_of(order), safe='')}/cancel"
    return FrozenStep(name="void", method=Method.POST.name, path=path, body=body)


def _cancel_subscription(order: Order) -> FrozenStep:
    path = f"/v1/subscriptions/{quote(_named(order.target_id), safe='')}"
    if order.at_period_end:
        later: dict[str, object] = {
            "cancel_at_period_end": True,
            "metadata": _metadata(order),
            "expand": ["discounts"],
        }
        return FrozenStep(
            name="cancel_at_period_end", method=Method.POST.name, path=path, body=later
        )
    # Both said out loud, so that an account's defaults never bill or credit anything by a
    # cancellation (M12). This call takes no metadata; the comment is the only place for our marker.
    now: dict[str, object] = {
        "prorate": False,
        "invoice_now": False,
        "cancellation_details": {"comment": cancellation_comment(order)},
        "expand": ["discounts"],
    }
    return FrozenStep(name="cancel", method=Method.DELETE.name, path=path, body=now)


_FREEZERS = {
    ActionKind.REFUND: _refund,
    ActionKind.CAPTURE: _capture,
    ActionKind.VOID: _void,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_subscription,
}


def cancellation_comment(order: Order) -> str:
    """What marks a cancellation as ours."""
    return f"{MARKER} {order.intent_id}"


def _metadata(order: Order) -> dict[str, str]:
    marked = {MARKER: str(order.intent_id)}
    return marked | {REASON: order.reason} if order.reason else marked


def _positive(order: Order) -> Money:
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money


def _named(external_id: str) -> str:
    if not external_id.strip("."):
        raise InvalidOrderError("This order names no object.", parameter="target_id")
    return external_id


def _payment_of(order: Order) -> str:
    payment = order.payment_id or order.target_id
    if payment.startswith("pi_"):
        return payment
    # Refunding the uncaptured charge would end the hold too, but one action is never swapped for
    # another (M12).
    raise UnsupportedError(
        "A charge without a payment intent is captured and released in Stripe's dashboard only."
    )
