"""A shop that gave up on our webhooks sends again, within the hour (reference A4)."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from audit.models import AuditEvent
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.sync.models import RunKind, RunState, SyncRun
from chargedesk.sync.services import backfill, start_connection, webhook_health
from chargedesk.sync.wakeups import CHECK_WEBHOOK, awake, wake
from chargedesk.tenants.credentials import webhook_secrets
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.services import connect_gateway, register_webhook
from chargedesk.tenants.services.members import member_actor
from chargedesk.tenants.services.webhook_health import webhooks_to_check
from gateways.woocommerce.client import get
from tests.conftest import Running
from tests.contracts.woocommerce.harness import WooCommerceHarness
from tests.services.accounts import new_tenant, new_user, reread
from tests.sync.pictures import picture

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def shop(sandbox: Running) -> WooCommerceHarness:
    """A shop of its own."""
    return WooCommerceHarness(sandbox.url)


@pytest.fixture
def connection(shop: WooCommerceHarness) -> Connection:
    """The shop connected and read, with its webhooks."""
    credentials, actor = shop.credentials(), member_actor(new_user())
    connection = connect_gateway(
        new_tenant().id,
        provider="woocommerce",
        values=credentials.values,
        actor=actor,
        api_base=credentials.api_base,
    )
    assert register_webhook(connection.tenant_id, connection.id, actor=actor)
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    assert backfill.advance(run.tenant_id, run.id, budget_s=60) is False
    return reread(connection)


def webhooks(shop: WooCommerceHarness) -> dict[str, tuple[str, str]]:
    """Topic to number and status, as the shop tells."""
    listed = get(shop.credentials(), "/webhooks", per_page="100").items()
    return {obj["topic"]: (str(obj["id"]), obj["status"]) for obj, _ in listed}


def check(connection: Connection) -> bool:
    """One check."""
    return webhook_health.check_webhook(connection.tenant_id, connection.id)


def let_an_hour_pass(connection: Connection) -> None:
    """Behave as if the last check were long ago."""
    with scoping.tenant(connection.tenant_id):
        long_ago = clock.now() - timedelta(hours=2)
        Connection.objects.filter(id=connection.id).update(webhook_checked_at=long_ago)


def results(connection: Connection) -> list[str]:
    """What the audit log says of the webhooks."""
    with scoping.tenant(connection.tenant_id):
        rows = AuditEvent.objects.filter(object_id=str(connection.id), result__contains="mended")
        return list(rows.order_by("id").values_list("result", flat=True))


def test_healthy_ones_are_left_alone(shop: WooCommerceHarness, connection: Connection) -> None:
    before = shop.effects()
    assert check(connection) is False
    assert shop.effects() == before
    assert results(connection) == []
    assert reread(connection).webhook_mended_at is None


def test_a_disabled_one_is_switched_on_again(
    shop: WooCommerceHarness, connection: Connection
) -> None:
    number = webhooks(shop)["customer.updated"][0]
    shop.act(number, "disable_webhook")
    assert check(connection) is True
    assert webhooks(shop)["customer.updated"] == (number, "active")
    assert results(connection) == ["webhook_mended"]
    assert reread(connection).webhook_mended_at is not None


def test_a_missing_one_is_made_with_the_same_secret(
    shop: WooCommerceHarness, connection: Connection
) -> None:
    number = webhooks(shop)["order.updated"][0]
    shop.adapter.remove_webhook(shop.credentials(), external_id=number)
    assert check(connection) is True
    made = webhooks(shop)["order.updated"]
    assert (made[0] != number, made[1]) == (True, "active")
    now = reread(connection)
    assert made[0] in now.webhook_id.split(",")
    assert number not in now.webhook_id.split(",")
    assert webhook_secrets(now) == webhook_secrets(connection)


def test_one_that_a_person_paused_stays_paused(
    shop: WooCommerceHarness, connection: Connection
) -> None:
    number = webhooks(shop)["order.updated"][0]
    shop.act(number, "pause_webhook")
    assert check(connection) is False
    assert webhooks(shop)["order.updated"] == (number, "paused")


def test_what_was_missed_is_caught_up(shop: WooCommerceHarness, connection: Connection) -> None:
    made = shop.make("customer")
    shop.act(webhooks(shop)["customer.updated"][0], "disable_webhook")
    shop.act(made["id"], "rename", name="Nora Newname")
    check(connection)
    with scoping.tenant(connection.tenant_id):
        run = SyncRun.objects.get(connection=connection, kind=RunKind.RECONCILIATION)
    while backfill.advance(run.tenant_id, run.id, budget_s=60):
        pass
    with scoping.tenant(connection.tenant_id):
        assert SyncRun.objects.get(id=run.id).state == RunState.DONE
    names = {each[0]: each[1] for each in picture(connection)["GatewayCustomer"]}
    assert names[str(made["id"])] == "Nora Newname"


def test_two_at_once_mend_once(shop: WooCommerceHarness, connection: Connection) -> None:
    shop.adapter.remove_webhook(shop.credentials(), external_id=webhooks(shop)["order.updated"][0])
    before = shop.effects().count("webhook.created")
    told: list[bool] = []

    def work() -> None:
        try:
            told.append(check(connection))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert sorted(told) == [False, False, True]
    assert shop.effects().count("webhook.created") == before + 1
    assert results(connection) == ["webhook_mended"]


def test_checked_once_an_hour_while_it_works(
    shop: WooCommerceHarness, connection: Connection
) -> None:
    def due() -> bool:
        with scoping.tenant(connection.tenant_id):
            return webhooks_to_check().filter(id=connection.id).exists()

    assert due()
    webhook_health.wake_webhook_checks()
    names = {"tenant_id": connection.tenant_id, "subject_id": connection.id}
    assert wake(CHECK_WEBHOOK, **names) is False, "one is on its way"
    awake(CHECK_WEBHOOK, connection.id)
    check(connection)
    assert not due()
    asked = len(shop.journal())
    assert check(connection) is False
    assert len(shop.journal()) == asked
    let_an_hour_pass(connection)
    assert due()
    with scoping.tenant(connection.tenant_id):
        Connection.objects.filter(id=connection.id).update(state=ConnectionState.PAUSED)
    assert not due()


def test_a_refusal_is_said_once_and_forgotten_when_it_works(
    shop: WooCommerceHarness, connection: Connection
) -> None:
    shop.act(webhooks(shop)["order.updated"][0], "disable_webhook")
    shop.control(
        "faults",
        provider="woocommerce",
        account=shop.account,
        method="PUT",
        path_regex="/webhooks/",
        kind="error_500",
        times=2,
    )
    for _ in range(2):
        assert check(connection) is False
        assert reread(connection).webhook_problem
        let_an_hour_pass(connection)
    assert check(connection) is True
    assert reread(connection).webhook_problem == ""
    assert results(connection) == ["webhook_not_mended", "webhook_mended"]
    assert webhooks(shop)["order.updated"][1] == "active"


def test_a_refused_key_stops_the_connection(
    shop: WooCommerceHarness, connection: Connection
) -> None:
    key = connection_key(shop)
    shop.control("accounts", provider="woocommerce", account=shop.account, key=key, state="revoked")
    assert check(connection) is False
    assert reread(connection).state == ConnectionState.CREDENTIALS_FAILED


def connection_key(shop: WooCommerceHarness) -> str:
    """The key that opens the shop."""
    return shop.credentials().values["consumer_key"]
