"""What changed at a gateway and reached us by no webhook is known after the nightly check."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connections

from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.ledger.models import Charge
from chargedesk.ledger.selectors import unfinished
from chargedesk.sync.models import RunKind, RunState, SyncPhase, SyncRun
from chargedesk.sync.selectors import connection_progress
from chargedesk.sync.services import backfill, rereading, start_connection, start_reconciliation
from chargedesk.sync.services.leases import take_lease
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.snapshots import UNFINISHED, ObjectKind
from tests.conftest import Running
from tests.services.accounts import new_tenant, new_user
from tests.sync.killing import let_the_lease_pass, was_killed
from tests.sync.pictures import picture

pytestmark = pytest.mark.usefixtures("committed_db")
DAY_S = 86_400
# Longer ago than any gateway's nightly check lists.
LONG_AGO_S = 40 * DAY_S


@pytest.fixture
def house(sandbox: Running) -> Callable[..., Any]:
    """Opens an account of the test's own; none has an address for webhooks, so that none comes."""

    def opened(gateway: str, **wanted: Any) -> Any:
        return import_module(f"tests.contracts.{gateway}.harness").make_harness(
            sandbox.url, **wanted
        )

    return opened


def connected(harness: Any) -> Connection:
    """The account connected and read, a second before anything else happens there (M18)."""
    credentials = harness.credentials()
    connection = connect_gateway(
        new_tenant().id,
        provider=harness.adapter.name,
        values=credentials.values,
        actor=member_actor(new_user()),
        api_base=credentials.api_base,
    )
    with scoping.tenant(connection.tenant_id):
        run = start_connection(connection.id)
    assert backfill.advance(run.tenant_id, run.id, budget_s=60) is False
    time.sleep(1.1)
    return connection


def begun(connection: Connection) -> SyncRun:
    """A nightly check, begun."""
    with scoping.tenant(connection.tenant_id):
        return start_reconciliation(connection.id)


def worked(run: SyncRun) -> SyncRun:
    """The run after a worker did all it could."""
    while backfill.advance(run.tenant_id, run.id, budget_s=60):
        pass
    with scoping.tenant(run.tenant_id):
        return SyncRun.objects.get(id=run.id)


def checked(connection: Connection) -> SyncRun:
    """A whole nightly check."""
    run = worked(begun(connection))
    assert run.state == RunState.DONE, run.error
    return run


def let_waits_pass(run: SyncRun) -> None:
    """Behave as if every wait, and the lease of a dead worker, had run out."""
    past = clock.now() - timedelta(seconds=1)
    with scoping.tenant(run.tenant_id):
        SyncRun.objects.filter(id=run.id).update(wait_until=None)
        SyncRun.objects.filter(id=run.id, lease_until__isnull=False).update(lease_until=past)


def status(connection: Connection, table: str, external_id: object) -> str:
    """The status of one object in the ledger."""
    return next(str(each[1]) for each in picture(connection)[table] if each[0] == str(external_id))


def reads(harness: Any, *, since: int, words: str) -> list[str]:
    """The paths of the calls about `words` that the account got after the first `since`."""
    calls = harness.journal()[since:]
    return [each["path"] for each in calls if each["method"] == "GET" and words in each["path"]]


def test_a_subscription_ended_in_the_control_panel(house: Callable[..., Any]) -> None:
    """Braintree: old ones are in no list, and polling asks for transactions only."""
    harness = house("braintree")
    made = harness.make("subscription")
    connection = connected(harness)
    harness.act(made["id"], "cancel")
    run = checked(connection)
    assert status(connection, "Subscription", made["id"]) == "canceled"
    assert run.found["subscription"]["different"] == 1
    with scoping.tenant(connection.tenant_id):
        phases = connection_progress(connection.id).phases
    assert "Still open: Subscriptions" in [each.label for each in phases]


def test_a_dispute_decided_about_an_old_payment(house: Callable[..., Any]) -> None:
    harness = house("braintree")
    charge = harness.make("charge", age=LONG_AGO_S)
    dispute = harness.act(charge["id"], "dispute")["object"]
    connection = connected(harness)
    harness.act(dispute["id"], "close", outcome="won")
    checked(connection)
    assert status(connection, "Dispute", dispute["id"]) == "won"
    assert status(connection, "Charge", charge["id"]) == "succeeded"


