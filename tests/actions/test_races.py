"""What happens at once, late, or in the wrong order changes nothing about the money."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, connection, connections

from chargedesk.actions import policy, tasks
from chargedesk.actions.database_clock import insist_on_durable_commit
from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.intents import locked_intent
from chargedesk.actions.models import ActionIntent, IntentState, SpentBudget
from chargedesk.actions.recovery import tidy
from chargedesk.actions.settlement import settle_from_marked
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import RoleLimit
from chargedesk.tenants.roles import Role
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all in threads of their own; what they return or raise."""
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        except Exception as error:  # the test looks at it
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def slowly(decide: Callable[[policy.Facts], policy.Decision]) -> Callable[..., policy.Decision]:
    """The same decision, with time for somebody else between reading and writing."""

    def decide_slowly(facts: policy.Facts) -> policy.Decision:
        time.sleep(0.3)
        return decide(facts)

    return decide_slowly


def test_two_orders_at_once_share_one_days_limit(shop: Shop) -> None:
    """M17: the budget is reserved under a lock, so two payments at once do not exceed it."""
    agent = shop.person(Role.AGENT)
    with scoping.tenant(shop.tenant.id):
        RoleLimit.objects.update_or_create(
            tenant=shop.tenant, role=Role.AGENT, currency="EUR", defaults={"day_minor": 1000}
        )
    charges = [shop.charge(each) for each in shop.account.charges[:3]]
    orders = [lambda charge=charge: shop.place(charge, 900, requester=agent) for charge in charges]

    with mock.patch("chargedesk.actions.policy.decide", slowly(policy.decide)):
        states = sorted(each.state for each in at_once(*orders))

    assert states == [IntentState.AWAITING_APPROVAL, IntentState.AWAITING_APPROVAL, "ready"]
    with scoping.tenant(shop.tenant.id):
        assert SpentBudget.objects.get(actor_id=agent.actor.id).spent_minor == 900


def test_two_agents_at_once_share_one_customers_limit(shop: Shop) -> None:
    """M17: what a customer got today is counted under a lock too, whoever ordered it."""
    with scoping.tenant(shop.tenant.id):
        RoleLimit.objects.update_or_create(
            tenant=shop.tenant,
            role=Role.AGENT,
            currency="EUR",
            defaults={"customer_day_minor": 1000},
        )
    # Two customers took turns in paying.
    charges = [shop.charge(shop.account.charges[place]) for place in (0, 2)]
    people = [shop.person(Role.AGENT), shop.person(Role.AGENT)]
    orders = [
        lambda charge=charge, person=person: shop.place(charge, 900, requester=person)
        for charge, person in zip(charges, people, strict=True)
    ]

    with mock.patch("chargedesk.actions.policy.decide", slowly(policy.decide)):
        states = sorted(each.state for each in at_once(*orders))

    assert states == [IntentState.AWAITING_APPROVAL, "ready"]


def test_a_frozen_transaction_does_not_keep_the_root(shop: Shop, settings: Any) -> None:
    """M3: a worker that stands still inside a transaction loses it, and with it the locks."""
    settings.ACTION_TRANSACTION_IDLE_S = 2
    intent = shop.place(shop.charge(shop.account.charges[0]), 1000)
    is_locked, is_sent = threading.Event(), threading.Event()
    stood_still = []

    def stand_still() -> None:
        with scoping.tenant(shop.tenant.id, durable=True):
            insist_on_durable_commit()
            locked_intent(intent.id)
            is_locked.set()
            stood_still.append(is_sent.wait(60))

    def send() -> str:
        is_locked.wait(30)
        state = shop.send(intent).state
        is_sent.set()
        return state

    frozen, state = at_once(stand_still, send)

    assert isinstance(frozen, OperationalError)
    assert state == IntentState.SUCCEEDED
    assert stood_still == [True], "sent while the other one still stood there"


def test_what_was_approved_just_now_is_not_too_old(shop: Shop) -> None:
    """M9: the sweep looks again under the lock before it ends an order."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 1000)
    long_ago = clock.now() - timedelta(days=2)
    shop.change(intent, state=IntentState.AWAITING_APPROVAL, created_at=long_ago)
    real = locked_intent

    def approved_meanwhile(intent_id: Any) -> ActionIntent:
        ActionIntent.objects.filter(pk=intent.id).update(state=IntentState.READY)
        return real(intent_id)

    with mock.patch("chargedesk.actions.recovery.locked_intent", approved_meanwhile):
        tidy(shop.tenant.id)

    assert shop.intent(intent.id).state == IntentState.READY


def test_one_tenants_trouble_does_not_stop_the_sweep(shop: Shop) -> None:
    """M8, M9: whoever comes after it in the sweep is still looked after."""
    seen = []

    def failing(tenant_id: Any) -> None:
        seen.append(tenant_id)
        raise OperationalError("deadlock detected")

    with mock.patch("chargedesk.actions.recovery.tidy", failing):
        tasks.sweep_orders()

    assert shop.tenant.id in seen
    assert len(seen) == len(set(seen)) > 1


def test_a_refund_of_ours_that_is_there_already_is_not_sent(shop: Shop) -> None:
    """M7: after a restore a ready order may have been executed; its marker settles it."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 1000)
    made = shop.account.request(
        "POST",
        "/v1/refunds",
        charge=intent.target_id,
        amount="1000",
        **{"metadata[chargedesk_intent]": str(intent.id)},
    )
    # The news comes while the order is ready, and again when it is read before sending.
    adapter = registry.adapter("stripe")
    snapshots = adapter.read(
        gateway_credentials(shop.connection), ObjectKind.REFUND, str(made["id"])
    )
    with scoping.tenant(shop.tenant.id):
        record_snapshots(shop.connection, snapshots)

    settled = shop.send(intent)

    assert settled.state == IntentState.SUCCEEDED
    assert settled.result_id == made["id"]
    assert len(shop.refunds_made()) == 1


