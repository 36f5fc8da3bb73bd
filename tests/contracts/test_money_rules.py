"""The money rules at every gateway: the engine, the adapter and the provider, order by order.

The engine's own tests (`tests/actions`) play them with one gateway. Here each gateway shows, for
each of its actions, what its declaration promises: how long keys live, what a look-up finds, what
an empty one proves. An own system (`gateways.custom`) is played as the others are.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from chargedesk.actions.acceptance import order_from_json
from chargedesk.actions.errors import ActionDeniedError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Hold, Refund
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.capabilities import ActionKind, Proof
from gateways.contract import Order
from gateways.errors import GatewayError, InvalidOrderError, OutcomeUnknownError, UnavailableError
from gateways.snapshots import ObjectKind, RefundSnapshot
from tests.conftest import Running
from tests.crash.books import effects_of
from tests.crash.checker import HAPPENED
from tests.crash.town import CHARGE_MINOR, Firm, arm, open_firm, place
from tests.crash.wishes import DECLARED, NOT_AT_AN_OWN_SYSTEM, Wish
from tests.services.accounts import Control

pytestmark = pytest.mark.usefixtures("committed_db", "no_helping_worker")

MINUTE = timedelta(minutes=1)
APART = timedelta(minutes=11)
# Whole-second clocks: news of the same second is no newer (M18).
A_SECOND = 1.1


@dataclass(frozen=True)
class Desk:
    """A company at a gateway, and what is ordered there."""

    firm: Firm
    wish: Wish

    @property
    def proof(self) -> Proof:
        """What the gateway declares of the action."""
        proof = self.firm.adapter.capabilities.proof(self.wish.action)
        assert proof is not None
        return proof

    def place(self) -> ActionIntent:
        """Order something untouched."""
        if not self.firm.stocks.get(self.wish.stock):
            # Put in stock first: nobody here needs to know what it took.
            self.firm.read(self.firm.make(self.wish.stock))
        object_id, _target = self.firm.object_for(self.wish)
        return place(self.firm, self.wish, object_id)

    def unanswered(self, fault: str) -> ActionIntent:
        """Order, send, and get no answer that says anything."""
        intent = self.place()
        arm(self.firm, intent, fault)
        return self.firm.send(intent)

    def aged(self, intent: ActionIntent, age: timedelta) -> ActionIntent:
        """Find out about an order that was sent `age` ago."""
        self.firm.change(intent, first_try_at=clock.now() - age)
        return self.firm.find_out(intent)

    def without_key(self, intent: ActionIntent) -> ActionIntent:
        """Find out about an order whose key, if there ever was one, is dead."""
        return self.aged(intent, (self.proof.key_life or timedelta()) / 2 + MINUTE)

    def sent(self, intent: ActionIntent) -> list[dict[str, Any]]:
        """Every time this order's call reached the provider.

        A call without a key is the order's if it came after it: the tests order one by one.
        """
        (step,) = intent.steps
        return [
            call
            for call in self.firm.account.calls()
            if call["method"] == step["method"]
            and call["path"].endswith(step["path"])
            and str(call["idempotency_key"] or intent.id).startswith(str(intent.id))
            and datetime.fromisoformat(call["time"]) >= intent.created_at
        ]

    def effects(self, intent: ActionIntent) -> list[str]:
        """What the order did at the provider."""
        return effects_of(self.firm, intent)

    def holds(self, intent: ActionIntent) -> bool:
        """Whether the order still holds money."""
        with scoping.tenant(self.firm.tenant.id):
            return Hold.objects.filter(intent_id=intent.id, released_at=None).exists()


@cache
def _firm(sandbox_url: str, gateway: str) -> Firm:
    return open_firm(Control(sandbox_url), gateway, paid=1, others=0, has_webhook=False)


def desks(orders: tuple[tuple[str, Wish], ...]) -> pytest.MarkDecorator:
    """Run a test for each of these actions of gateways."""
    names = [f"{gateway}, {wish.name}" for gateway, wish in orders]
    return pytest.mark.parametrize("desk", orders, ids=names, indirect=True)


@pytest.fixture
def desk(committed_db: None, sandbox: Running, request: pytest.FixtureRequest) -> Desk:
    """Which gateway and action the test names."""
    gateway, wish = request.param
    return Desk(_firm(sandbox.url, gateway), wish)


def _proof(order: tuple[str, Wish]) -> Proof:
    gateway, wish = order
    found = registry.adapter(gateway).capabilities.proof(wish.action)
    assert found is not None
    return found


# What is declared and not played here, and why; whatever else is declared is.
_MOVES_NO_MONEY = "moves and promises no money; done once and looked up in tests/actions"
_NO_RECORD = "nobody can tell an own system's invoices and coupons, so none can be ordered about"
ELSEWHERE: Mapping[ActionKind, str] = {
    ActionKind.UPDATE_TAX_DETAILS: _MOVES_NO_MONEY,
    ActionKind.REQUEST_CARD_UPDATE: _MOVES_NO_MONEY,
    ActionKind.USE_PAYMENT_METHOD: _MOVES_NO_MONEY,
}
ELSEWHERE_OF_AN_OWN_SYSTEM = {**ELSEWHERE, **dict.fromkeys(NOT_AT_AN_OWN_SYSTEM, _NO_RECORD)}
# Where a refund is done when it is answered: no news of it can say later that it failed.
HAVE_NO_SUCH_NEWS = {"woocommerce"}

ORDERS = DECLARED
GATEWAYS = tuple(dict.fromkeys(gateway for gateway, _ in ORDERS))
KEYED = tuple(each for each in ORDERS if _proof(each).key_life is not None)
REFUNDS = tuple(each for each in ORDERS if each[1].action is ActionKind.REFUND)
OTHERS = tuple(each for each in ORDERS if each not in REFUNDS)
# What makes something new, and what asks for an amount of its own.
MAKING = tuple(each for each in ORDERS if each[1].stock == "customers")
TAKING = tuple(each for each in MAKING if "amount" in each[1].more)
LAGGING = tuple(each for each in REFUNDS if each[0] not in HAVE_NO_SUCH_NEWS)
# What somebody else may have ended meanwhile.
ENDING = tuple(each for each in OTHERS if each[1].stock != "customers")


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
    adapter, order = desk.firm.adapter, _order(intent)
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
    adapter, order = desk.firm.adapter, _order(intent)
    desk.firm.refund_elsewhere(intent.target_id, CHARGE_MINOR)
    (step,) = adapter.freeze(order)
    with pytest.raises(GatewayError) as caught:
        adapter.send(credentials, order, step, deadline=clock.now() + MINUTE)
    assert not isinstance(caught.value, OutcomeUnknownError | UnavailableError)
    finding = adapter.look_up(credentials, order, step)
    assert finding.outcome is None
    assert finding.seen


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
    elsewhere = _firm(sandbox.url, GATEWAYS[GATEWAYS.index(name) - 1])
    for firm in (neighbour, elsewhere):
        other = Desk(firm, desk.wish)
        assert firm.send(other.place()).state in HAPPENED
    time.sleep(3)
    for intent in (first, second):
        assert desk.firm.send(intent).state in HAPPENED
        assert len(desk.effects(intent)) == 1


@desks(REFUNDS)
def test_the_marker_links_order_and_refund(desk: Desk) -> None:
    """M11: in the answer, and in what anybody reads later."""
    intent = desk.firm.send(desk.place())
    assert intent.state in HAPPENED
    with scoping.tenant(desk.firm.tenant.id):
        stored = Refund.objects.get(intent_id=intent.id)
    assert stored.external_id == intent.result_id
    assert len(desk.effects(intent)) == 1
    markers = [each.marker for each in _refunds_read(desk, intent)]
    assert markers == [intent.id]


@desks(LAGGING)
def test_a_refund_that_fails_later_gives_the_amount_back(desk: Desk) -> None:
    """M11, M16: succeeded becomes reversed, pending becomes failed."""
    intent = desk.firm.send(desk.place())
    is_pending = intent.state == IntentState.PENDING
    assert desk.firm.root(intent.target_id).refunds_minor == intent.amount_minor
    time.sleep(A_SECOND)
    desk.firm.account.act(intent.result_id, "fail_refund")
    _news_of(desk, intent)
    expected = IntentState.FAILED if is_pending else IntentState.REVERSED
    assert desk.firm.intent(intent.id).state == expected
    assert desk.firm.root(intent.target_id).refunds_minor == 0
    assert not desk.holds(intent)


@pytest.mark.parametrize("how", ["settle", "fail_refund"])
@desks(LAGGING)
def test_a_pending_refund_is_followed_to_its_end(desk: Desk, how: str) -> None:
    """M16: pending is an answer and no end."""
    intent = desk.place()
    words = {"paypal": "PENDING", "braintree": "settles"}
    word = words.get(desk.firm.house.name, "pending")
    desk.firm.account.act(intent.target_id, "refund_as", refund_as=word, outcome=word)
    sent = desk.firm.send(intent)
    assert sent.state == IntentState.PENDING
    time.sleep(A_SECOND)
    desk.firm.account.act(sent.result_id, how)
    ended = desk.firm.find_out(intent)
    if how == "settle":
        assert ended.state == IntentState.SUCCEEDED
        assert desk.firm.root(intent.target_id).refunds_minor == intent.amount_minor
    else:
        assert ended.state == IntentState.FAILED
        assert desk.firm.root(intent.target_id).refunds_minor == 0


currencies = pytest.mark.parametrize(
    ("code", "minor", "part"),
    # On the coarsest step that any of the gateways has.
    [
        ("JPY", 12_345, 2_001),
        ("KWD", 12_340, 2_050),
        ("ISK", 12_345, 2_001),
        ("UGX", 12_345, 2_001),
        ("HUF", 1_234_500, 200_100),
        ("TWD", 1_234_500, 200_100),
    ],
)


@currencies
@desks(REFUNDS)
def test_each_currency_moves_exactly(desk: Desk, code: str, minor: int, part: int) -> None:
    """M12, M13: from the provider's figures to ours, and back in a refund."""
    adapter, firm = desk.firm.adapter, desk.firm
    if code in adapter.capabilities.currency.unsupported:
        order = replace(_order(desk.place()), money=Money.of(part, code))
        with pytest.raises(InvalidOrderError):
            adapter.freeze(order)
        return
    made = firm.make("paid", **_in_their_units(desk, minor, code))
    firm.stocks["paid"].remove(made)
    firm.read(made)
    charge = firm.charge(made)
    assert (charge.captured_minor, charge.currency) == (minor, code)
    intent = firm.send(firm.place(charge, part))
    assert (intent.result_minor, intent.failure_message) == (part, "")
    entry = firm.account.money()[made]
    assert (entry["refunded_minor"], entry["currency"]) == (part, code)
    assert firm.root(made).refunds_minor == part


