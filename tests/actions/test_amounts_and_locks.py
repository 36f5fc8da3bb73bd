"""What may be ordered, by whom; how two orders for one payment keep apart (M1, M2, M10-M15)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from chargedesk.actions.errors import (
    ActionDeniedError,
    KeyMisuseError,
    MoneyChangedError,
    NoSuchObjectError,
)
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.recovery import due_orders
from chargedesk.actions.selectors import preview
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import MoneyRoot
from chargedesk.tenants.models import ConnectionState
from chargedesk.tenants.roles import Role
from gateways.capabilities import ActionKind
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running


def test_full_becomes_an_amount(shop: Shop) -> None:
    """M1: nothing is left for the provider to decide."""
    charge = shop.charge(shop.account.charges[0])
    intent = shop.send(shop.place(charge))

    assert intent.amount_minor == charge.amount_minor
    assert intent.steps[0]["body"]["amount"] == charge.amount_minor
    assert [call["amount"] for call in shop.refunds_made()] == [charge.amount_minor]


def test_the_same_key_is_the_same_order_for_ever(shop: Shop) -> None:
    """M2: also after it has been settled; another wish under the key is refused."""
    charge = shop.charge(shop.account.charges[0])
    first = shop.send(shop.place(charge, 500, client_key="k"))
    again = shop.place(charge, 500, client_key="k")

    assert (again.id, again.state) == (first.id, IntentState.SUCCEEDED)
    with pytest.raises(KeyMisuseError):
        shop.place(charge, 501, client_key="k")
    assert len(shop.refunds_made()) == 1


@pytest.mark.parametrize("key", ["k", ""])
def test_a_repeated_order_is_answered_without_its_gateway(shop: Shop, key: str) -> None:
    """M2, M15: figures that disagree are read again for a new order; this one was written."""
    charge = shop.charge(shop.account.charges[0])
    first = shop.place(charge, 500, client_key=key)
    with scoping.tenant(shop.tenant.id):
        MoneyRoot.objects.filter(pk=charge.root_id).update(provider_refunded_minor=1)
    shop.account.fault("error_500", method="GET", times=9)
    assert shop.place(charge, 500, client_key=key).id == first.id


@pytest.mark.parametrize("changed", [{"reason": "duplicate"}, {"note": "Broken zip"}])
def test_other_words_are_another_order_under_the_same_key(
    shop: Shop, changed: dict[str, str]
) -> None:
    """M2: why is kept in the audit log, so a retry cannot say something else."""
    charge = shop.charge(shop.account.charges[0])
    first = shop.place(charge, 500, client_key="k", note="Arrived late")
    with pytest.raises(KeyMisuseError) as refused:
        shop.place(charge, 500, client_key="k", **{"note": "Arrived late", **changed})
    assert refused.value.intent_id == first.id
    assert shop.place(charge, 500, client_key="k", note="Arrived late").id == first.id


def test_a_caller_without_a_key_who_repeats_gets_the_first_order(shop: Shop) -> None:
    """M15: while it is open, and for ten minutes after."""
    charge = shop.charge(shop.account.charges[0])
    first = shop.place(charge, 500, client_key="")
    assert shop.place(charge, 500, client_key="").id == first.id
    shop.send(first)
    assert shop.place(charge, 500, client_key="").id == first.id
    assert shop.place(charge, 500, client_key="", note="Sorry").id == first.id
    assert shop.place(charge, 400, client_key="").id != first.id


def test_ten_clicks_at_once_are_one_order(shop: Shop) -> None:
    """M2, R5: real threads, one key."""
    charge = shop.charge(shop.account.charges[0])
    key = str(uuid4())

    def click(_: int) -> ActionIntent:
        try:
            return shop.place(charge, 500, client_key=key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        ids = {intent.id for intent in pool.map(click, range(10))}
    assert len(ids) == 1
    assert shop.root(charge.external_id).held_minor == 500


def test_ten_orders_at_once_never_hold_more_than_there_is(shop: Shop) -> None:
    """M11: available is one function under the root's lock."""
    charge = shop.charge(shop.account.charges[0])

    def order(_: int) -> ActionIntent | None:
        try:
            return shop.place(charge, 1000)
        except ActionDeniedError:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        placed = [intent for intent in pool.map(order, range(10)) if intent]
    assert len(placed) == charge.amount_minor // 1000
    assert shop.root(charge.external_id).held_minor == charge.amount_minor // 1000 * 1000


def test_a_sweep_hands_out_no_order_that_must_wait(shop: Shop) -> None:
    """M9, M10: behind an open order of the same payment nobody goes; of those that wait, one."""
    first, second, third = (
        shop.place(shop.charge(shop.account.charges[0]), minor) for minor in (100, 200, 300)
    )
    elsewhere = shop.place(shop.charge(shop.account.charges[1]), 100)
    for intent in (first, second, third, elsewhere):
        shop.change(intent, not_before=clock.now() - timedelta(seconds=1))
    assert due_orders(shop.tenant.id) == ([first.id, elsewhere.id], [])

    shop.change(first, state=IntentState.UNKNOWN, next_look_up_at=clock.now())
    assert due_orders(shop.tenant.id) == ([elsewhere.id], [first.id])

    shop.change(first, state=IntentState.SUCCEEDED)
    assert due_orders(shop.tenant.id)[0] == [second.id, elsewhere.id]


