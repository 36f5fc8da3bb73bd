"""Makes at the sandbox what an order is about, and says how it is ordered: one of every kind."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chargedesk.base import scoping
from chargedesk.kit.money import Money
from chargedesk.ledger.models import GatewayCustomer, GatewayInvoice, Subscription
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop

Wish = tuple[UUID, dict[str, Any]]
CATALOG = (ObjectKind.PRODUCT, ObjectKind.PRICE, ObjectKind.COUPON, ObjectKind.INVOICE)
ASKED = {"amount": Money.of(2000, "EUR"), "details": {"description": "A new zip"}}
ADDRESS = {"line1": "Via Roma 1", "city": "Torino", "postal_code": "10121", "country": "IT"}


def wished(shop: Shop, action: ActionKind) -> Wish:
    """The object of an order of this kind, as the ledger has it, and the rest of the wish."""
    return _MAKERS[action](shop)


def price(shop: Shop, minor: int = 5000, **fields: str) -> str:
    """A monthly price in the account's currency."""
    product = shop.account.request("POST", "/v1/products", name="Team plan")["id"]
    made = shop.account.request(
        "POST",
        "/v1/prices",
        product=product,
        unit_amount=str(minor),
        **{"currency": "eur", "recurring[interval]": "month", **fields},
    )
    shop.sync(*CATALOG)
    return str(made["id"])


def coupon(shop: Shop, name: str = "Ten") -> str:
    """A coupon of ten percent."""
    made = shop.account.request(
        "POST", "/v1/coupons", percent_off="10", duration="forever", name=name
    )
    shop.sync(*CATALOG)
    return str(made["id"])


def subscription(shop: Shop) -> Subscription:
    """A running subscription of the first customer."""
    made = shop.account.make("subscription", customer=shop.account.customers[0])
    shop.sync(ObjectKind.CUSTOMER)
    return stored(shop, made["id"])


def stored(shop: Shop, external_id: str) -> Subscription:
    """A subscription as the ledger has it."""
    with scoping.tenant(shop.tenant.id):
        return Subscription.objects.get(external_id=external_id)


def customer(shop: Shop) -> GatewayCustomer:
    """The first customer, who has a card on file."""
    return shop.customer(shop.account.customers[0])


def _asking(shop: Shop) -> Wish:
    return customer(shop).id, dict(ASKED)


def _creating(shop: Shop) -> Wish:
    details = {"price": price(shop), "quantity": 2, "trial_days": 0, "coupon": coupon(shop)}
    return customer(shop).id, {"details": details}


def _changing(shop: Shop) -> Wish:
    running = subscription(shop)
    return running.id, {"details": {"price": price(shop), "quantity": 3, "prorate": "now"}}


def _running(shop: Shop) -> Wish:
    return subscription(shop).id, {}


def _resuming(shop: Shop) -> Wish:
    running = subscription(shop)
    paused = shop.order(ActionKind.PAUSE_SUBSCRIPTION, running.id)
    shop.send(paused)
    return running.id, {}


def _discounting(shop: Shop) -> Wish:
    return subscription(shop).id, {"details": {"coupon": coupon(shop)}}


def _undiscounting(shop: Shop) -> Wish:
    running = subscription(shop)
    details = {"coupon": coupon(shop)}
    shop.send(shop.order(ActionKind.APPLY_COUPON, running.id, details=details))
    return running.id, {}


def _invoice(status: str) -> Callable[[Shop], Wish]:
    def make(shop: Shop) -> Wish:
        who = shop.account.customers[0]
        made = shop.account.make("invoice", customer=who, status=status)
        shop.sync(*CATALOG)
        with scoping.tenant(shop.tenant.id):
            return GatewayInvoice.objects.get(external_id=made["id"]).id, {}

    return make


def _correcting(shop: Shop) -> Wish:
    details = {
        "name": "Officine Bianchi",
        "address": ADDRESS,
        "tax_id_type": "eu_vat",
        "tax_id": "IT12345678903",
    }
    return customer(shop).id, {"details": details}


def _card(shop: Shop) -> Wish:
    who = shop.account.customers[0]
    subscription(shop)
    new = shop.account.make("payment_method", customer=who, last4="5556")
    return customer(shop).id, {"details": {"payment_method": new["id"]}}


def _card_page(shop: Shop) -> Wish:
    return customer(shop).id, {}


_MAKERS: dict[ActionKind, Callable[[Shop], Wish]] = {
    ActionKind.CHARGE: _asking,
    ActionKind.AUTHORIZE: _asking,
    ActionKind.REQUEST_PAYMENT: _asking,
    ActionKind.CREATE_SUBSCRIPTION: _creating,
    ActionKind.CHANGE_SUBSCRIPTION: _changing,
    ActionKind.PAUSE_SUBSCRIPTION: _running,
    ActionKind.RESUME_SUBSCRIPTION: _resuming,
    ActionKind.CANCEL_SUBSCRIPTION: _running,
    ActionKind.APPLY_COUPON: _discounting,
    ActionKind.REMOVE_COUPON: _undiscounting,
    ActionKind.SEND_INVOICE: _invoice("open"),
    ActionKind.VOID_INVOICE: _invoice("open"),
    ActionKind.UPDATE_TAX_DETAILS: _correcting,
    ActionKind.REQUEST_CARD_UPDATE: _card_page,
    ActionKind.USE_PAYMENT_METHOD: _card,
}
KINDS = tuple(_MAKERS)