@currencies
@desks(TAKING)
def test_each_currency_is_asked_for_exactly(desk: Desk, code: str, minor: int, part: int) -> None:
    """M12, M13: from our figures to the provider's; what it cannot move is refused before."""
    firm, wish = desk.firm, desk.wish
    object_id, _target = firm.object_for(wish)
    wanted = {**wish.more, "amount": Money.of(minor + part, code)}
    if code in firm.adapter.capabilities.currency.unsupported:
        with pytest.raises(ActionDeniedError):
            firm.order(wish.action, object_id, **wanted)
        return
    before = firm.account.money()
    intent = firm.send(firm.order(wish.action, object_id, **wanted))
    assert (intent.state in HAPPENED, intent.failure_message) == (True, "")
    assert (intent.result_minor, intent.currency) == (minor + part, code)
    made = [entry for name, entry in firm.account.money().items() if name not in before]
    taken = [(each["captured_minor"], each["currency"]) for each in made if each["captured_minor"]]
    assert taken == ([(minor + part, code)] if wish.takes_money else [])


def _order(intent: ActionIntent) -> Order:
    return order_from_json(intent.order)


def _in_their_units(desk: Desk, minor: int, code: str) -> dict[str, Any]:
    """The control API of Stripe's simulator writes and counts as Stripe does."""
    if desk.firm.house.name != "stripe":
        return {"amount": minor, "currency": code}
    return {"amount": minor * (100 if code in {"ISK", "UGX"} else 1), "currency": code.lower()}


def _refunds_read(desk: Desk, intent: ActionIntent) -> list[RefundSnapshot]:
    adapter = desk.firm.adapter
    credentials = gateway_credentials(desk.firm.connection)
    found = adapter.read(credentials, ObjectKind.CHARGE, intent.target_id)
    return [each for each in found if isinstance(each, RefundSnapshot)]


def _news_of(desk: Desk, intent: ActionIntent) -> None:
    """Read the refund again, as sync does when it hears of it."""
    adapter = desk.firm.adapter
    credentials = gateway_credentials(desk.firm.connection)
    tells = ObjectKind.REFUND in adapter.capabilities.reads
    kind, name = (
        (ObjectKind.REFUND, intent.result_id) if tells else (ObjectKind.CHARGE, intent.target_id)
    )
    found = adapter.read(credentials, kind, name)
    with scoping.tenant(desk.firm.tenant.id):
        store(desk.firm.connection, found)
