"""A shop connected to a tenant: its history, its news, and orders through the engine's rules."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chargedesk.actions.approvals import confirm_resolution, propose_resolution
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Refund, Subscription
from chargedesk.sync.models import RunKind, SyncPhase, SyncRun
from chargedesk.sync.services import backfill, inbox, polling, start_connection
from chargedesk.tenants.errors import AlreadyConnectedError
from chargedesk.tenants.models import Connection
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways.capabilities import ActionKind
from gateways.contract import Credentials
from gateways.woocommerce.client import get
from gateways.woocommerce.mapping import orders
from sandbox.woocommerce.seed import KEY, SECRET
from tests.actions.shop import Shop
from tests.actions.test_races import at_once
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


@pytest.mark.parametrize("how", ["killed", "killed_before"])
def test_two_people_settle_a_row_whose_payment_the_shop_never_confirms(
    shop: WooCommerceHarness, desk: Shop, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """M8: their word counts where the shop stays silent for good."""
    # As if the row were older than a shop can be under way with it; times have whole seconds.
    monkeypatch.setattr(orders, "_UNDER_WAY", timedelta(minutes=-1))
    number, intent = _ordered(shop, desk, refund_as=how)
    assert desk.send(intent).state == IntentState.UNKNOWN
    assert "payment not confirmed" in desk.find_out(intent).evidence["seen"]
    row = str(get(shop.credentials(), f"/orders/{number}/refunds").items()[0][0]["id"])
    is_paid = how == "killed"
    one, two = desk.person(Role.FINANCE), desk.person(Role.ADMIN)
    propose_resolution(
        desk.tenant.id,
        intent.id,
        proposer=one,
        has_succeeded=is_paid,
        provider_id=row if is_paid else "",
        evidence="Seen in the shop and on the account.",
    )
    ended = confirm_resolution(desk.tenant.id, intent.id, confirmer=two)
    assert ended.state == (IntentState.SUCCEEDED if is_paid else IntentState.FAILED)
    assert ended.result_id == (row if is_paid else "")
    root = desk.root(number)
    # The shop counts its row either way, and so do we (M11).
    assert (root.held_minor, root.refunds_minor) == (0, 2500)


def test_two_refunds_at_once_leave_one_after_the_other(
    shop: WooCommerceHarness, desk: Shop
) -> None:
    """M10: a shop locks nothing, so what it is asked at once it does at once (A5)."""
    shop.control("accounts", provider="woocommerce", **_slow(shop))
    number = str(shop.make("charge", amount=9000)["id"])
    _read_history(desk.connection)
    first, second = (desk.place(desk.charge(number), 4500) for _ in range(2))
    states = [each.state for each in at_once(*(partial(desk.send, one) for one in (first, second)))]
    assert sorted(states) == [IntentState.READY, IntentState.SUCCEEDED]
    assert _posts(shop, number) == 1
    waiting = first if states[0] == IntentState.READY else second
    assert desk.send(waiting).state == IntentState.SUCCEEDED
    assert shop.money()[number]["refunded_minor"] == 9000
    assert desk.root(number).refunds_minor == 9000


def _slow(shop: WooCommerceHarness) -> dict[str, object]:
    """The payment gateway takes its time, so that both would be under way together."""
    key = shop.credentials().values
    opened = {"key": key["consumer_key"], "secret": key["consumer_secret"]}
    return {"account": shop.account, "gateway_ms": 1500, **opened}


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