def test_a_hold_given_back_long_after_it_was_made(house: Callable[..., Any]) -> None:
    harness = house("braintree")
    held = harness.make("charge", outcome="authorized", age=LONG_AGO_S)
    connection = connected(harness)
    harness.act(held["id"], "cancel")
    checked(connection)
    assert status(connection, "Charge", held["id"]) == "canceled"


def test_a_paypal_subscription_and_a_hold(house: Callable[..., Any]) -> None:
    harness = house("paypal")
    long_ago = int(time.time()) - LONG_AGO_S
    agreement = harness.make("subscription", created=long_ago)
    held = harness.make("authorization", created=long_ago)
    connection = connected(harness)
    harness.act(agreement["id"], "cancel")
    harness.act(held["id"], "cancel")
    checked(connection)
    assert status(connection, "Subscription", agreement["id"]) == "canceled"
    assert status(connection, "Charge", held["id"]) == "canceled"


def test_a_paypal_payment_given_back_within_the_report_of_a_month(
    house: Callable[..., Any],
) -> None:
    """A row of the report keeps its time when its status changes (reference 2.3): 31 days."""
    harness = house("paypal")
    charge = harness.make("charge", created=int(time.time()) - 20 * DAY_S)
    connection = connected(harness)
    harness.act(charge["id"], "dashboard_refund")
    harness.control("settings", **{"paypal.report_lag_s": "0"})
    try:
        checked(connection)
    finally:
        harness.control("settings", **{"paypal.report_lag_s": "3600"})
    assert status(connection, "Charge", charge["id"]) == "refunded"


def test_what_nobody_dates_is_listed_whole(house: Callable[..., Any]) -> None:
    """A customer of a shop has no time of a change, and no list but the whole one (A3)."""
    harness = house("woocommerce")
    made = harness.make("customer", created=int(time.time()) - LONG_AGO_S)
    connection = connected(harness)
    harness.act(made["id"], "rename", name="Nora Newname")
    run = checked(connection)
    names = {each[0]: each[1] for each in picture(connection)["GatewayCustomer"]}
    assert names[str(made["id"])] == "Nora Newname"
    assert run.found["customer"]["different"] == 1


def test_what_is_at_its_end_is_not_read_again(house: Callable[..., Any]) -> None:
    """Only what is unfinished costs a call of its own, however much there is."""
    harness = house("braintree")
    ended = [harness.make("subscription", status="Canceled")["id"] for _ in range(30)]
    running = [harness.make("subscription")["id"] for _ in range(3)]
    harness.control("seed", account=harness.merchant, customers=2, charges=60, outcome="settled")
    connection = connected(harness)
    before = len(harness.journal())
    checked(connection)
    asked = reads(harness, since=before, words="/subscriptions/")
    assert sorted(path.rsplit("/", 1)[1] for path in asked) == sorted(running)
    assert not set(ended) & {path.rsplit("/", 1)[1] for path in asked}
    assert reads(harness, since=before, words="/transactions/") == []


def test_the_rows_are_found_by_an_index_of_their_own(house: Callable[..., Any]) -> None:
    """However large the table is, what is at its end is not even looked at."""
    connection = connected(house("braintree"))
    with scoping.tenant(connection.tenant_id):
        wanted = Charge.objects.filter(
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            status__in=sorted(str(each) for each in UNFINISHED[ObjectKind.CHARGE]),
            is_deleted=False,
            id__gt=connection.id,
        )
        with connections["default"].cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "charge_unfinished" in wanted.order_by("id").explain()


def test_more_than_a_batch_with_a_pause_within(house: Callable[..., Any]) -> None:
    """What was read before a 429 counts; the rest follows where it stopped, each once."""
    harness = house("braintree")
    many = [harness.make("subscription")["id"] for _ in range(rereading.BATCH + 5)]
    connection = connected(harness)
    for each in many:
        harness.act(each, "cancel")
    before = len(harness.journal())
    run = begun(connection)
    harness.control(
        "faults",
        account=harness.merchant,
        path_regex=f"/subscriptions/{_in_the_middle(connection)}$",
        kind="rate_limited",
        times=2,
    )
    waits = 0
    while worked(run).state != RunState.DONE:
        waits += 1
        assert waits < 5
        let_waits_pass(run)
    assert waits >= 1
    assert {status(connection, "Subscription", each) for each in many} == {"canceled"}
    asked = reads(harness, since=before, words="/subscriptions/")
    assert len(asked) == len(many) + 2, "each once, and the refused one again"


