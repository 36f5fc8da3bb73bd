"""A tenant that sells through an outer system and connected the gateway behind it as well."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, MoneyRoot
from chargedesk.sync.services import backfill, start_connection
from chargedesk.tenants.models import Connection, Tenant
from chargedesk.tenants.services import connect_gateway
from chargedesk.tenants.services.members import member_actor
from tests.actions.shop import Shop
from tests.contracts.braintree.harness import BraintreeHarness
from tests.contracts.paypal.harness import PayPalHarness
from tests.contracts.recurly.harness import RecurlyHarness
from tests.contracts.stripe.harness import StripeHarness
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.services.accounts import Account, Control, new_tenant, new_user

Json = dict[str, Any]
Make = Callable[[str], Any]
OUTER: dict[str, Make] = {"woocommerce": WooCommerceHarness, "recurly": RecurlyHarness}
INNER: dict[str, Make] = {
    "stripe": StripeHarness,
    "paypal": PayPalHarness,
    "braintree": BraintreeHarness,
}
_DAY = 86_400
PLUGINS = {"stripe": "stripe", "paypal": "ppcp-gateway", "braintree": "braintree_credit_card"}


@dataclass(frozen=True)
class Mall:
    """One tenant, two connections: the outer system, and the gateway behind it."""

    tenant: Tenant
    outer: Shop
    inner: Shop

    def buy(self, amount: int = 3000, **more: Any) -> tuple[str, str]:
        """Somebody buys: the ids of the outer charge and of the inner one."""
        # Yesterday: what PayPal lists lags hours behind.
        past = {"created": int(time.time()) - _DAY, "age": _DAY}
        paid = _make(self.inner, amount=amount, **past)
        return self.order_for(str(paid["id"]), amount, **more), str(paid["id"])

    def order_for(self, charge_id: str, amount: int = 3000, **more: Any) -> str:
        """The outer system writes down what a charge paid for."""
        gateway = self.inner.connection.provider
        told: Json = (
            {"gateway": gateway, "gateway_reference": charge_id}
            if self.outer.connection.provider == "recurly"
            else {"method": PLUGINS[gateway], "transaction_id": charge_id}
        )
        return str(_make(self.outer, amount=amount, **told, **more)["id"])

    def read(self, *sides: str) -> None:
        """Import the history of these sides, in this order."""
        for side in sides:
            _read_history(getattr(self, side).connection)

    def link_of(self, charge_id: str) -> str:
        """The outer root's id that the charge's root hangs on; empty if on none."""
        with scoping.tenant(self.tenant.id):
            root = Charge.objects.get(external_id=charge_id).root
            outer = MoneyRoot.objects.filter(pk=root.parent_id).first()
        return outer.external_id if outer else ""

    def refunds_made(self) -> dict[str, int]:
        """How often money went back, by provider, as the journal tells."""
        made = {}
        for shop in (self.outer, self.inner):
            provider = shop.connection.provider
            entries = shop.account.control.get(
                "journal", provider=provider, account=shop.account.id, effect="refund.created"
            )
            made[provider] = len(entries["entries"])
        return made


def open_mall(sandbox_url: str, outer: str = "woocommerce", inner: str = "stripe") -> Mall:
    """Open both and connect them to one tenant; nothing has been read yet."""
    tenant = new_tenant()
    hands = {outer: OUTER[outer](sandbox_url), inner: INNER[inner](sandbox_url)}
    return Mall(tenant, *(_connected(tenant, name, each) for name, each in hands.items()))


def _connected(tenant: Tenant, provider: str, hands: Any) -> Shop:
    credentials = hands.credentials()
    connection = connect_gateway(
        tenant.id,
        provider=provider,
        values=credentials.values,
        actor=member_actor(new_user()),
        api_base=credentials.api_base,
    )
    control = Control(credentials.api_base.rpartition("/")[0])
    place = hands.merchant if provider == "braintree" else hands.account
    return Shop(tenant, connection, Account(control=control, id=place, key="", provider=provider))


def _make(shop: Shop, **wanted: Any) -> Json:
    """A charge, as the provider's own control makes it."""
    return shop.account.make("charge", **wanted)


def _read_history(connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    backfill.advance(run.tenant_id, run.id, budget_s=60)
