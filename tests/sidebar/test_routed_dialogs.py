"""What a tenant's own system does is offered on the card; its dialogs say what is missing."""

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import GatewayCustomer, Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.services import set_functions
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop
from tests.conftest import Running
from tests.services.accounts import Control, new_user, reread
from tests.services.tills import HOUSES, open_till
from tests.sidebar.desk import Desk, Panel, new_agent, open_desk
from tests.sidebar.test_every_dialog import opened, wish

ON_CUSTOMER = (
    *(ActionKind.CHARGE, ActionKind.AUTHORIZE, ActionKind.REQUEST_PAYMENT),
    *(ActionKind.CREATE_SUBSCRIPTION, ActionKind.REQUEST_CARD_UPDATE),
    *(ActionKind.USE_PAYMENT_METHOD, ActionKind.UPDATE_TAX_DETAILS),
)
ON_SUBSCRIPTION = (
    *(ActionKind.CHANGE_SUBSCRIPTION, ActionKind.PAUSE_SUBSCRIPTION),
    *(ActionKind.APPLY_COUPON, ActionKind.CANCEL_SUBSCRIPTION),
)
GATEWAYS = ("braintree", "paypal", "recurly", "woocommerce", "custom")


def _shop(sandbox_url: str, gateway: str, server: HTTPServer) -> Shop:
    control = Control(sandbox_url)
    account, connection = open_till(
        control, HOUSES[gateway], charges=1, amount=5000, has_webhook=False
    )
    with scoping.tenant(connection.tenant_id):
        if gateway != "custom":
            urls = {each.value: server.url_for(f"/{each}") for each in ActionKind}
            set_functions(connection.id, urls=urls, actor=member_actor(new_user()))
    connection = reread(connection)
    adapter, credentials = registry.adapter(gateway), gateway_credentials(connection)
    made = account.make("subscription")
    found = [
        *adapter.read(credentials, ObjectKind.CHARGE, account.charges[0]),
        *adapter.read(credentials, ObjectKind.SUBSCRIPTION, str(made["id"])),
    ]
    with scoping.tenant(connection.tenant_id):
        record_snapshots(connection, found)
        return Shop(connection.tenant, connection, account)


def _panel(shop: Shop) -> tuple[Desk, Panel]:
    desk = open_desk(shop)
    with scoping.tenant(shop.tenant.id):
        row = GatewayCustomer.objects.exclude(email="").order_by("external_id").first()
    assert row is not None
    return desk, desk.open(new_agent(shop), desk.customer())


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_dialog_opens_whatever_the_gateway_knows(
    committed_db: None,
    no_helping_worker: None,
    sandbox: Running,
    httpserver: HTTPServer,
    gateway: str,
) -> None:
    """R1: no plan, coupon or card to choose from is said; nothing breaks."""
    shop = _shop(sandbox.url, gateway, httpserver)
    _desk, panel = _panel(shop)
    assert panel.get("card").status == 200
    with scoping.tenant(shop.tenant.id):
        customers = list(GatewayCustomer.objects.all())
        subscription = Subscription.objects.first()
    assert customers
    assert subscription is not None
    for action in ON_CUSTOMER:
        for row in customers:
            dialog = panel.get("dialog", action=action.value, object=str(row.id))
            assert dialog.status in {200, 403}, (action, dialog.text)
    for action in ON_SUBSCRIPTION:
        dialog = panel.get("dialog", action=action.value, object=str(subscription.id))
        assert dialog.status in {200, 403}, (action, dialog.text)
        if action is ActionKind.APPLY_COUPON and gateway in {"braintree", "paypal", "custom"}:
            assert "this gateway tells of none" in dialog.text


def test_a_charge_of_an_own_system_is_made_from_the_panel(
    committed_db: None, no_helping_worker: None, sandbox: Running, httpserver: HTTPServer
) -> None:
    """No card is known here: the own system's is used, and the dialog says so."""
    shop = _shop(sandbox.url, "custom", httpserver)
    customer = shop.account.make("customer", email="casey@example.com")
    adapter, credentials = registry.adapter("custom"), gateway_credentials(shop.connection)
    found = adapter.read(credentials, ObjectKind.CUSTOMER, customer["customer_id"])
    with scoping.tenant(shop.tenant.id):
        record_snapshots(shop.connection, found)
        row = GatewayCustomer.objects.get(external_id=customer["customer_id"])
    desk = open_desk(shop)
    said = {"email": row.email, "name": row.name, "email_verified": True}
    panel = desk.open(new_agent(shop), said)
    assert 'data-deed="charge"' in panel.get("card").text
    dialog = opened(panel, ActionKind.CHARGE, row.id)
    assert "What your own system has on file" in dialog.text
    typed = wish(dialog, amount="20.00", currency="EUR", description="A new zip")
    told = panel.post("outcome", **typed)
    assert "is taken from what your own system has on file" in told.text
    shop.send(_ordered(shop, panel, typed))
    with scoping.tenant(shop.tenant.id):
        (intent,) = ActionIntent.objects.all()
    assert (intent.state, intent.failure_message) == (IntentState.SUCCEEDED, "")
    assert any(each["effect"] == "charge.created" for each in shop.account.calls())


def _ordered(shop: Shop, panel: Panel, typed: dict[str, str]) -> ActionIntent:
    answer = panel.post("orders", **typed)
    assert answer.status == 200, answer.text
    with scoping.tenant(shop.tenant.id):
        return ActionIntent.objects.get()