def test_a_stored_failure_does_not_hide_what_happened(shop: Shop) -> None:
    """M4: a key that replays a 5xx proves nothing, but the object's state does."""
    held = shop.account.make("charge", outcome="uncaptured", amount=3000)
    shop.sync()
    charge = shop.charge(held["id"])
    shop.account.fault("stored_500", method="POST", path_regex="/capture$", times=1)
    intent = shop.send(shop.order(ActionKind.CAPTURE, charge.id))
    assert intent.state == IntentState.UNKNOWN

    assert shop.find_out(intent).state == IntentState.SUCCEEDED


def test_canceled_elsewhere_at_the_same_moment_is_read_back(shop: Shop) -> None:
    """M6: Stripe answers a second cancellation like an unknown id; the state settles it."""
    made = shop.account.make("subscription")
    shop.sync()
    with scoping.tenant(shop.tenant.id):
        subscription = Subscription.objects.get(external_id=made["id"])
    intent = shop.order(ActionKind.CANCEL_SUBSCRIPTION, subscription.id)
    adapter = type(registry.adapter("stripe"))
    read = adapter.read_before_money

    def read_then_canceled(self: Any, credentials: Any, order: Any) -> Any:
        found = read(self, credentials, order)
        shop.account.act(made["id"], "cancel")
        return found

    with mock.patch.object(adapter, "read_before_money", read_then_canceled):
        assert shop.send(intent).state == IntentState.SUCCEEDED


def test_a_pending_order_is_polled_at_the_same_pace(shop: Shop, settings: Any) -> None:
    """M16: it is read again every ACTION_POLL_PENDING_S until it ends, not once a day."""
    settings.ACTION_POLL_PENDING_S = 600
    charge = shop.charge(shop.account.charges[0])
    shop.account.act(charge.external_id, "refund_as", refund_as="pending")
    intent = shop.send(shop.place(charge, 1000))
    assert intent.state == IntentState.PENDING
    for _ in range(5):
        intent = shop.find_out(intent)
        assert intent.next_look_up_at is not None
        wait = intent.next_look_up_at - clock.now()
        assert timedelta(minutes=9) < wait < timedelta(minutes=11)


def test_a_broker_that_fails_oddly_does_not_fail_the_order(shop: Shop) -> None:
    """M15: once an intent exists the caller gets it; the sweep will find it."""
    charge = shop.charge(shop.account.charges[0])
    with mock.patch("celery.app.base.Celery.send_task", side_effect=RuntimeError("odd")):
        intent = shop.refund(charge, 1000)

    assert shop.intent(intent.id).state == IntentState.READY


def test_news_that_settles_is_as_durable_as_an_answer(shop: Shop) -> None:
    """M2: whoever settles an order waits for the disk."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 1000)
    with scoping.tenant(shop.tenant.id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        settle_from_marked([intent.id])
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def test_the_limits_refusal_still_writes_nothing(shop: Shop) -> None:
    """M17: looking at the budget under a lock leaves no trace of a refused order."""
    charge = shop.charge(shop.account.charges[0])
    with pytest.raises(ActionDeniedError):
        shop.place(charge, 999_999, requester=shop.person(Role.AGENT))
    with scoping.tenant(shop.tenant.id):
        assert not SpentBudget.objects.exists()
        assert not ActionIntent.objects.exists()


def test_a_pause_that_begins_while_reading_leaves_no_try_behind(
    shop: Shop, no_helping_worker: None
) -> None:
    """M3: who dies after a try row has perhaps sent; a call that must wait was surely not sent."""
    first, second = (shop.charge(each) for each in shop.account.charges[:2])
    waits, is_refused = shop.place(first, 300), shop.place(second, 300)
    reading = {"method": "GET", "path_regex": f"/v1/charges/{first.external_id}$"}
    shop.account.fault("delay_after_effect", **reading, times=1, delay_s=5)
    shop.account.fault("rate_limited", method="POST", path_regex="/v1/refunds$", delay_s=20)

    def be_refused() -> ActionIntent:
        time.sleep(0.5)
        return shop.send(is_refused)

    paused, refused = at_once(lambda: shop.send(waits), be_refused)

    assert (paused.state, refused.state) == (IntentState.READY, IntentState.READY)
    with scoping.tenant(shop.tenant.id):
        assert list(refused.tries.values_list("answer", flat=True)) == ["rate_limited"]
        assert not paused.tries.exists()
    assert paused.not_before > clock.now() + timedelta(seconds=5)
