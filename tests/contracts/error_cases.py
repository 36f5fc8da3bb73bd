"""Cases that meet every fault of a call, and end in every error of the closed list."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways import errors
from gateways.capabilities import ActionKind
from gateways.contract import InboundRequest, Order, Outcome
from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    DeclinedError,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    RateLimitedError,
    SignatureError,
    UnavailableError,
    UnsupportedError,
)
from gateways.snapshots import ObjectKind
from tests.contracts.harness import ChargingHarness, Fault, GatewayHarness
from tests.contracts.steps import TAKING, Steps

CLOSED_LIST = sorted(
    (
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, GatewayError) and each is not GatewayError
    ),
    key=lambda each: each.code,
)
NOWHERE = "http://127.0.0.1:9"
A_WHILE = timedelta(seconds=20)

# How a call ends that suffers (M5). Where only later look-ups do, it ends as any other.
ENDS: Mapping[Fault, type[GatewayError]] = {
    Fault.ANSWER_LOST_AFTER_EFFECT: OutcomeUnknownError,
    Fault.ANSWER_LOST_BEFORE_EFFECT: OutcomeUnknownError,
    Fault.LATE_EFFECT: OutcomeUnknownError,
    Fault.SLOW_ANSWER: OutcomeUnknownError,
    Fault.SLOW_START: OutcomeUnknownError,
    Fault.RATE_LIMITED: RateLimitedError,
    Fault.ERROR_500: OutcomeUnknownError,
    Fault.STORED_500: OutcomeUnknownError,
    Fault.RESET: OutcomeUnknownError,
    Fault.HALF_BODY: OutcomeUnknownError,
    Fault.EMPTY_200: OutcomeUnknownError,
}
# That the deadline holds while an answer is slow is the transport's, one for all calls of a
# gateway: `test_the_deadline_holds_while_waiting` plays it with a refund.
SLOW = (Fault.SLOW_ANSWER, Fault.SLOW_START)
QUICK = [each for each in ENDS if each not in SLOW]
CUT = (Fault.HALF_BODY, Fault.EMPTY_200)
# What always answers with the object it made.
ANSWERED = (ActionKind.REFUND, *TAKING)

Way = Callable[[], object]


class ErrorCases(Steps):
    """Nothing of the two closed lists, errors and faults, is left untried at a gateway."""

    @pytest.mark.parametrize("error", CLOSED_LIST, ids=lambda each: str(each.code))
    def test_every_error_of_the_closed_list_is_reached(
        self, harness: GatewayHarness, error: type[GatewayError]
    ) -> None:
        """Or the harness says in `never_raised` why its provider gives no cause for it."""
        never: Mapping[type[GatewayError], str] = getattr(harness, "never_raised", {})
        assert never.get(error, "reached"), "an exception needs its reason"
        reached = any(self._ends_in(error, way) for way in self._ways(harness)[error])
        assert reached is (error not in never)

    @pytest.mark.parametrize("fault", QUICK)
    def test_no_fault_of_any_action_is_taken_for_an_answer(
        self, harness: GatewayHarness, fault: Fault
    ) -> None:
        """M5; what answers without a body loses none, and is then found as it was told."""
        for action in self._declared(harness):
            order = harness.make_order(action)
            harness.arm(fault, action)
            expected = ENDS[fault]
            try:
                outcome = self._send(harness, order)
            except (OutcomeUnknownError, AlreadyDoneError):
                assert expected is OutcomeUnknownError, action
            except RateLimitedError:
                assert expected is RateLimitedError, action
            else:
                assert fault in CUT, action
                assert action not in ANSWERED
                assert outcome.state in {"succeeded", "pending"}, action
                self._assert_settles_again(harness, order, outcome)

    def test_what_is_done_late_is_never_told_as_failed(self, harness: GatewayHarness) -> None:
        """M7: a look-up that comes too early settles nothing; a later one finds the one refund."""
        order = harness.make_order(ActionKind.REFUND)
        harness.arm(Fault.LATE_EFFECT, ActionKind.REFUND)
        with pytest.raises(OutcomeUnknownError):
            self._send(harness, order)
        assert self._look_up(harness, order).outcome is None
        found = self._found_later(harness, order)
        assert found.carries_marker
        assert found.state in {"succeeded", "pending"}
        assert harness.moved(order) == order.money

    def test_what_shows_late_is_never_told_as_failed(self, harness: GatewayHarness) -> None:
        """M7: the same of what was done at once, where the gateway's look-up may lag behind it."""
        done: list[tuple[Order, Outcome]] = []
        for action in self._declared(harness):
            order = harness.make_late_order(action)
            if order is None:
                continue
            proof = harness.adapter.capabilities.proof(action)
            assert proof is not None
            # With no key to wait for, the first look-ups come within minutes.
            assert proof.key_life or not proof.empty_is_proof, action
            harness.arm(Fault.LOOKUP_LAG, action)
            done.append((order, self._send(harness, order)))
            assert self._look_up(harness, order).outcome is None, f"{action}: shown at once"
        for order, sent in done:
            found = self._found_later(harness, order)
            assert (found.object_id, found.money) == (sent.object_id, sent.money)
            assert found.state in {"succeeded", "pending"}
            if order.action is ActionKind.REFUND:
                assert harness.moved(order) == order.money

    def test_no_action_leaves_for_nowhere_or_after_its_deadline(
        self, harness: GatewayHarness
    ) -> None:
        """M3, M5: surely not sent, so that it can be sent again."""
        nowhere = replace(harness.credentials(), api_base=NOWHERE)
        for action in self._declared(harness):
            order = harness.make_order(action)
            with pytest.raises(UnavailableError):
                self._send(harness, order, credentials=nowhere)
            with pytest.raises(UnavailableError):
                self._send(harness, order, within=timedelta(seconds=-1))
            assert self._look_up(harness, order).outcome is None, action
            assert self._send(harness, order).state in {"succeeded", "pending"}, action

    # ---- steps

    def _found_later(self, harness: GatewayHarness, order: Order) -> Outcome:
        until = clock.now() + A_WHILE
        while (found := self._look_up(harness, order).outcome) is None and clock.now() < until:
            time.sleep(0.5)
        assert found is not None
        return found

    def _ends_in(self, error: type[GatewayError], way: Way) -> bool:
        try:
            way()
        except error:
            return True
        except GatewayError:
            return False
        return False

    def _ways(self, harness: GatewayHarness) -> dict[type[GatewayError], list[Way]]:
        """What may lead to each error; a `KeyError` for one that the list has newly."""
        own: Mapping[type[GatewayError], Way] = getattr(harness, "own_ways", {})
        ways = self._ways_by_orders(harness) | self._ways_by_calls(harness)
        return {each: ways[each] + ([own[each]] if each in own else []) for each in CLOSED_LIST}

    def _ways_by_orders(self, harness: GatewayHarness) -> dict[type[GatewayError], list[Way]]:
        return {
            DeclinedError: [
                lambda: self._refund_of(harness, 1000),
                *(self._declined(harness, each) for each in TAKING if self._offers(harness, each)),
            ],
            InvalidOrderError: [lambda: self._refund_of(harness, 0)],
            AlreadyDoneError: [
                self._twice(harness, action, is_same=is_same)
                for action in self._declared(harness)
                for is_same in (False, True)
            ],
            RateLimitedError: [lambda: self._suffering(harness, Fault.RATE_LIMITED)],
            OutcomeUnknownError: [lambda: self._suffering(harness, Fault.RESET)],
        }

    def _ways_by_calls(self, harness: GatewayHarness) -> dict[type[GatewayError], list[Way]]:
        adapter, keys = harness.adapter, harness.credentials()
        foreign = set(ObjectKind) - adapter.capabilities.reads
        unsigned = InboundRequest(
            method="POST", path="/", query="", headers={}, body=b"{}", received_at=clock.now()
        )
        nowhere = replace(keys, api_base=NOWHERE)
        order = harness.make_order(ActionKind.REFUND)
        return {
            NotFoundError: [lambda: adapter.read(keys, ObjectKind.CHARGE, "nothing_of_this_name")],
            UnsupportedError: [
                *((lambda kind=each: adapter.page(keys, kind)) for each in sorted(foreign)),
                lambda: adapter.freeze(replace(order, action=self._undeclared(harness)[0])),
            ],
            CredentialsError: [
                lambda: adapter.check(harness.revoked_credentials()),
                lambda: self._send(harness, order, limited=True),
            ],
            UnavailableError: [lambda: self._send(harness, order, credentials=nowhere)],
            SignatureError: [lambda: adapter.parse_webhook(unsigned, secrets=["whsec_none"])],
            PayloadError: [lambda: adapter.parse_stored(b"[]")],
        }

    def _refund_of(self, harness: GatewayHarness, times: int) -> None:
        order = harness.make_order(ActionKind.REFUND)
        assert order.money is not None
        money = Money(order.money.minor * times, order.money.currency)
        self._send(harness, replace(order, money=money))

    def _declined(self, harness: GatewayHarness, action: ActionKind) -> Way:
        charging = cast(ChargingHarness, harness)
        return lambda: self._send(harness, charging.make_declined_order(action))

    def _twice(self, harness: GatewayHarness, action: ActionKind, *, is_same: bool) -> Way:
        def send() -> None:
            order = harness.make_order(action)
            self._send(harness, order)
            self._send(harness, order if is_same else replace(order, intent_id=new_id()))

        return send

    def _suffering(self, harness: GatewayHarness, fault: Fault) -> None:
        harness.arm(fault, ActionKind.REFUND)
        self._send(harness, harness.make_order(ActionKind.REFUND))

    def _offers(self, harness: GatewayHarness, action: ActionKind) -> bool:
        return harness.adapter.capabilities.proof(action) is not None
