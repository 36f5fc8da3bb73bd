"""The ways from state to state, the second person, and what ends an order (M6, M9, M16, M17)."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from audit.models import AuditEvent
from chargedesk.actions.approvals import (
    approve,
    confirm_resolution,
    propose_resolution,
    reject,
)
from chargedesk.actions.claims import lease
from chargedesk.actions.errors import ActionDeniedError, IntentClosedError
from chargedesk.actions.intents import locked_intent
from chargedesk.actions.models import ActionIntent, IntentState, SpentBudget, Try
from chargedesk.actions.progress import DONE
from chargedesk.actions.recovery import tidy
from chargedesk.actions.requests import Requester
from chargedesk.actions.services import take_back, wait_for_settlement
from chargedesk.actions.settlement import settle_finding, store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, Hold, Refund, Subscription
from chargedesk.tenants.models import RoleLimit
from chargedesk.tenants.roles import Role
from gateways.capabilities import ActionKind
from gateways.contract import Finding
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running
from tests.ledger import pictures
from tests.services.accounts import connect, open_account


def test_an_order_can_be_taken_back_until_it_is_sent(shop: Shop) -> None:
    """R9: afterwards it is too late, and says so."""
    charge = shop.charge(shop.account.charges[0])
    intent = shop.place(charge, 500)
    with scoping.tenant(shop.tenant.id):
        taken = take_back(intent.id, actor=shop.system().actor)
    assert taken.state == IntentState.CANCELED
    assert shop.root(charge.external_id).held_minor == 0
    assert shop.send(intent).state == IntentState.CANCELED

    sent = shop.send(shop.place(charge, 500))
    with scoping.tenant(shop.tenant.id), pytest.raises(IntentClosedError):
        take_back(sent.id, actor=shop.system().actor)


def test_an_hour_old_order_is_never_sent(shop: Shop) -> None:
    """M9: it expires, and what it held is free again."""
    intent = shop.place(shop.charge(shop.account.charges[0]), 500)
    shop.change(intent, ready_at=clock.now() - timedelta(minutes=61))
    intent = shop.send(intent)

    assert intent.state == IntentState.EXPIRED
    assert shop.root(intent.target_id).held_minor == 0
    assert shop.refunds_made() == []


def test_a_refund_that_fails_days_later_is_reversed(shop: Shop) -> None:
    """M16: succeeded, then reversed; the amount is available again and the log tells."""
    charge = shop.charge(shop.account.charges[0])
    intent = shop.send(shop.place(charge, 500))
    shop.account.act(intent.result_id, "fail_refund")
    _let_a_second_pass()
    shop.sync_refunds()

    assert shop.intent(intent.id).state == IntentState.REVERSED
    assert shop.root(charge.external_id).refunds_minor == 0
    assert "action.reversed" in _verbs(shop)


def test_a_pending_refund_is_followed_to_its_end(shop: Shop) -> None:
    """M16: pending is an answer, not an end."""
    charge = shop.charge(shop.account.charges[0])
    shop.account.act(charge.external_id, "refund_as", refund_as="pending")
    intent = shop.send(shop.place(charge, 500))
    assert intent.state == IntentState.PENDING
    shop.account.act(intent.result_id, "settle")
    _let_a_second_pass()
    assert shop.find_out(intent).state == IntentState.SUCCEEDED


def test_voided_by_somebody_else_is_not_our_success(shop: Shop, sandbox: Running) -> None:
    """M6: “already done” is read, and settles only if state and amount equal the order."""
    held = open_shop(sandbox.url, amount=3000, outcome="uncaptured")
    charge = held.charge(held.account.charges[0])
    capture = held.order(ActionKind.CAPTURE, charge.id)
    held.account.act(charge.external_id, "cancel")
    capture = held.send(capture)

    assert capture.state == IntentState.FAILED
    assert capture.failure_code


@pytest.mark.parametrize("action", [ActionKind.CAPTURE, ActionKind.VOID])
@pytest.mark.parametrize("release_marks_refunded", ["1", "0"])
def test_an_authorization_is_captured_or_given_back(
    committed_db: None, sandbox: Running, action: ActionKind, release_marks_refunded: str
) -> None:
    """Whichever way the provider shows a release: unsure, so both ways."""
    shop = open_shop(sandbox.url, amount=3000, outcome="uncaptured")
    shop.account.control.switch("stripe.release_marks_refunded", release_marks_refunded)
    charge = shop.charge(shop.account.charges[0])
    intent = shop.send(shop.order(action, charge.id))
    shop.account.control.switch("stripe.release_marks_refunded", "1")

    assert intent.state == IntentState.SUCCEEDED
    assert shop.root(charge.external_id).capturable_minor == 0
    expected = 3000 if action is ActionKind.CAPTURE else 0
    assert shop.root(charge.external_id).captured_minor == expected


@pytest.mark.parametrize("at_period_end", [True, False])
def test_a_subscription_is_canceled(shop: Shop, at_period_end: bool) -> None:  # noqa: FBT001
    """M12: canceling never refunds."""
    shop.account.make("subscription", customer=shop.account.customers[0])
    shop.sync()
    with scoping.tenant(shop.tenant.id):
        subscription = Subscription.objects.get()
    intent = shop.order(
        ActionKind.CANCEL_SUBSCRIPTION, subscription.id, at_period_end=at_period_end
    )
    intent = shop.send(intent)

    assert intent.state == IntentState.SUCCEEDED
    with scoping.tenant(shop.tenant.id):
        subscription.refresh_from_db()
    assert subscription.cancels_at_period_end == at_period_end
    assert (subscription.status == "canceled") != at_period_end
    assert shop.refunds_made() == []


def test_over_the_limit_a_second_person_decides(shop: Shop) -> None:
    """M17, R7, R8: nothing is held while it waits; the requester cannot approve."""
    charge, agent = _limited(shop)
    intent = shop.place(charge, 900, requester=agent)
    assert intent.state == IntentState.AWAITING_APPROVAL
    assert shop.root(charge.external_id).held_minor == 0

    for wrong in (agent, shop.person(Role.AGENT)):
        with pytest.raises(ActionDeniedError):
            approve(shop.tenant.id, intent.id, approver=wrong)
    approved = approve(shop.tenant.id, intent.id, approver=shop.person(Role.FINANCE))

    assert approved.state == IntentState.READY
    # Approving wakes a worker: whoever of the two comes first sends it, once.
    shop.send(intent)
    assert wait_for_settlement(shop.tenant.id, intent.id).state == IntentState.SUCCEEDED
    assert len(shop.refunds_made()) == 1
    assert "action.approved" in _verbs(shop)


def test_what_changed_while_it_waited_must_be_asked_again(shop: Shop) -> None:
    """R8: superseded, never sent."""
    charge, agent = _limited(shop)
    intent = shop.place(charge, 900, requester=agent)
    shop.send(shop.place(charge, 100))
    stopped = approve(shop.tenant.id, intent.id, approver=shop.person(Role.FINANCE))
    assert stopped.state == IntentState.SUPERSEDED
    assert len(shop.refunds_made()) == 1


def test_a_rejected_order_moves_nothing(shop: Shop) -> None:
    charge, agent = _limited(shop)
    intent = shop.place(charge, 900, requester=agent)
    rejected = reject(
        shop.tenant.id, intent.id, approver=shop.person(Role.FINANCE), note="not this one"
    )
    assert (rejected.state, rejected.failure_message) == (IntentState.REJECTED, "not this one")


def test_the_day_budget_counts_what_was_sent_and_gives_back_what_was_not(shop: Shop) -> None:
    charge = shop.charge(shop.account.charges[0])
    agent = shop.person(Role.AGENT)
    with scoping.tenant(shop.tenant.id):
        RoleLimit.objects.update_or_create(
            tenant=shop.tenant,
            role=Role.AGENT,
            currency=charge.currency,
            defaults={"action_minor": None, "day_minor": 1000},
        )
    first = shop.place(charge, 600, requester=agent)
    second = shop.place(charge, 600, requester=agent)
    assert (first.state, second.state) == (IntentState.READY, IntentState.AWAITING_APPROVAL)
    with scoping.tenant(shop.tenant.id):
        take_back(first.id, actor=agent.actor)
        assert SpentBudget.objects.get(actor_id=agent.actor.id).spent_minor == 0


def test_a_currency_in_which_a_role_has_no_limits_waits_for_a_second_person(shop: Shop) -> None:
    """R7: a role that is limited moves nothing alone in a currency nobody thought of."""
    charge = shop.charge(shop.account.charges[0])
    with scoping.tenant(shop.tenant.id):
        RoleLimit.objects.filter(role=Role.AGENT, currency=charge.currency).delete()
    waiting = shop.place(charge, 100, requester=shop.person(Role.AGENT))
    assert waiting.state == IntentState.AWAITING_APPROVAL
    assert waiting.failure_message == "No limit in EUR is set for this role."
    approved = approve(shop.tenant.id, waiting.id, approver=shop.person(Role.FINANCE))
    assert approved.state == IntentState.READY


def test_a_role_without_any_limit_is_not_limited(shop: Shop) -> None:
    charge = shop.charge(shop.account.charges[0])
    assert shop.place(charge, 100, requester=shop.person(Role.FINANCE)).state == IntentState.READY


def test_unknown_for_an_hour_reaches_a_human_who_needs_a_second_one(shop: Shop) -> None:
    """M8: alert, then evidence from one person and agreement of another."""
    shop.account.fault("answer_lost_before_effect", path_regex="/refunds$", method="POST", times=1)
    charge = shop.charge(shop.account.charges[0])
    intent = shop.send(shop.place(charge, 500))
    shop.change(intent, first_try_at=clock.now() - timedelta(hours=2))
    tidy(shop.tenant.id)
    assert shop.intent(intent.id).alerted_at is not None

    one, two = shop.person(Role.FINANCE), shop.person(Role.ADMIN)
    propose_resolution(
        shop.tenant.id,
        intent.id,
        proposer=one,
        has_succeeded=False,
        provider_id="",
        evidence="The dashboard shows no refund.",
    )
    with pytest.raises(ActionDeniedError):
        confirm_resolution(shop.tenant.id, intent.id, confirmer=one)
    ended = confirm_resolution(shop.tenant.id, intent.id, confirmer=two)

    assert (ended.state, ended.failure_code) == (IntentState.FAILED, "not_executed")
    assert shop.root(charge.external_id).held_minor == 0


def test_a_refund_that_two_people_name_is_the_orders(shop: Shop) -> None:
    """M8, M11: its row belongs to the order from then on, so its amount counts once."""
    charge = shop.charge(shop.account.charges[0])
    _let_a_second_pass()
    shop.account.act(charge.external_id, "dashboard_refund", amount=500)
    shop.sync()
    shop.sync_refunds()
    with scoping.tenant(shop.tenant.id):
        found = Refund.objects.get()
    intent = _unknown(shop, charge)
    one, two = shop.person(Role.FINANCE), shop.person(Role.ADMIN)

    ended = _resolved(shop, intent, found.external_id, by=(one, two))

    assert (ended.state, ended.result_id) == (IntentState.SUCCEEDED, found.external_id)
    with scoping.tenant(shop.tenant.id):
        assert Refund.objects.get().intent_id == intent.id
    assert shop.root(charge.external_id).held_minor == 0
    # What the provider tells of it later still concerns the order.
    _let_a_second_pass()
    shop.account.act(found.external_id, "fail_refund")
    shop.sync_refunds()
    assert shop.intent(intent.id).state == IntentState.REVERSED


def test_a_refund_that_is_not_the_orders_cannot_be_named(shop: Shop) -> None:
    """M8: another payment's, another amount's, or one that belongs to an order already."""
    charge, other = (shop.charge(each) for each in shop.account.charges[:2])
    done = shop.send(shop.place(charge, 500))
    shop.account.act(other.external_id, "dashboard_refund", amount=500)
    _let_a_second_pass()
    shop.account.act(charge.external_id, "dashboard_refund", amount=700)
    shop.sync()
    shop.sync_refunds()
    with scoping.tenant(shop.tenant.id):
        foreign = Refund.objects.get(charge_id=other.id).external_id
        larger = Refund.objects.get(amount_minor=700).external_id
    intent = _unknown(shop, charge)
    one, two = shop.person(Role.FINANCE), shop.person(Role.ADMIN)

    for named in (done.result_id, foreign, larger):
        with pytest.raises(ActionDeniedError) as refused:
            _resolved(shop, intent, named, by=(one, two))
        assert refused.value.reason == "provider_id_not_the_orders"
    assert shop.intent(intent.id).state == IntentState.UNKNOWN


def test_a_marker_that_turns_up_later_reopens_the_order(shop: Shop) -> None:
    """M7: failed as not executed, then found: succeeded after all, with an alarm."""
    shop.account.fault("answer_lost_after_effect", path_regex="/refunds$", method="POST", times=1)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 500))
    shop.change(intent, state=IntentState.FAILED, failure_code="not_executed")
    shop.sync_refunds()

    assert shop.intent(intent.id).state == IntentState.SUCCEEDED
    assert {"action.reopened", "incident.raised"} <= _verbs(shop)


def test_a_marker_on_an_order_that_ended_otherwise_raises_the_alarm_once(shop: Shop) -> None:
    """M16: no way leads out of this end, but nobody may overlook it."""
    shop.account.fault("answer_lost_after_effect", path_regex="/refunds$", method="POST", times=1)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 500))
    shop.change(intent, state=IntentState.EXPIRED)
    shop.sync_refunds()
    shop.sync_refunds()

    assert shop.intent(intent.id).state == IntentState.EXPIRED
    with scoping.tenant(shop.tenant.id):
        assert AuditEvent.objects.filter(verb="incident.raised").count() == 1


def _unknown(shop: Shop, charge: Charge) -> ActionIntent:
    """An order over 5.00 whose outcome nobody knows; it did not reach the provider."""
    shop.account.fault("answer_lost_before_effect", path_regex="/refunds$", times=1)
    intent = shop.send(shop.place(charge, 500))
    assert intent.state == IntentState.UNKNOWN
    return intent


def _resolved(
    shop: Shop, intent: ActionIntent, named: str, *, by: tuple[Requester, Requester]
) -> ActionIntent:
    propose_resolution(
        shop.tenant.id,
        intent.id,
        proposer=by[0],
        has_succeeded=True,
        provider_id=named,
        evidence="Seen in the dashboard.",
    )
    return confirm_resolution(shop.tenant.id, intent.id, confirmer=by[1])


def _let_a_second_pass() -> None:
    """The provider's clock knows whole seconds: within one, an answer of ours is the newer news."""
    time.sleep(1.1)


