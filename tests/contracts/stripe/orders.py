"""Makes at the sandbox what each order is about, and the order."""

import time
from collections.abc import Callable
from typing import Any

import requests

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order

Json = dict[str, Any]

# The last call of each order, by its address.
PATHS = {
    ActionKind.REFUND: "/v1/refunds$",
    ActionKind.CAPTURE: "/capture$",
    ActionKind.VOID: "/cancel$",
    ActionKind.CHARGE: "/v1/payment_intents$",
    ActionKind.AUTHORIZE: "/v1/payment_intents$",
    ActionKind.REQUEST_PAYMENT: "/v1/checkout/sessions$",
    ActionKind.REQUEST_CARD_UPDATE: "/v1/checkout/sessions$",
    ActionKind.CREATE_SUBSCRIPTION: "/v1/subscriptions$",
    ActionKind.CHANGE_SUBSCRIPTION: "/v1/subscriptions/",
    ActionKind.PAUSE_SUBSCRIPTION: "/v1/subscriptions/",
    ActionKind.RESUME_SUBSCRIPTION: "/v1/subscriptions/",
    ActionKind.CANCEL_SUBSCRIPTION: "/v1/subscriptions/",
    ActionKind.APPLY_COUPON: "/v1/subscriptions/",
    ActionKind.REMOVE_COUPON: "/v1/subscriptions/",
    ActionKind.SEND_INVOICE: "/send$",
    ActionKind.VOID_INVOICE: "/void$",
    ActionKind.UPDATE_TAX_DETAILS: "/v1/customers/[^/]+$",
    ActionKind.USE_PAYMENT_METHOD: "/v1/customers/[^/]+$",
}
# Of cards that Stripe's test mode knows.
GOOD_CARD, POOR_CARD = "4242", "9995"
THANKS = "http://127.0.0.1:9/thanks"
ADDRESS = {"line1": "Via Roma 1", "city": "Torino", "postal_code": "10121", "country": "IT"}


