"""Freezes orders about subscriptions."""

from gateways.contract import FrozenStep, Order
from gateways.stripe.client import Method
from gateways.stripe.mapping.values import MARKER
from gateways.stripe.orders.parts import address_of, change_marks

_SUBSCRIPTIONS = "/v1/subscriptions"


def cancel(order: Order) -> FrozenStep:
    """End a subscription, now or when the paid period ends."""
    path = address_of(_SUBSCRIPTIONS, order.target_id)
    if order.at_period_end:
        later: dict[str, object] = {
            "cancel_at_period_end": True,
            "metadata": change_marks(order),
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


def cancellation_comment(order: Order) -> str:
    """What marks a cancellation as ours."""
    return f"{MARKER} {order.intent_id}"
