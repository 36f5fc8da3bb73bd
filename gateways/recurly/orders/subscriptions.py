"""Freezes orders about subscriptions."""

from chargedesk.kit.money import CurrencyError, Money
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError
from gateways.recurly.client import Method
from gateways.recurly.mapping.billing import BEGUN, PLANNED
from gateways.recurly.orders.parts import (
    address_of,
    customer_of,
    frozen_amount,
    named,
    needed,
    plan_of,
    text,
    whole,
)

_SUBSCRIPTIONS = "/subscriptions"
# Recurly wants a number of billing cycles, and an order pauses until somebody resumes it.
_LONGEST_PAUSE = 99
# A moment that has passed means no trial, whatever the plan says.
_NO_TRIAL = "2000-01-01T00:00:00Z"
# How the difference for the running period is billed. Recurly has no “with the next invoice”.
PRORATIONS = {"now": "prorated_amount", "none": "none"}


def create(order: Order) -> FrozenStep:
    """Start a subscription at the amount that was shown, paid by the billing info named."""
    if order.details.get("trial_days") or text(order, "coupon"):
        raise InvalidOrderError("Trials and coupons are not started with a subscription here.")
    plan, currency = plan_of(order)
    body: dict[str, object] = {
        # The plan's id decides; the contract wants a code as well.
        "plan_id": plan,
        "plan_code": plan,
        "currency": currency,
        "account": {"id": customer_of(order)},
        "billing_info_id": needed(order, "payment_method"),
        "collection_method": "automatic",
        "quantity": whole(order, "quantity"),
        "trial_ends_at": _NO_TRIAL,
        "po_number": str(order.intent_id),
        **_unit_amount(order, currency),
    }
    return FrozenStep(
        name="create_subscription", method=Method.POST.name, path=_SUBSCRIPTIONS, body=body
    )


def change(order: Order) -> FrozenStep:
    """Another plan or quantity, at once."""
    if needed(order, "item") != order.target_id:
        raise InvalidOrderError("Only the plan itself can be changed here.", parameter="item")
    prorate = text(order, "prorate")
    if prorate not in PRORATIONS:
        raise InvalidOrderError(
            "Recurly bills the difference at once, or not.", parameter="prorate"
        )
    plan, currency = plan_of(order)
    word = PRORATIONS[prorate]
    body: dict[str, object] = {
        "timeframe": "now",
        "plan_id": plan,
        "quantity": whole(order, "quantity"),
        "proration_settings": {"charge": word, "credit": word},
        **_unit_amount(order, currency),
    }
    return FrozenStep(
        name="change_subscription",
        method=Method.POST.name,
        path=address_of(_SUBSCRIPTIONS, order.target_id, "/change"),
        body=body,
    )


def pause(order: Order) -> FrozenStep:
    """Bill nothing from the next renewal on, until somebody resumes it."""
    return _pausing("pause_subscription", order, _LONGEST_PAUSE)


def resume(order: Order) -> FrozenStep:
    """End a pause at once; one that has not begun yet is given up by another call."""
    how = text(order, "pause")
    if how == PLANNED:
        return _pausing("resume_subscription", order, 0)
    if how != BEGUN:
        raise InvalidOrderError("This subscription is not paused.", parameter="pause")
    path = address_of(_SUBSCRIPTIONS, order.target_id, "/resume")
    return FrozenStep(name="resume_subscription", method=Method.PUT.name, path=path, body={})


def cancel(order: Order) -> FrozenStep:
    """End a subscription, at once or with the paid period."""
    path = address_of(_SUBSCRIPTIONS, named(order.target_id))
    if order.at_period_end:
        # The default, `term_end`, would go on billing until a term of several periods is over.
        later: dict[str, object] = {"timeframe": "bill_date"}
        return FrozenStep(
            name="cancel_at_period_end", method=Method.PUT.name, path=f"{path}/cancel", body=later
        )
    # Both said out loud, so that a cancellation never refunds or bills by itself (M12).
    now: dict[str, object] = {"refund": "none", "charge": False}
    return FrozenStep(name="cancel", method=Method.DELETE.name, path=path, body=now)


def _pausing(name: str, order: Order, cycles: int) -> FrozenStep:
    return FrozenStep(
        name=name,
        method=Method.PUT.name,
        path=address_of(_SUBSCRIPTIONS, order.target_id, "/pause"),
        body={"remaining_pause_cycles": cycles},
    )


def _unit_amount(order: Order, currency: str) -> dict[str, object]:
    """What one costs, as it was shown (M1); a price without one amount is left to its plan."""
    minor = order.details.get("unit_minor")
    if minor is None:
        return {}
    if not isinstance(minor, int) or isinstance(minor, bool) or minor < 0:
        raise InvalidOrderError("The price has no such amount.", parameter="unit_minor")
    try:
        return {"unit_amount": frozen_amount(Money.of(minor, currency))}
    except CurrencyError as error:
        raise InvalidOrderError("This is no price of Recurly.", parameter="price") from error
