"""The money rules at every gateway: the engine, the adapter and the provider, order by order.

The engine's own tests (`tests/actions`) play them with one gateway. Here each gateway shows, for
each of its actions, what its declaration promises: how long keys live, what a look-up finds, what
an empty one proves. An own system (`gateways.custom`) is played as the others are.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from chargedesk.runtime.processes import wait_until
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.errors import GatewayError, OutcomeUnknownError, UnavailableError
from tests.conftest import Running
from tests.contracts.desks import (
    A_SECOND,
    ENDING,
    GATEWAYS,
    KEYED,
    MAKING,
    MINUTE,
    ORDERS,
    OTHERS,
    REFUNDS,
    SHOWN_LATE,
    Desk,
    desks,
    firm_at,
    order_of,
)
from tests.crash.checker import HAPPENED
from tests.crash.town import CHARGE_MINOR, arm, open_firm
from tests.crash.wishes import NOT_AT_AN_OWN_SYSTEM
from tests.services.accounts import Control

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")

APART = timedelta(minutes=11)
# What is declared and not played here, and why; whatever else is declared is.
_MOVES_NO_MONEY = (
    "moves and promises no money; the adapters' suite loses its answer and looks it up"
)
_NO_RECORD = "nobody can tell an own system's invoices and coupons, so none can be ordered about"
ELSEWHERE: Mapping[ActionKind, str] = {
    ActionKind.UPDATE_TAX_DETAILS: _MOVES_NO_MONEY,
    ActionKind.REQUEST_CARD_UPDATE: _MOVES_NO_MONEY,
    ActionKind.USE_PAYMENT_METHOD: _MOVES_NO_MONEY,
}
ELSEWHERE_OF_AN_OWN_SYSTEM = {**ELSEWHERE, **dict.fromkeys(NOT_AT_AN_OWN_SYSTEM, _NO_RECORD)}


def test_every_declared_action_is_here_or_says_why_not() -> None:
    """A gateway or an action that is added is played without a word here."""
    played = {(gateway, wish.action) for gateway, wish in ORDERS}
    for gateway, adapter in registry.adapters().items():
        capabilities = adapter.capabilities
        is_own = capabilities.needs_functions
        reasons = ELSEWHERE_OF_AN_OWN_SYSTEM if is_own else ELSEWHERE
        declared = {action for action in ActionKind if capabilities.proof(action)}
        assert {action for action in declared if (gateway, action) not in played} == {
            action for action in declared if action in reasons
        }
    assert {gateway for gateway, _ in REFUNDS} == set(GATEWAYS) == set(registry.adapters())


@desks(ORDERS)
def test_nothing_leaves_after_the_deadline(desk: Desk) -> None:
    """M3."""
    intent = desk.place()
    credentials = gateway_credentials(desk.firm.connection)
    adapter, order = desk.firm.adapter, order_of(intent)
    late = clock.now() - timedelta(seconds=1)
    with pytest.raises(UnavailableError):
        adapter.send(credentials, order, adapter.freeze(order)[0], deadline=late)
    assert desk.sent(intent) == []


@desks(OTHERS)
def test_what_is_not_answered_is_never_failed(desk: Desk) -> None:
    """M4, M5: unknown, for every action; done only if the provider can be seen to have done it.

    Refunds are in the suite of the adapters.
    """
    for fault in ("reset", "half_body", "error_500", "stored_500", "empty_200"):
        intent = desk.unanswered(fault)
        if intent.state != IntentState.UNKNOWN:
            # Where the answer has no body, nothing is missing from it.
            assert intent.state == IntentState.SUCCEEDED, fault
            assert len(desk.effects(intent)) == 1
        assert len(desk.sent(intent)) == 1


@desks(KEYED)
def test_a_living_key_is_repeated_and_moves_nothing_twice(desk: Desk) -> None:
    """M1, M7: the same key, a minute before half of its life."""
    life = desk.proof.key_life
    assert life is not None
    intent = desk.unanswered("answer_lost_after_effect")
    assert intent.state == IntentState.UNKNOWN
    ended = desk.aged(intent, life / 2 - MINUTE)
    assert ended.state in HAPPENED
    calls = desk.sent(intent)
    assert len(calls) == 2
    assert len({call["idempotency_key"] for call in calls}) == 1
    assert len({call["body_sha256"] for call in calls}) == 1
    assert len(desk.effects(intent)) == 1


@desks(ORDERS)
def test_without_a_key_the_look_up_settles(desk: Desk) -> None:
    """M6, M7: by our marker, or by the state that the order wanted; nothing is sent again.

    Where nobody can look, it stays unknown until a human ends it (M8).
    """
    intent = desk.unanswered("answer_lost_after_effect")
    assert intent.state == IntentState.UNKNOWN
    ended = desk.without_key(intent)
    assert len(desk.sent(intent)) == 1
    assert len(desk.effects(intent)) == 1
    if not desk.proof.looks_up:
        assert ended.state == IntentState.UNKNOWN
        return
    assert ended.state in HAPPENED
    assert ended.result_minor == ended.amount_minor
    assert not desk.holds(intent)


@desks(SHOWN_LATE)
def test_what_shows_late_is_neither_failed_nor_sent_again(desk: Desk) -> None:
    """M5, M7: done, without an answer, and at first no look-up shows it."""
    intent = desk.place()
    arm(desk.firm, intent, "lookup_lag", delay_s=600)
    arm(desk.firm, intent, "answer_lost_after_effect")
    assert desk.firm.send(intent).state == IntentState.UNKNOWN
    credentials = gateway_credentials(desk.firm.connection)
    adapter, order = desk.firm.adapter, order_of(intent)
    assert adapter.look_up(credentials, order, adapter.freeze(order)[0]).outcome is None
    early = desk.without_key(intent)
    if early.state == IntentState.UNKNOWN and not desk.proof.empty_is_proof:
        # Long after it was sent, too; elsewhere nobody looks before half a key's life has passed.
        desk.firm.change(intent, first_empty_look_up_at=clock.now() - APART)
        early = desk.without_key(intent)
    # What it was about is read again by id, and may name what was done: that is proof as well.
    assert early.state in {IntentState.UNKNOWN, *HAPPENED}
    is_held = desk.wish.action is ActionKind.REFUND and early.state == IntentState.UNKNOWN
    assert desk.holds(intent) == is_held
    assert desk.firm.account.catch_up() > 0
    ended = desk.without_key(intent)
    assert ended.state in HAPPENED
    assert ended.result_minor == ended.amount_minor
    assert (len(desk.sent(intent)), len(desk.effects(intent))) == (1, 1)


@desks(ORDERS)
def test_a_dead_key_and_an_empty_look_up_prove_what_the_gateway_declares(desk: Desk) -> None:
    """M7: at half its life a key is dead, and the order is looked up and never sent again.

    Nothing found is proof after two look-ups ten minutes apart, where the gateway declares it.
    """
    intent = desk.unanswered("answer_lost_before_effect")
    for _ in range(2):
        assert desk.without_key(intent).state == IntentState.UNKNOWN
    desk.firm.change(intent, first_empty_look_up_at=clock.now() - APART)
    ended = desk.without_key(intent)
    assert len(desk.sent(intent)) == 1
    assert desk.effects(intent) == []
    if desk.proof.looks_up and desk.proof.empty_is_proof:
        assert (ended.state, ended.failure_code) == (IntentState.FAILED, "not_executed")
        assert not desk.holds(intent)
    else:
        assert ended.state == IntentState.UNKNOWN
        assert desk.holds(intent) == (desk.wish.action is ActionKind.REFUND)


@desks(REFUNDS)
def test_a_refusal_after_an_unanswered_try_proves_nothing(desk: Desk) -> None:
    """M4: meanwhile somebody gave everything back, so that a repetition is refused."""
    intent = desk.unanswered("answer_lost_before_effect")
    desk.firm.refund_elsewhere(intent.target_id, CHARGE_MINOR)
    time.sleep(A_SECOND)
    assert desk.firm.find_out(intent).state == IntentState.UNKNOWN
    assert desk.without_key(intent).state == IntentState.UNKNOWN
    assert desk.effects(intent) == []
    assert desk.holds(intent)


# What somebody else does meanwhile: sends the invoice, ends everything else. Only what that has in
# common with an order may settle it.
_THE_SAME = frozenset(
    {
        ActionKind.VOID,
        ActionKind.CANCEL_SUBSCRIPTION,
        ActionKind.VOID_INVOICE,
        ActionKind.SEND_INVOICE,
    }
)


@desks(ENDING)
def test_what_somebody_else_did_settles_only_by_an_equal_state(desk: Desk) -> None:
    """M4, M6: done by others, while our own try went unanswered."""
    intent = desk.unanswered("answer_lost_before_effect")
    desk.firm.account.act(intent.target_id, "send" if desk.wish.stock == "unsent" else "cancel")
    time.sleep(A_SECOND)
    desk.firm.find_out(intent)
    ended = desk.without_key(intent)
    done = desk.effects(intent)
    if done:
        # A living key was repeated, and the provider took it all the same.
        assert desk.proof.key_life is not None
        assert (len(done), ended.state) == (1, IntentState.SUCCEEDED)
    elif ended.state != IntentState.UNKNOWN:
        assert desk.wish.action in _THE_SAME
        assert ended.state == IntentState.SUCCEEDED


@desks(MAKING)
def test_what_a_like_order_made_settles_only_that_order(desk: Desk) -> None:
    """M6, M7: the same customer, amount and plan, a moment ago, under another marker."""
    first = desk.firm.send(desk.place())
    assert first.state in HAPPENED
    desk.firm.keep(desk.wish.stock, first.target_id)
    second = desk.unanswered("answer_lost_before_effect")
    assert second.target_id == first.target_id
    for _ in range(2):
        assert desk.without_key(second).state == IntentState.UNKNOWN
    assert desk.effects(second) == []
    assert len(desk.effects(first)) == 1


@desks(REFUNDS)
def test_already_done_settles_nothing(desk: Desk) -> None:
    """M6, M7: what somebody else gave back, in the same amount, is shown to a human."""
    intent = desk.place()
    credentials = gateway_credentials(desk.firm.connection)
    adapter, order = desk.firm.adapter, order_of(intent)
    desk.firm.refund_elsewhere(intent.target_id, CHARGE_MINOR)
    (step,) = adapter.freeze(order)
    with pytest.raises(GatewayError) as caught:
        adapter.send(credentials, order, step, deadline=clock.now() + MINUTE)
    assert not isinstance(caught.value, OutcomeUnknownError | UnavailableError)
    finding = adapter.look_up(credentials, order, step)
    assert finding.outcome is None
    assert finding.seen


# Who answers in words of its own that it is already so; others refuse, which is final as it is. A
# WooCommerce shop may take both, and whom it turned away it does not tell (its NOTES.md).
_SAYS_ALREADY = {
    "stripe": {"refund", "cancel"},
    "paypal": {"refund", "capture", "void", "pause", "resume", "cancel"},
    "braintree": {"refund", "cancel"},
    "recurly": {"change", "pause", "resume", "cancel"},
}
OVERTAKEN = tuple(each for each in ORDERS if each[1].name in _SAYS_ALREADY.get(each[0], ()))


@desks(OVERTAKEN)
def test_done_already_by_somebody_else_is_not_done_by_us(desk: Desk) -> None:
    """M6: after all was read, and before our call. Only what was cancelled is as it was ordered."""
    intent = desk.place()
    ended = _overtaken(desk, intent)
    assert [each["effect"] for each in desk.sent(intent)] == [None]
    assert not desk.holds(intent)
    if desk.wish.action is ActionKind.CANCEL_SUBSCRIPTION:
        assert ended.state == IntentState.SUCCEEDED
        return
    assert (ended.state, ended.failure_code) == (IntentState.FAILED, "done_elsewhere")
    # What is there, in words for people.
    assert ("EUR" if intent.amount_minor else intent.target_id) in ended.failure_message


def _overtaken(desk: Desk, intent: ActionIntent) -> ActionIntent:
    """Send it, and let somebody else be quicker at the provider, after all was read."""
    firm, order = desk.firm, order_of(intent)
    credentials = gateway_credentials(firm.connection)
    rule = arm(firm, intent, "delay_before_effect", delay_s=4)

    def overtake() -> None:
        assert wait_until(lambda: firm.account.has_met(rule), timeout_s=30)
        if order.action is ActionKind.REFUND:
            firm.refund_elsewhere(intent.target_id, CHARGE_MINOR)
        elif order.money is None:
            firm.account.act(intent.target_id, "cancel")
        else:
            less = Money.of(order.money.minor - 100, order.money.currency.code)
            theirs = replace(order, intent_id=new_id(), money=less, action=ActionKind.CAPTURE)
            (step,) = firm.adapter.freeze(theirs)
            firm.adapter.send(credentials, theirs, step, deadline=clock.now() + MINUTE)

    with ThreadPoolExecutor(max_workers=1) as colleague:
        done = colleague.submit(overtake)
        ended = firm.send(intent)
        done.result()
    return ended


@desks(tuple(each for each in OTHERS if (each[0], each[1].name) == ("paypal", "capture")))
def test_a_refusal_that_carries_no_mark_ends_no_unknown_order(desk: Desk) -> None:
    """M4, M6: a declined capture of this amount may be somebody else's; ours may still come."""
    intent = desk.unanswered("answer_lost_before_effect")
    credentials = gateway_credentials(desk.firm.connection)
    adapter, order = (
        registry.adapter(desk.firm.house.name),
        replace(order_of(intent), intent_id=new_id()),
    )
    (step,) = adapter.freeze(order)
    theirs = adapter.send(credentials, order, step, deadline=clock.now() + MINUTE)
    desk.firm.account.act(theirs.object_id, "decline")
    found = desk.without_key(intent)
    assert found.state == IntentState.UNKNOWN
    assert theirs.object_id in found.evidence["seen"]


@desks(REFUNDS)
def test_who_is_told_to_slow_down_does_and_nobody_else(desk: Desk, sandbox: Running) -> None:
    """M5: a 429 was not executed. The whole connection waits, the other connections do not."""
    first, second = desk.place(), desk.place()
    arm(desk.firm, first, "rate_limited", delay_s=3)
    for intent in (first, second):
        waiting = desk.firm.send(intent)
        assert waiting.state == IntentState.READY
        assert waiting.not_before > clock.now()
    assert desk.sent(second) == []
    name = desk.firm.house.name
    neighbour = open_firm(
        Control(sandbox.url), name, paid=1, others=0, has_webhook=False, has_catalogue=False
    )
    # That no other gateway waits is the engine's doing: one is enough to see it.
    elsewhere = firm_at(sandbox.url, GATEWAYS[GATEWAYS.index(name) - 1])
    for firm in (neighbour, elsewhere):
        other = Desk(firm, desk.wish)
        assert firm.send(other.place()).state in HAPPENED
    time.sleep(3)
    for intent in (first, second):
        assert desk.firm.send(intent).state in HAPPENED
        assert len(desk.effects(intent)) == 1
