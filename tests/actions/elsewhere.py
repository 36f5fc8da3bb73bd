"""Orders at the other gateways, by the hands that the contract suite has there."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chargedesk.actions.models import ActionIntent
from chargedesk.actions.settlement import store
from chargedesk.actions.subjects import ABOUT, About
from chargedesk.base import scoping
from chargedesk.ledger.models import GatewayCustomer, GatewayInvoice, Subscription
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.contract import Order
from gateways.snapshots import ObjectKind
from tests.actions.mall import INNER, OUTER, _connected
from tests.actions.shop import Shop
from tests.services.accounts import new_tenant

GATEWAYS = ("braintree", "paypal", "recurly", "woocommerce")
CATALOG = (ObjectKind.PRODUCT, ObjectKind.PRICE, ObjectKind.COUPON)
_KINDS = {
    About.CUSTOMER: (ObjectKind.CUSTOMER, GatewayCustomer),
    About.SUBSCRIPTION: (ObjectKind.SUBSCRIPTION, Subscription),
    About.INVOICE: (ObjectKind.INVOICE, GatewayInvoice),
}


@dataclass(frozen=True)
class Branch:
    """A tenant connected to one gateway, and the hands there."""

    shop: Shop
    hands: Any

    def wish(self, action: ActionKind) -> Order:
        """What the order is about, made at the gateway and read; the order as the suite has it."""
        order: Order = self.hands.make_order(action)
        self.read(action, order.target_id)
        return order

    def read(self, action: ActionKind, external_id: str) -> None:
        """Read what an order is about, its customer and the catalogue, into the ledger."""
        adapter = registry.adapter(self.shop.connection.provider)
        credentials = gateway_credentials(self.shop.connection)
        found = adapter.read(credentials, _KINDS[ABOUT[action]][0], external_id)
        owner = getattr(found[0], "customer_id", "")
        if owner and ObjectKind.CUSTOMER in adapter.capabilities.reads:
            found = (*adapter.read(credentials, ObjectKind.CUSTOMER, owner), *found)
        for kind in CATALOG:
            if kind in adapter.capabilities.reads:
                found = (*adapter.page(credentials, kind).snapshots, *found)
        with scoping.tenant(self.shop.tenant.id):
            store(self.shop.connection, found)

    def place(self, order: Order) -> ActionIntent:
        """The same order, through the engine."""
        return self.shop.order(
            order.action,
            self.object_id(order),
            amount=order.money,
            details=dict(order.details),
            at_period_end=order.at_period_end,
        )

    def object_id(self, order: Order) -> UUID:
        """The ledger's id of what the order is about."""
        model = _KINDS[ABOUT[order.action]][1]
        with scoping.tenant(self.shop.tenant.id):
            found: UUID = model.objects.get(external_id=order.target_id).id  # type: ignore[attr-defined]
        return found

    def effects(self) -> list[str]:
        """What really changed at the gateway."""
        return [str(call["effect"]) for call in self.shop.account.calls() if call["effect"]]


def open_branch(sandbox_url: str, gateway: str) -> Branch:
    """Open an account there and connect it."""
    hands = {**OUTER, **INNER}[gateway](sandbox_url)
    return Branch(_connected(new_tenant(), gateway, hands), hands)


def orders_elsewhere() -> list[tuple[str, ActionKind]]:
    """Every action that one of these gateways offers, but those about a charge."""
    return [
        (gateway, action)
        for gateway in GATEWAYS
        for action in ActionKind
        if ABOUT[action] is not About.CHARGE
        and registry.adapter(gateway).capabilities.proof(action)
    ]