def _in_the_middle(connection: Connection) -> str:
    with scoping.tenant(connection.tenant_id):
        due = unfinished(connection.id, ObjectKind.SUBSCRIPTION, after="", limit=rereading.BATCH)
    return due[rereading.BATCH // 2][1]


def test_a_worker_that_died_is_followed_from_its_checkpoint(house: Callable[..., Any]) -> None:
    harness = house("braintree")
    many = [harness.make("subscription")["id"] for _ in range(2 * rereading.BATCH + 5)]
    connection = connected(harness)
    for each in many:
        harness.act(each, "cancel")
    run = begun(connection)
    while not _reread(run):
        assert backfill.advance(run.tenant_id, run.id, budget_s=0) is True
    # Dead in the middle of a batch: it has the lease, and what it read is stored nowhere.
    assert _reread(run) == rereading.BATCH
    dead = take_lease(run.tenant_id, run.id)
    assert dead is not None
    assert backfill.advance(run.tenant_id, run.id, budget_s=60) is False
    before = len(harness.journal())
    let_waits_pass(run)
    assert worked(run).state == RunState.DONE
    assert {status(connection, "Subscription", each) for each in many} == {"canceled"}
    asked = reads(harness, since=before, words="/subscriptions/")
    assert len(asked) == len(set(asked)) == rereading.BATCH + 5


def _reread(run: SyncRun) -> int:
    with scoping.tenant(run.tenant_id):
        phases = SyncPhase.objects.filter(run=run, is_one_by_one=True)
        return sum(phases.values_list("done", flat=True))


def test_killed_at_random_and_followed(house: Callable[..., Any]) -> None:
    """With nothing in the lists of the week, every death is among what is read one by one."""
    harness = house("braintree")
    many = [harness.make("subscription")["id"] for _ in range(3 * rereading.BATCH + 5)]
    connection = connected(harness)
    for each in many:
        harness.act(each, "cancel")
    run, seed = begun(connection), secrets.randbits(32)
    chance, kills = random.Random(seed), 0  # noqa: S311
    while kills < 6 and was_killed(run, pages=chance.choice((0, 1)), then_s=chance.random() / 5):
        kills += 1
        let_the_lease_pass(run)
    assert kills >= 2, f"seed {seed}: it was over too soon"
    assert worked(run).state == RunState.DONE
    assert {status(connection, "Subscription", each) for each in many} == {"canceled"}
    assert _reread(run) == len(many), f"seed {seed}: a batch counted twice or never"


def test_two_workers_read_nothing_twice(house: Callable[..., Any]) -> None:
    harness = house("braintree")
    many = [harness.make("subscription")["id"] for _ in range(2 * rereading.BATCH + 5)]
    connection = connected(harness)
    before = len(harness.journal())
    run = begun(connection)

    def work() -> None:
        try:
            while backfill.advance(run.tenant_id, run.id, budget_s=0.05):
                pass
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert worked(run).state == RunState.DONE
    asked = reads(harness, since=before, words="/subscriptions/")
    assert len(asked) == len(set(asked)) == len(many)


def test_one_that_is_gone_stops_no_other(house: Callable[..., Any]) -> None:
    harness = house("paypal")
    made = harness.make("subscription")
    page = rereading.batch(
        connected(harness),
        ObjectKind.SUBSCRIPTION,
        [(new_id(), "I-NOSUCHTHING"), (new_id(), made["id"])],
    )
    assert page.unreadable == ("I-NOSUCHTHING",)
    assert page.snapshots[0].external_id == made["id"]
    assert page.next_cursor == ""


def test_only_the_nightly_check_reads_one_by_one(house: Callable[..., Any]) -> None:
    connection = connected(house("braintree"))
    with scoping.tenant(connection.tenant_id):
        phases = SyncPhase.objects.filter(run__connection=connection)
        assert set(phases.values_list("run__kind", flat=True)) == {RunKind.BACKFILL}
        assert not phases.filter(is_one_by_one=True).exists()


@pytest.mark.parametrize("name", sorted(registry.adapters()))
def test_every_adapter_declares_what_the_check_can_do(name: str) -> None:
    declared = registry.adapter(name).capabilities
    assert set(declared.nightly_lists) <= declared.reads
    assert declared.nightly_reads <= declared.reads & set(UNFINISHED)
