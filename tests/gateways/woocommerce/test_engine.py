"""A shop connected to a tenant: its history, its news, and orders through the engine's rules."""

from dataclasses import replace

import pytest

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Refund, Subscription
from chargedesk.sync.models import RunKind, SyncPhase, SyncRun
from chargedesk.sync.services import backfill, inbox, polling, start_connection
from chargedesk.tenants.errors import AlreadyConnectedError
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways.capabilities import ActionKind
from gateways.contract import Credentials
from sandbox.woocommerce.seed import KEY, SECRET
from tests.actions.shop import Shop
from tests.conftest import Running
from tests.contracts.harness import Fault
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.services.accounts import Account, Control, new_tenant, new_user

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")


def _connected(credentials: Credentials, sandbox_url: str) -> Shop:
    tenant = new_tenant()
    connection = connect_gateway(
        tenant.id,
        provider="woocommerce",
        values=credentials.values,
        actor=member_actor(new_user()),
        api_base=credentials.api_base,
    )
    account = Account(control=Control(sandbox_url), id=connection.account_id, key="")
    return Shop(tenant, connection, account)


def _read_history(connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    backfill.advance(run.tenant_id, run.id, budget_s=60)


@pytest.fixture
def desk(shop: WooCommerceHarness, sandbox: Running) -> Shop:
    """A tenant that is connected to the shop and has not read it yet."""
    return _connected(shop.credentials(), sandbox.url)


def _ordered(shop: WooCommerceHarness, desk: Shop, **wanted: object) -> tuple[str, ActionIntent]:
    number = str(shop.make("charge", amount=9000, **wanted)["id"])
    _read_history(desk.connection)
    return number, desk.place(desk.charge(number), 2500)


def _posts(shop: WooCommerceHarness, number: str) -> int:
    posts = [each for each in shop.journal() if each["method"] == "POST"]
    return sum(each["path"].endswith(f"/{number}/refunds") for each in posts)


def test_a_whole_shop_is_read(sandbox: Running) -> None:
    credentials = Credentials(
        values={"shop_url": "shop.example", "consumer_key": KEY, "consumer_secret": SECRET},
        api_base=f"{sandbox.url}/woocommerce",
    )
    desk = _connected(credentials, sandbox.url)
    _read_history(desk.connection)
    with scoping.tenant(desk.tenant.id):
        assert Charge.objects.count() > 300
        assert Refund.objects.count() > 5
        assert Subscription.objects.count() > 20
        assert not [each.unreadable for each in SyncPhase.objects.all() if each.unreadable]
        assert SyncRun.objects.get(kind=RunKind.BACKFILL).state == "done"
        statuses = set(Charge.objects.values_list("status", flat=True))
    assert "unknown" not in statuses
    assert {"succeeded", "pending", "failed", "canceled", "refunded"} <= statuses


def test_a_refund_leaves_once(shop: WooCommerceHarness, desk: Shop) -> None:
    number, intent = _ordered(shop, desk)
    assert desk.send(intent).state == IntentState.SUCCEEDED
    assert shop.money()[number]["refunded_minor"] == 2500
    assert desk.root(number).refunds_minor == 2500
    with scoping.tenant(desk.tenant.id):
        assert Refund.objects.get().intent_id == intent.id
        assert Charge.objects.get().status == "partially_refunded"


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST_AFTER_EFFECT, Fault.EMPTY_200])
def test_an_unanswered_refund_is_found_by_its_marker(
    shop: WooCommerceHarness, desk: Shop, fault: Fault
) -> None:
    """M7."""
    number, intent = _ordered(shop, desk)
    shop.arm(fault, ActionKind.REFUND)
    assert desk.send(intent).state == IntentState.UNKNOWN
    assert desk.find_out(intent).state == IntentState.SUCCEEDED
    assert shop.money()[number]["refunds"] == 1


@pytest.mark.parametrize("how", ["declined", "timeout", "killed", "killed_before"])
def test_what_the_shop_cannot_prove_stays_unknown_and_is_never_repeated(
    shop: WooCommerceHarness, desk: Shop, how: str
) -> None:
    """M4, M7, M8: nothing but a human ends it, and the amount stays held."""
    number, intent = _ordered(shop, desk, refund_as=how)
    assert desk.send(intent).state == IntentState.UNKNOWN
    for _ in range(3):
        assert desk.find_out(intent).state == IntentState.UNKNOWN
    assert _posts(shop, number) == 1


@pytest.mark.parametrize("method", ["bacs", "cheque", "cod", "other", "removed-plugin", ""])
def test_what_no_plugin_can_give_back_is_refused_before_a_try(
    shop: WooCommerceHarness, desk: Shop, method: str
) -> None:
    """M5, A7: decided before calling, because the shop's refusal would prove nothing."""
    number, intent = _ordered(shop, desk, method=method)
    ended = desk.send(intent)
    assert (ended.state, ended.failure_code) == (IntentState.FAILED, "declined")
    assert "by hand" in ended.failure_message
    assert ended.first_try_at is None
    assert desk.root(number).held_minor == 0
    assert _posts(shop, number) == 0


def test_a_subscription_is_cancelled(shop: WooCommerceHarness, desk: Shop) -> None:
    made = shop.make("subscription")
    _read_history(desk.connection)
    with scoping.tenant(desk.tenant.id):
        target = Subscription.objects.get(external_id=str(made["id"]))
    intent = desk.order(ActionKind.CANCEL_SUBSCRIPTION, target.id, at_period_end=True)
    assert desk.send(intent).state == IntentState.SUCCEEDED
    with scoping.tenant(desk.tenant.id):
        assert Subscription.objects.get().cancels_at_period_end


def test_a_refund_in_the_shops_own_pages_is_heard_by_asking(
    shop: WooCommerceHarness, desk: Shop
) -> None:
    number = str(shop.make("charge", created=1_700_000_000)["id"])
    _read_history(desk.connection)
    shop.act(number, "dashboard_refund", amount=700, reason="By phone")
    with scoping.tenant(desk.tenant.id):
        run = SyncRun.objects.get(kind=RunKind.INCREMENTAL)
    assert polling.poll(desk.tenant.id, run.id) > 0
    while inbox.handle_batch(desk.tenant.id, desk.connection.id):
        pass
    assert desk.root(number).refunds_minor == 700
    assert polling.poll(desk.tenant.id, run.id) == 0


def test_a_shop_is_connected_once(shop: WooCommerceHarness, desk: Shop) -> None:
    """M10: through another key or another spelling of its address it is the same shop."""
    again = replace(
        shop.credentials(), values={**shop.credentials().values, "shop_url": "www.shop.example"}
    )
    with pytest.raises(AlreadyConnectedError):
        connect_gateway(
            desk.tenant.id,
            provider="woocommerce",
            values=again.values,
            actor=member_actor(new_user()),
            api_base=again.api_base,
        )
