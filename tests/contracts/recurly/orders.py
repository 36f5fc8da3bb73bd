"""Makes at the sandbox what each order is about, and the order."""

from collections.abc import Callable
from typing import Any, Protocol

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order

Json = dict[str, Any]

# The call of each order, for faults.
CALLS: dict[ActionKind, Json] = {
    ActionKind.REFUND: {"path_regex": "/refund$"},
    ActionKind.CHARGE: {"path_regex": "/purchases$"},
    ActionKind.CREATE_SUBSCRIPTION: {"method": "POST", "path_regex": "/subscriptions$"},
    ActionKind.CHANGE_SUBSCRIPTION: {"path_regex": "/change$"},
    ActionKind.PAUSE_SUBSCRIPTION: {"path_regex": "/pause$"},
    ActionKind.RESUME_SUBSCRIPTION: {"path_regex": "/resume$"},
    ActionKind.CANCEL_SUBSCRIPTION: {"method": "DELETE", "path_regex": "/subscriptions/"},
    ActionKind.APPLY_COUPON: {"path_regex": "/coupon_redemptions/active$"},
    ActionKind.REMOVE_COUPON: {"method": "DELETE", "path_regex": "/coupon_redemptions/"},
}
GOOD_CARD, POOR_CARD = "1111", "0002"


class Hands(Protocol):
    """What is needed of a harness."""

    def make(self, kind: str, **wanted: object) -> Json:
        """Create an object with given properties."""
        ...

    def get(self, path: str) -> Json:
        """Ask the sandbox as the provider's own client would."""
        ...

    def write(self, method: str, path: str, body: Json) -> Json:
        """Write something with the site's own key, as a person would."""
        ...


def on_file(hands: Hands, action: ActionKind, last4: str = GOOD_CARD) -> Order:
    """An order to take money by the card on file."""
    who, card = _customer(hands, last4)
    details = {"payment_method": card, "description": "Order #1001"}
    return _about(action, who, details, money=Money.of(2500, "EUR"))


def to_subscribe(hands: Hands, action: ActionKind) -> Order:
    """An order to start a subscription."""
    who, card = _customer(hands, GOOD_CARD)
    details = {
        "price": f"{hands.make('plan', amount=1900)['id']}:EUR",
        "quantity": 2,
        "trial_days": 0,
        "coupon": "",
        "payment_method": card,
        "unit_minor": 1900,
        "currency": "EUR",
    }
    return _about(action, who, details)


def to_change(hands: Hands, action: ActionKind) -> Order:
    """An order for three of another plan."""
    running = hands.make("subscription")["id"]
    details = {
        "item": running,
        "price": f"{hands.make('plan', amount=5000)['id']}:EUR",
        "quantity": 3,
        "prorate": "now",
        "proration_at": 0,
        "unit_minor": 5000,
        "currency": "EUR",
    }
    return _about(action, running, details)


def about_subscription(hands: Hands, action: ActionKind) -> Order:
    """An order that says no more than what it is about."""
    return _about(action, hands.make("subscription")["id"], {})


def to_resume(hands: Hands, action: ActionKind) -> Order:
    """An order to end a pause that has begun."""
    paused = hands.make("subscription", status="paused", remaining_pause_cycles=3)
    return _about(action, paused["id"], {"pause": "whole"})


def to_discount(hands: Hands, action: ActionKind) -> Order:
    """An order to give a coupon."""
    running = hands.make("subscription")
    details = {
        "coupon": hands.make("coupon")["id"],
        "keep": [],
        "customer": running["account"]["id"],
        "currency": "EUR",
    }
    return _about(action, running["id"], details)


def to_charge_full(hands: Hands, action: ActionKind) -> Order:
    """An order to take one of two coupons away."""
    running = hands.make("subscription")
    path = f"/accounts/{running['account']['id']}/coupon_redemptions/active"
    kept, gone = (
        hands.write(
            "POST",
            path,
            {"coupon_id": hands.make("coupon")["id"], "subscription_id": running["id"]},
        )["id"]
        for _ in range(2)
    )
    return _about(action, running["id"], {"discount": gone, "keep": [kept]})


def _customer(hands: Hands, last4: str) -> tuple[str, str]:
    who = hands.make("customer", last4=last4)["id"]
    return who, hands.get(f"/accounts/{who}/billing_info")["id"]


def _about(action: ActionKind, target: str, details: Json, *, money: Money | None = None) -> Order:
    return Order(action=action, intent_id=new_id(), target_id=target, money=money, details=details)


MAKERS: dict[ActionKind, Callable[[Any, ActionKind], Order]] = {
    ActionKind.CHARGE: on_file,
    ActionKind.CREATE_SUBSCRIPTION: to_subscribe,
    ActionKind.CHANGE_SUBSCRIPTION: to_change,
    ActionKind.PAUSE_SUBSCRIPTION: about_subscription,
    ActionKind.RESUME_SUBSCRIPTION: to_resume,
    ActionKind.CANCEL_SUBSCRIPTION: about_subscription,
    ActionKind.APPLY_COUPON: to_discount,
    ActionKind.REMOVE_COUPON: to_charge_full,
}
