"""A refund the outer system refused: decided by the gateway behind it, where that one can (M5, M7).

The shop's refusal is the same whether its payment gateway said no or only failed to answer it.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from chargedesk.actions import late_effects, tasks
from chargedesk.actions.approvals import confirm_resolution, propose_resolution
from chargedesk.actions.models import ActionIntent, IntentState, Try
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.locking import available
from chargedesk.ledger.models import Charge, MoneyRoot
from chargedesk.ledger.purchases import settle_purchases
from chargedesk.tenants.models import Connection, ConnectionState
from chargedesk.tenants.roles import Role
from tests.actions.mall import Mall, open_mall
from tests.conftest import Running

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")

SHOWS_ALL_AT_ONCE = ("stripe", "braintree")
REFUSED = "woocommerce_rest_cannot_create_order_refund"


@pytest.fixture
def inner() -> str:
    """The gateway behind."""
    return "stripe"


@pytest.fixture
def mall(sandbox: Running, inner: str) -> Mall:
    """A shop, and the account of the gateway behind it."""
    return open_mall(sandbox.url, inner=inner)


@pytest.mark.parametrize("inner", SHOWS_ALL_AT_ONCE)
def test_a_refusal_that_moved_nothing_behind_ends_as_not_done(mall: Mall) -> None:
    """M7: after two looks ten minutes apart, with the shop's own words, and the amount free."""
    number, charge, intent = _refused(mall, "declined")
    assert mall.outer.find_out(intent).state == IntentState.UNKNOWN
    assert mall.outer.find_out(intent).state == IntentState.UNKNOWN
    _let_ten_minutes_pass(mall, intent)
    ended = mall.outer.find_out(intent)
    assert (ended.state, ended.failure_code) == (IntentState.FAILED, "not_executed")
    assert ended.provider_code == REFUSED
    assert "insufficient funds" in ended.provider_message
    assert _free(mall, number) == 3000
    assert _given_back(mall, number, charge) == (0, 0)
    assert _posts(mall, number) == 1


@pytest.mark.parametrize("inner", ["stripe", "braintree", "paypal"])
def test_what_the_gateway_did_although_the_shop_refused_is_shown_to_people(mall: Mall) -> None:
    """M7, M8: it carries no marker, so it settles nothing, but the shop's no is not believed."""
    number, charge, intent = _refused(mall, "timeout")
    assert _given_back(mall, number, charge)[1] == 1000
    for _ in range(3):
        unknown = mall.outer.find_out(intent)
        assert unknown.state == IntentState.UNKNOWN
        _let_ten_minutes_pass(mall, intent)
    assert "10.00 EUR" in unknown.evidence["seen"]
    assert mall.inner.connection.label in unknown.evidence["seen"]
    assert _posts(mall, number) == 1


def test_what_the_gateway_did_late_is_not_overlooked(mall: Mall) -> None:
    """M7: nothing at the first look, there at the second."""
    number, charge, intent = _refused(mall, "declined")
    mall.outer.find_out(intent)
    _let_ten_minutes_pass(mall, intent)
    mall.inner.account.act(charge, "dashboard_refund", amount=1000)
    late = mall.outer.find_out(intent)
    assert late.state == IntentState.UNKNOWN
    assert "10.00 EUR" in late.evidence["seen"]
    assert _free(mall, number) == 1000


def test_what_the_gateway_does_after_all_raises_the_alarm_once(mall: Mall) -> None:
    """M7: too late to keep the order open; but nobody may give it back again unwarned."""
    number, charge, intent = _ended(mall)
    mall.inner.account.act(charge, "dashboard_refund", amount=1000)
    for _ in range(2):
        mall.inner.sync()
        mall.inner.sync_refunds()
    assert mall.outer.intent(intent.id).state == IntentState.FAILED
    assert _free(mall, number) == 2000
    (alarm,) = _incidents(mall)
    assert "10.00 EUR" in alarm["seen"]