def _limited(shop: Shop) -> tuple[Charge, Requester]:
    charge = shop.charge(shop.account.charges[0])
    with scoping.tenant(shop.tenant.id):
        RoleLimit.objects.update_or_create(
            tenant=shop.tenant,
            role=Role.AGENT,
            currency=charge.currency,
            defaults={"action_minor": 500},
        )
    return charge, shop.person(Role.AGENT)


def _verbs(shop: Shop) -> set[str]:
    with scoping.tenant(shop.tenant.id):
        return set(AuditEvent.objects.values_list("verb", flat=True))


def test_a_marker_copied_to_another_connection_settles_and_frees_nothing(shop: Shop) -> None:
    """M7, M11: only the order's own connection tells what became of it; the rest is an incident."""
    shop.account.fault("answer_lost_before_effect", path_regex="/refunds$", method="POST", times=1)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 500))
    assert intent.state == IntentState.UNKNOWN
    other = connect(open_account(shop.account.control), shop.tenant)
    now = clock.now()
    copied = pictures.refund("re_elsewhere", marker=intent.id, as_of=now, created_at=now)
    with scoping.tenant(shop.tenant.id, durable=True):
        store(other, [pictures.charge(as_of=now), copied])

    assert shop.intent(intent.id).state == IntentState.UNKNOWN
    with scoping.tenant(shop.tenant.id):
        assert Hold.objects.get(intent_id=intent.id).released_at is None
        assert AuditEvent.objects.filter(
            verb="incident.raised", object_id=str(intent.id), reason="marker_unknown"
        ).exists()


def test_nothing_found_is_no_proof_for_an_order_that_was_begun(shop: Shop) -> None:
    """M7: of several steps one was done, so something was, whatever the last one shows."""
    shop.account.fault("answer_lost_before_effect", path_regex="/refunds$", method="POST", times=1)
    intent = shop.send(shop.place(shop.charge(shop.account.charges[0]), 500))
    with scoping.tenant(shop.tenant.id, durable=True):
        Try.objects.create(
            tenant=shop.tenant,
            intent=intent,
            step="first",
            number=1,
            lease_token=uuid4(),
            sent_at=clock.now(),
            answer=DONE,
        )
        claim = lease(locked_intent(intent.id), clock.now())
    shop.change(intent, first_empty_look_up_at=clock.now() - timedelta(hours=1))
    settle_finding(claim, Finding(outcome=None), empty_is_proof=True)
    assert shop.intent(intent.id).state == IntentState.UNKNOWN