class Orders:
    """The hands at one account."""

    def __init__(self, sandbox_url: str, account: str, key: str) -> None:
        self._url, self._account, self._key = sandbox_url, account, key

    def make(self, action: ActionKind) -> Order:
        """An order that can be carried out."""
        return _MAKERS.get(action, Orders.about_charge)(self, action)

    def about_charge(self, action: ActionKind) -> Order:
        outcome = "succeeded" if action is ActionKind.REFUND else "uncaptured"
        charge = self.charge(outcome=outcome, amount=9000)
        wanted = 9000 if action is ActionKind.VOID else 2500
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=charge["id"],
            payment_id=charge["payment_intent"],
            money=Money.of(wanted, charge["currency"]),
            reason="goodwill",
        )

    def on_card(self, action: ActionKind, last4: str = GOOD_CARD) -> Order:
        who = self.customer(last4=last4)
        return Order(
            action=action,
            intent_id=new_id(),
            target_id=who["id"],
            money=Money.of(2500, "EUR"),
            details={"payment_method": _card_of(who), "description": "Order #1001"},
        )

    def of_page(self, action: ActionKind) -> Order:
        details = {"description": "Order #1001", "return_url": THANKS}
        money = Money.of(2500, "EUR")
        return self._about(action, self.customer()["id"], details, money=money)

    def of_card_page(self, action: ActionKind) -> Order:
        details = {"currency": "EUR", "return_url": THANKS}
        return self._about(action, self.customer()["id"], details)

    def to_subscribe(self, action: ActionKind, last4: str = GOOD_CARD) -> Order:
        who = self.customer(last4=last4)
        details = {
            "price": self.price()["id"],
            "quantity": 2,
            "trial_days": 0,
            "coupon": self.coupon(),
            "payment_method": _card_of(who),
        }
        return self._about(action, who["id"], details)

    def to_change(self, action: ActionKind) -> Order:
        running = self.subscription()
        details = {
            "item": running["items"]["data"][0]["id"],
            "price": self.price(unit_amount="5000")["id"],
            "quantity": 3,
            "prorate": "now",
            "proration_at": int(time.time()),
        }
        return self._about(action, running["id"], details)

    def about_subscription(self, action: ActionKind) -> Order:
        return self._about(action, self.subscription()["id"], {})

    def to_resume(self, action: ActionKind) -> Order:
        running = self.subscription()
        self.call(f"subscriptions/{running['id']}", **{"pause_collection[behavior]": "void"})
        return self._about(action, running["id"], {"pause": "collection"})

    def to_discount(self, action: ActionKind) -> Order:
        running, kept = self._discounted()
        return self._about(action, running, {"coupon": self.coupon(), "keep": [kept]})

    def to_charge_full(self, action: ActionKind) -> Order:
        running, discount = self._discounted()
        return self._about(action, running, {"discount": discount, "keep": []})

    def about_invoice(self, action: ActionKind) -> Order:
        status = "draft" if action is ActionKind.SEND_INVOICE else "open"
        made = self._control(object="invoice", status=status)
        return self._about(action, made["id"], {})

    def of_tax_details(self, action: ActionKind) -> Order:
        who = self.customer()["id"]
        old = self.call(f"customers/{who}/tax_ids", type="eu_vat", value="IT00743110157")
        details = {
            "name": "Officine Bianchi",
            "address": ADDRESS,
            "tax_id_type": "eu_vat",
            "tax_id": "IT12345678903",
            "replaces": [old["id"]],
        }
        return self._about(action, who, details)

    def to_use_card(self, action: ActionKind) -> Order:
        running = self.subscription()
        who = running["customer"]
        card = self._control(object="payment_method", customer=who, last4="4444")["id"]
        details = {"payment_method": card, "subscriptions": [running["id"]]}
        return self._about(action, who, details)

    def _discounted(self) -> tuple[str, str]:
        running = self.subscription()["id"]
        found = self.call(f"subscriptions/{running}", **{"discounts[0][coupon]": self.coupon()})
        return running, found["discounts"][0]

    def _about(
        self, action: ActionKind, target: str, details: Json, *, money: Money | None = None
    ) -> Order:
        return Order(
            action=action, intent_id=new_id(), target_id=target, money=money, details=details
        )

    # ---- what the orders are about

    def charge(self, **wanted: object) -> Json:
        """Create a charge with given properties."""
        return self._control(object="charge", **wanted)

    def customer(self, **wanted: object) -> Json:
        """Create a customer with a card on file."""
        return self._control(object="customer", **wanted)

    def subscription(self, **wanted: object) -> Json:
        """Create a running subscription with a customer of its own."""
        return self._control(object="subscription", **wanted)

    def price(self, **wanted: str) -> Json:
        """Create a recurring price."""
        product = self.call("products", name="Team plan")["id"]
        usual = {"product": product, "currency": "eur", "unit_amount": "1900"}
        return self.call("prices", **{**usual, "recurring[interval]": "month", **wanted})

    def coupon(self) -> str:
        """Create a coupon of ten percent for good."""
        return str(self.call("coupons", percent_off="10", duration="forever", name="Ten")["id"])

    def call(self, path: str, **params: str) -> Json:
        """Write something with the account's own key, as a person in the dashboard would."""
        answer = requests.post(
            f"{self._url}/stripe/v1/{path}", data=params, auth=(self._key, ""), timeout=30
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    def _control(self, **wanted: object) -> Json:
        order = {"account": self._account, **wanted}
        answer = requests.post(f"{self._url}/_control/objects", json=order, timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json()["object"])


def _card_of(who: Json) -> str:
    return str(who["invoice_settings"]["default_payment_method"])


_MAKERS: dict[ActionKind, Callable[[Orders, ActionKind], Order]] = {
    ActionKind.CHARGE: Orders.on_card,
    ActionKind.AUTHORIZE: Orders.on_card,
    ActionKind.REQUEST_PAYMENT: Orders.of_page,
    ActionKind.REQUEST_CARD_UPDATE: Orders.of_card_page,
    ActionKind.CREATE_SUBSCRIPTION: Orders.to_subscribe,
    ActionKind.CHANGE_SUBSCRIPTION: Orders.to_change,
    ActionKind.PAUSE_SUBSCRIPTION: Orders.about_subscription,
    ActionKind.RESUME_SUBSCRIPTION: Orders.to_resume,
    ActionKind.CANCEL_SUBSCRIPTION: Orders.about_subscription,
    ActionKind.APPLY_COUPON: Orders.to_discount,
    ActionKind.REMOVE_COUPON: Orders.to_charge_full,
    ActionKind.SEND_INVOICE: Orders.about_invoice,
    ActionKind.VOID_INVOICE: Orders.about_invoice,
    ActionKind.UPDATE_TAX_DETAILS: Orders.of_tax_details,
    ActionKind.USE_PAYMENT_METHOD: Orders.to_use_card,
}