def test_a_worker_killed_before_the_alarm_leaves_it_to_the_sweep(
    mall: Mall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M7: the news is stored, and whoever stored it had no time to tell anybody."""
    _number, charge, _intent = _ended(mall)
    mall.inner.account.act(charge, "dashboard_refund", amount=1000)
    with monkeypatch.context() as killed:
        killed.setattr(late_effects, "_alert", lambda *_: None)
        mall.inner.sync()
        mall.inner.sync_refunds()
    assert _incidents(mall) == []
    for _ in range(2):
        tasks.sweep_late_effects()
    (alarm,) = _incidents(mall)
    assert "10.00 EUR" in alarm["seen"]


def test_doing_it_again_in_the_shop_is_no_alarm(mall: Mall) -> None:
    """What both sides tell of is one refund."""
    number, charge, _intent = _ended(mall)
    mall.outer.account.act(number, "refund_as", **{"as": "succeeded"})
    again = mall.outer.send(mall.outer.place(mall.outer.charge(number), 1000))
    assert again.state == IntentState.SUCCEEDED
    mall.inner.sync()
    mall.inner.sync_refunds()
    assert _given_back(mall, number, charge) == (1000, 1000)
    assert _incidents(mall) == []


def test_any_change_behind_is_for_people(mall: Mall) -> None:
    """M7: another amount may be what is left of ours; and no such charge looks like nothing."""
    _number, charge, intent = _refused(mall, "declined")
    mall.inner.account.act(charge, "dashboard_refund", amount=300)
    _stays_unknown(mall, intent)


@pytest.mark.parametrize("inner", ["braintree"])
def test_a_sale_that_was_voided_is_for_people(mall: Mall) -> None:
    """M12: what a plug-in may do with a sale that has not settled; no refund shows it."""
    _number, charge, intent = _refused(mall, "declined")
    # Pictures of one second cannot be told apart, and the older one stays (M18).
    time.sleep(1.1)
    mall.inner.account.act(charge, "cancel")
    assert charge in _stays_unknown(mall, intent).evidence["seen"]


@pytest.mark.parametrize("inner", ["braintree"])
def test_what_was_read_and_is_not_stored_is_not_nothing(mall: Mall) -> None:
    """M18: a picture from the future, by a wrong clock, keeps the ledger's door shut."""
    _number, charge, intent = _refused(mall, "declined")
    with scoping.tenant(mall.tenant.id):
        ahead = clock.now() + timedelta(hours=1)
        Charge.objects.filter(external_id=charge).update(as_of=ahead)
    mall.inner.account.act(charge, "cancel")
    _stays_unknown(mall, intent)


def test_a_note_of_the_plugin_about_this_order_is_for_people(mall: Mall) -> None:
    """A5, 4: whatever it says, it was written after the plug-in had been asked."""
    number, _charge, intent = _refused(mall, "declined")
    text = f"<b>Refunded</b> 10.00 - Reason: Customer request [cd:{intent.id}]"
    mall.outer.account.act(number, "note", text="Paid by card.")
    mall.outer.account.act(number, "note", text=text)
    seen = _stays_unknown(mall, intent).evidence["seen"]
    assert "Refunded" in seen
    assert "<b>" not in seen
    assert "Paid by card" not in seen


@pytest.mark.parametrize("inner", ["paypal"])
def test_a_gateway_that_may_show_refunds_late_proves_nothing(mall: Mall) -> None:
    """M7: whether an empty answer is proof, each gateway declares."""
    _number, _charge, intent = _refused(mall, "declined")
    _stays_unknown(mall, intent)


def test_an_answer_that_was_lost_is_no_refusal(mall: Mall) -> None:
    """M4, M5: the shop may still be at it."""
    number, _charge = mall.buy()
    mall.read("outer", "inner")
    intent = mall.outer.place(mall.outer.charge(number), 1000)
    mall.outer.account.fault(
        "answer_lost_before_effect", method="POST", path_regex="/refunds$", times=1
    )
    assert mall.outer.send(intent).state == IntentState.UNKNOWN
    _stays_unknown(mall, intent)


def test_a_refusal_after_an_unanswered_try_proves_nothing(mall: Mall) -> None:
    """M4."""
    _number, _charge, intent = _refused(mall, "declined")
    with scoping.tenant(mall.tenant.id):
        first = Try.objects.get(intent=intent)
        first.pk, first.number, first.answer = None, 2, ""
        first.save(force_insert=True)
    _stays_unknown(mall, intent)


@pytest.mark.parametrize("how", ["killed", "killed_before"])
def test_a_row_whose_payment_nobody_confirmed_is_no_refusal(mall: Mall, how: str) -> None:
    """A5: a process that died wrote it; what the gateway behind shows is told to people."""
    _number, _charge, intent = _refused(mall, how)
    seen = _stays_unknown(mall, intent).evidence["seen"]
    assert "payment not confirmed" in seen
    assert (mall.inner.connection.label in seen) is (how == "killed")


def _unread(mall: Mall) -> None:
    mall.inner.account.fault("error_500", method="GET", path_regex="/v1/charges/")


def _paused(mall: Mall) -> None:
    with scoping.tenant(mall.tenant.id):
        rows = Connection.objects.filter(pk=mall.inner.connection.id)
        rows.update(state=ConnectionState.CREDENTIALS_FAILED)


def _unlinked(mall: Mall) -> None:
    with scoping.tenant(mall.tenant.id):
        MoneyRoot.objects.update(parent=None)


@pytest.mark.parametrize("gone", [_unread, _paused, _unlinked])
def test_without_the_gateway_behind_people_decide(mall: Mall, gone: Callable[[Mall], None]) -> None:
    """M8: who cannot be asked proves nothing."""
    _number, _charge, intent = _refused(mall, "declined")
    gone(mall)
    _stays_unknown(mall, intent)


def test_a_gateway_connected_only_afterwards_proves_nothing(mall: Mall) -> None:
    """How the payment stood before is not known, so neither is what changed."""
    number, charge = mall.buy(refund_as="declined")
    mall.read("outer")
    intent = mall.outer.send(mall.outer.place(mall.outer.charge(number), 1000))
    mall.read("inner")
    with scoping.tenant(mall.tenant.id):
        inside = mall.inner.charge
    settle_purchases(mall.tenant.id, [inside(charge).id])
    _stays_unknown(mall, intent)


@pytest.mark.parametrize("has_succeeded", [True, False])
def test_two_people_settle_what_the_shop_cannot_prove(mall: Mall, *, has_succeeded: bool) -> None:
    """M8, M11: the refund they name is the gateway's, because the shop's row is gone."""
    number, charge, intent = _refused(mall, "timeout" if has_succeeded else "declined")
    unknown = mall.outer.find_out(intent)
    one, two = mall.outer.person(Role.FINANCE), mall.outer.person(Role.ADMIN)
    named = unknown.evidence["seen"].partition(": ")[2].partition(" ")[0]
    propose_resolution(
        mall.tenant.id,
        intent.id,
        proposer=one,
        has_succeeded=has_succeeded,
        provider_id=named,
        evidence="Seen at the gateway behind.",
    )
    ended = confirm_resolution(mall.tenant.id, intent.id, confirmer=two)
    assert ended.state == (IntentState.SUCCEEDED if has_succeeded else IntentState.FAILED)
    assert ended.result_id == (named if has_succeeded else "")
    # What went back counts once, by whichever side tells of it.
    assert _free(mall, number) == (2000 if has_succeeded else 3000)
    assert _given_back(mall, number, charge)[1] == (1000 if has_succeeded else 0)


def _refused(mall: Mall, how: str) -> tuple[str, str, ActionIntent]:
    """A refund of 10.00 of 30.00 that the shop did not carry out, as far as it knows."""
    number, charge = mall.buy(refund_as=how)
    mall.read("outer", "inner")
    assert mall.link_of(charge) == number
    intent = mall.outer.send(mall.outer.place(mall.outer.charge(number), 1000))
    assert intent.state == IntentState.UNKNOWN
    return number, charge, intent


def _ended(mall: Mall) -> tuple[str, str, ActionIntent]:
    """One that was refused, and found not to have moved anything."""
    number, charge, intent = _refused(mall, "declined")
    mall.outer.find_out(intent)
    _let_ten_minutes_pass(mall, intent)
    assert mall.outer.find_out(intent).state == IntentState.FAILED
    return number, charge, intent


def _incidents(mall: Mall) -> list[dict[str, Any]]:
    with scoping.tenant(mall.tenant.id):
        rows = AuditEvent.objects.filter(verb="incident.raised")
        return [each.details for each in rows]


def _stays_unknown(mall: Mall, intent: ActionIntent) -> ActionIntent:
    """Whatever the look-ups, nobody but people ends it, and the amount stays held."""
    for _ in range(2):
        found = mall.outer.find_out(intent)
        assert found.state == IntentState.UNKNOWN
        _let_ten_minutes_pass(mall, intent)
    found = mall.outer.find_out(intent)
    assert found.state == IntentState.UNKNOWN
    return found


def _let_ten_minutes_pass(mall: Mall, intent: ActionIntent) -> None:
    """Since the first empty look-up, if there was one."""
    if mall.outer.intent(intent.id).first_empty_look_up_at is not None:
        mall.outer.change(intent, first_empty_look_up_at=clock.now() - timedelta(minutes=11))


def _free(mall: Mall, number: str) -> int:
    root = mall.outer.root(number)
    with scoping.tenant(mall.tenant.id):
        return available(root).minor


def _given_back(mall: Mall, number: str, charge: str) -> tuple[int, int]:
    """What really went back, as the shop counts its plug-in's work and as the gateway counts."""
    money: list[dict[str, Any]] = [
        shop.account.control.get("money", provider=shop.connection.provider)["objects"]
        for shop in (mall.outer, mall.inner)
    ]
    return money[0][number]["refunded_minor"], money[1][charge]["refunded_minor"]


def _posts(mall: Mall, number: str) -> int:
    path = f"/{number}/refunds"
    calls = mall.outer.account.calls()
    return sum(each["method"] == "POST" and each["path"].endswith(path) for each in calls)