@pytest.mark.usefixtures("no_helping_worker")
def test_a_second_order_waits_while_the_first_is_unknown(shop: Shop) -> None:
    """M10: at most one per root at the provider."""
    charge = shop.charge(shop.account.charges[0])
    shop.account.fault("answer_lost_after_effect", path_regex="/refunds$", method="POST", times=1)
    first = shop.send(shop.place(charge, 500))
    second = shop.send(shop.place(charge, 700))

    assert (first.state, second.state) == (IntentState.UNKNOWN, IntentState.READY)
    assert shop.find_out(first).state == IntentState.SUCCEEDED
    assert shop.send(second).state == IntentState.SUCCEEDED
    assert shop.root(charge.external_id).refunds_minor == 1200


def test_a_webhook_that_is_faster_than_the_worker_counts_once(shop: Shop) -> None:
    """M11, M16: the refund's marker links it, releases the hold and settles, once."""
    charge = shop.charge(shop.account.charges[0])
    shop.account.fault("answer_lost_after_effect", path_regex="/refunds$", method="POST", times=1)
    intent = shop.send(shop.place(charge, 500))
    shop.sync_refunds()

    assert shop.intent(intent.id).state == IntentState.SUCCEEDED
    root = shop.root(charge.external_id)
    assert (root.refunds_minor, root.held_minor) == (500, 0)
    assert shop.find_out(intent).state == IntentState.SUCCEEDED
    assert shop.root(charge.external_id).refunds_minor == 500


def test_a_page_that_shows_old_money_is_stopped(shop: Shop) -> None:
    """M14: another version, or another open order, stops it and says what differs."""
    charge = shop.charge(shop.account.charges[0])
    with scoping.tenant(shop.tenant.id):
        shown = preview(ActionKind.REFUND, charge.id, shop.system()).money_version
    other = shop.place(charge, 500)
    with pytest.raises(MoneyChangedError) as open_order:
        shop.place(charge, 500, money_version=shown)
    assert open_order.value.difference["open_order"] == str(other.id)
    shop.send(other)
    with pytest.raises(MoneyChangedError) as changed:
        shop.place(charge, 500, money_version=shown)
    assert changed.value.difference["refunded_minor"] == 500
    assert len(shop.refunds_made()) == 1


def test_a_refund_in_the_providers_dashboard_stops_a_pages_order(shop: Shop) -> None:
    """R2: the object is read again before sending; changed means stop, hold released."""
    charge = shop.charge(shop.account.charges[0])
    with scoping.tenant(shop.tenant.id):
        version = preview(ActionKind.REFUND, charge.id, shop.system()).money_version
    intent = shop.place(charge, 500, money_version=version)
    shop.account.act(charge.external_id, "dashboard_refund", amount=100)
    intent = shop.send(intent)

    assert (intent.state, intent.failure_code) == (IntentState.FAILED, "changed_elsewhere")
    root = shop.root(charge.external_id)
    assert (root.refunds_minor, root.held_minor) == (100, 0)


@pytest.mark.parametrize(
    ("minor", "reason"), [(0, "amount_zero"), (999_999_999, "amount_too_large")]
)
def test_impossible_amounts_leave_nothing_behind(shop: Shop, minor: int, reason: str) -> None:
    charge = shop.charge(shop.account.charges[0])
    with pytest.raises(ActionDeniedError) as refused:
        shop.place(charge, minor)
    assert refused.value.reason == reason
    assert refused.value.parameter == "amount"
    assert shop.root(charge.external_id).held_minor == 0


def test_amounts_off_the_step_are_refused_before_an_order_exists(
    committed_db: None, sandbox: Running
) -> None:
    """M13: three-decimal currencies move in steps of ten."""
    shop = open_shop(sandbox.url, amount=30_000, currency="kwd")
    charge = shop.charge(shop.account.charges[0])
    with pytest.raises(ActionDeniedError) as refused:
        shop.place(charge, 1001)
    assert refused.value.reason == "amount_off_step"


def test_other_peoples_objects_do_not_exist(shop: Shop, sandbox: Running) -> None:
    """Another tenant's charge is answered exactly like an unknown one."""
    foreign = open_shop(sandbox.url)
    charge = foreign.charge(foreign.account.charges[0])
    with pytest.raises(NoSuchObjectError) as theirs:
        shop.place(charge, 100)
    charge.id = uuid4()
    with pytest.raises(NoSuchObjectError) as nobodys:
        shop.place(charge, 100)
    assert str(theirs.value) == str(nobodys.value)


def test_a_viewer_moves_nothing(shop: Shop) -> None:
    charge = shop.charge(shop.account.charges[0])
    with pytest.raises(ActionDeniedError) as refused:
        shop.place(charge, 100, requester=shop.person(Role.VIEWER))
    assert refused.value.reason == "not_permitted"


def test_a_paused_connection_sends_nothing(shop: Shop) -> None:
    """M17: checked again at the claim."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 100)
    with scoping.tenant(shop.tenant.id):
        shop.connection.state = ConnectionState.PAUSED
        shop.connection.save(update_fields=["state"])
    intent = shop.send(intent)

    assert intent.state == IntentState.REJECTED
    assert shop.root(intent.target_id).held_minor == 0
    assert shop.refunds_made() == []
