"""A charge arrives: the provider posts, the web stores and answers, a worker records. All real."""

import time
from collections.abc import Callable
from datetime import timedelta

import psutil
import pytest

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, Refund
from chargedesk.sync.models import InboundEvent, RunKind, SyncPhase, SyncRun
from chargedesk.sync.selectors import connection_progress
from chargedesk.sync.services import start_connection
from chargedesk.sync.services.sweeping import wake_polls, wake_waiting
from chargedesk.sync.wakeups import redis_client
from chargedesk.tenants.models import Connection
from tests.conftest import Running
from tests.services.accounts import Account, Control, connect, new_tenant, open_account
from tests.services.sweeps import swept_until

pytestmark = pytest.mark.usefixtures("committed_db", "live_web", "worker")
PATIENCE_S = 60


@pytest.fixture
def account(control: Control) -> Account:
    """An account with a little history."""
    control.post("deliveries", do="resume")
    return open_account(control, customers=3, charges=12)


@pytest.fixture
def connection(account: Account) -> Connection:
    """Connected, with a webhook endpoint that the provider posts to."""
    return connect(account, new_tenant(), has_webhook=True)


def eventually(connection: Connection, is_so: Callable[[], bool]) -> None:
    """Wait until it is so in the connection's tenant."""

    def seen() -> bool:
        with scoping.tenant(connection.tenant_id):
            return is_so()

    if swept_until(seen, timeout_s=PATIENCE_S):
        return
    with scoping.tenant(connection.tenant_id):
        events = list(InboundEvent.objects.values_list("type", "state", "error"))
    raise AssertionError(f"not within {PATIENCE_S} s; the inbox: {events}")


def test_webhook_reaches_the_ledger(account: Account, connection: Connection) -> None:
    made = account.make("charge", amount=4200)
    eventually(
        connection,
        lambda: Charge.objects.filter(external_id=made["id"], amount_minor=4200).exists(),
    )


def test_history_is_read_by_the_worker(account: Account, connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        start_connection(connection.id)
    eventually(connection, lambda: connection_progress(connection.id).state == "done")
    with scoping.tenant(connection.tenant_id):
        assert Charge.objects.count() == 12


@pytest.mark.parametrize("fault", ["webhook_doubled", "webhook_reordered", "webhook_dropped"])
def test_misdelivered_refund_counts_once(
    account: Account, connection: Connection, fault: str
) -> None:
    with scoping.tenant(connection.tenant_id):
        start_connection(connection.id)
    eventually(connection, lambda: connection_progress(connection.id).state == "done")
    account.fault(fault, method="POST", path_regex="/v1/refunds", times=1)
    account.request("POST", "/v1/refunds", charge=account.charges[0], amount="300")
    if fault == "webhook_dropped":
        time.sleep(0.5)
        with scoping.tenant(connection.tenant_id):
            assert not Refund.objects.exists()
        wake_polls()
    eventually(
        connection,
        lambda: (
            Charge.objects.filter(external_id=account.charges[0], refunded_minor=300).exists()
            and Refund.objects.count() == 1
        ),
    )
    with scoping.tenant(connection.tenant_id):
        root = Charge.objects.select_related("root").get(external_id=account.charges[0]).root
        assert root.refunds_minor == 300


def test_killed_worker_loses_nothing(
    account: Account, connection: Connection, background: Running
) -> None:
    """After kill -9 of whoever works, checkpoint and lease bring the run to its end."""
    account.control.post("seed", account=account.id, customers=2, charges=250)
    account.fault("delay_before_effect", delay_s=1.0, times=2, path_regex="/v1/charges")
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    eventually(connection, lambda: SyncRun.objects.get(id=run.id).lease_token is not None)
    for child in psutil.Process(background.pid).children(recursive=True):
        child.kill()
    past = clock.now() - timedelta(seconds=1)
    with scoping.tenant(connection.tenant_id):
        SyncRun.objects.filter(id=run.id, lease_until__isnull=False).update(lease_until=past)

    def is_done() -> bool:
        wake_waiting()
        return SyncRun.objects.get(id=run.id).state == "done"

    eventually(connection, is_done)
    with scoping.tenant(connection.tenant_id):
        assert Charge.objects.count() == 262
        assert SyncPhase.objects.get(run=run, object_kind="charge").done == 262


def test_flushed_redis_loses_nothing(account: Account, connection: Connection) -> None:
    with scoping.tenant(connection.tenant_id):
        start_connection(connection.id)
    redis_client().flushall()
    account.make("charge", amount=900)
    redis_client().flushall()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        wake_waiting()
        with scoping.tenant(connection.tenant_id):
            is_done = connection_progress(connection.id).state == "done"
            if is_done and Charge.objects.filter(amount_minor=900).exists():
                break
        time.sleep(0.2)
    with scoping.tenant(connection.tenant_id):
        assert Charge.objects.count() == 13
        assert SyncRun.objects.get(kind=RunKind.BACKFILL).state == "done"


def test_signature_of_a_rolled_secret_is_accepted(
    account: Account, connection: Connection, live_web: Running
) -> None:
    """During a roll the provider signs with both secrets."""
    account.act(connection.webhook_id, "roll_secret")
    made = account.make("charge", amount=4300)
    eventually(connection, lambda: Charge.objects.filter(external_id=made["id"]).exists())
