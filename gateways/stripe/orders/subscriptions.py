"""Freezes orders about subscriptions."""

from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError
from gateways.stripe.client import Method
from gateways.stripe.mapping.values import MARKER
from gateways.stripe.orders.parts import (
    address_of,
    birth_marks,
    change_marks,
    customer_of,
    listed,
    needed,
    text,
    whole,
)

_SUBSCRIPTIONS = "/v1/subscriptions"
# The answer shows what it cost, and of which coupon each discount is.
_EXPAND = ["discounts", "latest_invoice.payments"]
PRORATIONS = {"now": "always_invoice", "next_invoice": "create_prorations", "none": "none"}


def create(order: Order) -> FrozenStep:
    """Start a subscription; one whose first payment fails is not made at all."""
    body: dict[str, object] = {
        "customer": customer_of(order),
        "items": [{"price": needed(order, "price"), "quantity": whole(order, "quantity", least=1)}],
        "default_payment_method": needed(order, "payment_method"),
        "collection_method": "charge_automatically",
        "payment_behavior": "error_if_incomplete",
        "off_session": True,
        "trial_from_plan": False,
        "billing_mode": {"type": "flexible"},
        "metadata": birth_marks(order),
        "expand": _EXPAND,
    }
    trial, coupon = whole(order, "trial_days", least=0), text(order, "coupon")
    if trial:
        body["trial_period_days"] = trial
    if coupon:
        body["discounts"] = [{"coupon": coupon}]
    return _post("create_subscription", _SUBSCRIPTIONS, body)


def change(order: Order) -> FrozenStep:
    """Another price or quantity, reckoned for the moment of the preview."""
    body: dict[str, object] = {
        "items": [changed_item(order)],
        "proration_behavior": PRORATIONS[prorated(order)],
        # What cannot be paid is not changed either.
        "payment_behavior": "error_if_incomplete",
        "off_session": True,
        "metadata": change_marks(order),
        "expand": _EXPAND,
    }
    if prorated(order) != "none":
        body["proration_date"] = whole(order, "proration_at", least=1)
    return _post("change_subscription", _path(order), body)


def changed_item(order: Order) -> dict[str, object]:
    """The line as it shall be; without its id Stripe would add a second one."""
    return {
        "id": needed(order, "item"),
        "price": needed(order, "price"),
        "quantity": whole(order, "quantity", least=1),
    }


def prorated(order: Order) -> str:
    """How the rest of the running period is reckoned: `now`, `next_invoice` or `none`."""
    chosen = text(order, "prorate")
    if chosen not in PRORATIONS:
        raise InvalidOrderError(f"There is no proration “{chosen}”.", parameter="prorate")
    return chosen


def pause(order: Order) -> FrozenStep:
    """Let it run and collect nothing: the invoices of that time are void."""
    body: dict[str, object] = {
        "pause_collection": {"behavior": "void"},
        "metadata": change_marks(order),
        "expand": _EXPAND,
    }
    return _post("pause_subscription", _path(order), body)


def resume(order: Order) -> FrozenStep:
    """Collect again, or let one that stands still run again: two different calls."""
    how = text(order, "pause")
    if how == "collection":
        collecting: dict[str, object] = {
            # Empty clears it.
            "pause_collection": "",
            "metadata": change_marks(order),
            "expand": _EXPAND,
        }
        return _post("resume_collection", _path(order), collecting)
    if how != "whole":
        raise InvalidOrderError(f"There is no pause “{how}” to end.", parameter="pause")
    # This call takes no metadata: there is no place for our marker.
    running: dict[str, object] = {
        "billing_cycle_anchor": {"type": "now"},
        "proration_behavior": "none",
        "payment_behavior": "resume_on_payment_attempt",
        "expand": _EXPAND,
    }
    return _post("resume_subscription", _path(order, "/resume"), running)


def apply_coupon(order: Order) -> FrozenStep:
    """One more discount; the list replaces what was there, so the others are sent again."""
    wanted = [{"coupon": needed(order, "coupon")}]
    return _discounts(order, "apply_coupon", [*_kept(order), *wanted])


def remove_coupon(order: Order) -> FrozenStep:
    """One discount less; those that stay are sent again."""
    gone = needed(order, "discount")
    if gone in listed(order, "keep"):
        raise InvalidOrderError("This discount cannot go and stay.", parameter="keep")
    return _discounts(order, "remove_coupon", _kept(order))


def cancel(order: Order) -> FrozenStep:
    """End a subscription, now or when the paid period ends."""
    path = _path(order)
    if order.at_period_end:
        later: dict[str, object] = {
            "cancel_at_period_end": True,
            "metadata": change_marks(order),
            "expand": ["discounts"],
        }
        return _post("cancel_at_period_end", path, later)
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


def _kept(order: Order) -> list[dict[str, str]]:
    return [{"discount": each} for each in listed(order, "keep")]


def _discounts(order: Order, name: str, discounts: list[dict[str, str]]) -> FrozenStep:
    body: dict[str, object] = {
        # An empty list would not be sent at all.
        "discounts": discounts or "",
        "proration_behavior": "none",
        "metadata": change_marks(order),
        "expand": _EXPAND,
    }
    return _post(name, _path(order), body)


def _path(order: Order, tail: str = "") -> str:
    return address_of(_SUBSCRIPTIONS, order.target_id, tail)


def _post(name: str, path: str, body: dict[str, object]) -> FrozenStep:
    return FrozenStep(name=name, method=Method.POST.name, path=path, body=body)
