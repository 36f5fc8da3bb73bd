"""A company's own system opened as the crash suite opens every gateway."""

from chargedesk.actions.models import IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop
from tests.conftest import Running
from tests.services.accounts import Control
from tests.services.tills import HOUSES, open_till


def test_a_company_opened_as_a_till_takes_every_order(
    committed_db: None, no_helping_worker: None, sandbox: Running
) -> None:
    """Refund, capture, void and cancel; each refund is kept once, with our key."""
    house = HOUSES["custom"]
    account, connection = open_till(
        Control(sandbox.url), house, charges=2, amount=12_000, has_webhook=True
    )
    with scoping.tenant(connection.tenant_id):
        shop = Shop(connection.tenant, connection, account)
    outcome = house.held["outcome"]
    held = [str(account.make("charge", outcome=outcome)["id"]) for _ in range(2)]
    running = str(account.make("subscription")["id"])
    for each in (*account.charges, *held):
        _read(shop, ObjectKind.CHARGE, each)
    _read(shop, ObjectKind.SUBSCRIPTION, running)
    with scoping.tenant(shop.tenant.id):
        subscription = Subscription.objects.get(external_id=running)
    orders = [
        shop.place(shop.charge(account.charges[0]), 300),
        shop.order(ActionKind.CAPTURE, shop.charge(held[0]).id),
        shop.order(ActionKind.VOID, shop.charge(held[1]).id),
        shop.order(ActionKind.CANCEL_SUBSCRIPTION, subscription.id),
    ]
    assert [shop.send(each).state for each in orders] == [IntentState.SUCCEEDED] * 4
    kept = [each["idempotency_key"] for each in account.objects("refund")]
    assert kept == [f"{orders[0].id}-refund"]


def _read(shop: Shop, kind: ObjectKind, external_id: str) -> None:
    found = registry.adapter("custom").read(gateway_credentials(shop.connection), kind, external_id)
    with scoping.tenant(shop.tenant.id):
        record_snapshots(shop.connection, found)
