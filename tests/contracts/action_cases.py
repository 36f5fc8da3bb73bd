"""Cases that every declared action must pass, and those of single actions.

A refund has cases of its own beside these, in `gateway_cases`.
"""

from dataclasses import replace
from typing import cast

import pytest

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from gateways.capabilities import ActionKind
from gateways.contract import Order, PreviewsChanges
from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    DeclinedError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.function_kinds import ID_NAMES
from gateways.snapshots import (
    ChargeSnapshot,
    ObjectKind,
    PaymentSnapshot,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from tests.contracts.harness import ChargingHarness, Fault, GatewayHarness, PagingHarness
from tests.contracts.steps import TAKING, WITH_EFFECT, Steps


class ActionCases(Steps):
    """Every declared action: once, whatever happens to its answer."""

    def test_a_lost_answer_of_any_action_is_found_and_repeats_nothing(
        self, harness: GatewayHarness
    ) -> None:
        """M4, M7: what was done is found, and doing it again under the same key does nothing."""
        for action in self._declared(harness):
            proof = harness.adapter.capabilities.proof(action)
            # Some calls answer without a body, so cut and empty ones are for those that take money.
            for fault in WITH_EFFECT if action in TAKING else WITH_EFFECT[:1]:
                order = harness.make_order(action)
                self._send_unanswered(harness, order, fault)
                if proof and proof.looks_up:
                    found = self._look_up(harness, order).outcome
                    assert found is not None, (action, fault)
                    self._assert_settles_again(harness, order, found)
                elif proof and proof.key_life:
                    assert self._send(harness, order).is_replay, (action, fault)

    def test_an_order_that_never_arrived_is_not_found_and_can_be_sent(
        self, harness: GatewayHarness
    ) -> None:
        """M7: nothing is found before, and the one effect after."""
        for action in self._declared(harness):
            order = harness.make_order(action)
            self._send_unanswered(harness, order, Fault.ANSWER_LOST_BEFORE_EFFECT)
            proof = harness.adapter.capabilities.proof(action)
            if proof and proof.looks_up:
                assert self._look_up(harness, order).outcome is None, action
            outcome = self._send(harness, order)
            assert outcome.state in {"succeeded", "pending"}, action
            self._assert_settles_again(harness, order, outcome)

    def test_any_action_slowed_down_was_not_executed(self, harness: GatewayHarness) -> None:
        for action in self._declared(harness):
            order = harness.make_order(action)
            harness.arm(Fault.RATE_LIMITED, action)
            with pytest.raises(RateLimitedError):
                self._send(harness, order)
            assert self._send(harness, order).state in {"succeeded", "pending"}, action

    def test_an_action_without_its_right_is_not_done(self, harness: GatewayHarness) -> None:
        """The right is named; and what a limited key may do all the same, it does."""
        if not harness.adapter.capabilities.checks_keys:
            self._assert_declined(harness, harness.limited_credentials())
            return
        for action in self._declared(harness):
            order = harness.make_order(action)
            missing = self._missing_right(harness, order)
            if missing is None:
                assert action not in TAKING
                continue
            assert missing, action
            assert self._look_up(harness, order).outcome is None, action
            assert self._send(harness, order).state in {"succeeded", "pending"}, action

    def test_an_action_on_nothing_is_refused(self, harness: GatewayHarness) -> None:
        """A refusal is final: neither done nor unknown."""
        for action in self._declared(harness):
            order = replace(harness.make_order(action), target_id="nothing_of_this_name")
            if order.function:
                # The tenant's own system is told the record itself, and looks at its id.
                subject = {
                    kind: {**record, ID_NAMES[ObjectKind(kind)]: "nothing_of_this_name"}
                    for kind, record in order.function.subject.items()
                }
                order = replace(order, function=replace(order.function, subject=subject))
            if order.payment_id:
                order = replace(order, payment_id="pi_nothing_of_this_name")
            with pytest.raises(Exception) as caught:  # noqa: PT011  any refusal, but not these
                self._send(harness, order)
            assert not isinstance(caught.value, OutcomeUnknownError | UnavailableError), action

    def test_what_takes_money_carries_our_marker_into_the_ledger(
        self, harness: GatewayHarness
    ) -> None:
        """M11: charge, and payment where there is one, link themselves to their intent."""
        for action in self._taking(harness):
            order = harness.make_order(action)
            outcome = self._send(harness, order)
            assert outcome.carries_marker
            made = [
                each
                for each in outcome.snapshots
                if isinstance(each, ChargeSnapshot | PaymentSnapshot)
            ]
            assert ChargeSnapshot in {type(each) for each in made}
            assert {each.marker for each in made} == {order.intent_id}
            assert outcome.object_id in {each.external_id for each in made}
            assert {each.customer_id for each in made} == {order.target_id}

    def test_a_card_that_says_no_took_nothing(self, harness: GatewayHarness) -> None:
        """A decline is final and says why; the look-up tells no other story (M4)."""
        for action in self._taking(harness):
            charging = cast(ChargingHarness, harness)
            order = charging.make_declined_order(action)
            with pytest.raises(DeclinedError) as caught:
                self._send(harness, order)
            assert caught.value.provider_code, action
            assert caught.value.message
            assert charging.taken(order).minor == 0
            found = self._look_up(harness, order).outcome
            assert found is None or found.state == "failed"
            proof = harness.adapter.capabilities.proof(action)
            if proof and proof.key_life:
                with pytest.raises(DeclinedError) as again:
                    self._send(harness, order)
                assert again.value.is_replay

    def test_a_charge_is_taken_once(self, harness: GatewayHarness) -> None:
        """M2: by the provider's own books, however often it is sent."""
        if harness.adapter.capabilities.charge is None:
            return
        charging, order = cast(ChargingHarness, harness), harness.make_order(ActionKind.CHARGE)
        self._send_unanswered(harness, order, Fault.ANSWER_LOST_AFTER_EFFECT)
        proof = harness.adapter.capabilities.charge.proof
        for _ in range(2 if proof.key_life else 0):
            self._send(harness, order)
        assert charging.taken(order) == order.money

    def test_a_charge_of_somebody_else_settles_nothing(self, harness: GatewayHarness) -> None:
        """M7: the same customer, card and amount, without our marker."""
        for action in self._taking(harness):
            order = harness.make_order(action)
            self._send(harness, replace(order, intent_id=new_id()))
            assert self._look_up(harness, order).outcome is None, action

    def test_a_request_is_a_page_on_which_the_customer_pays(self, harness: GatewayHarness) -> None:
        if harness.adapter.capabilities.request_payment is None:
            return
        order = harness.make_order(ActionKind.REQUEST_PAYMENT)
        outcome = self._send(harness, order)
        assert outcome.url.startswith(("http://", "https://"))
        assert outcome.expires_at is None or outcome.expires_at > clock.now()
        if ObjectKind.CHARGE not in harness.adapter.capabilities.reads:
            # What lists nothing tells of the payment by itself.
            return
        cast(PagingHarness, harness).customer_pays(outcome)
        paid = harness.adapter.page(harness.credentials(), ObjectKind.CHARGE).snapshots[0]
        assert isinstance(paid, ChargeSnapshot)
        assert order.money is not None
        assert (paid.captured_minor, paid.currency) == (
            order.money.minor,
            order.money.currency.code,
        )
        assert (paid.customer_id, paid.marker) == (order.target_id, order.intent_id)
        # Still the one request that was made.
        found = self._look_up(harness, order).outcome
        assert found is not None
        assert found.object_id == outcome.object_id

    def test_a_page_for_another_card_is_given(self, harness: GatewayHarness) -> None:
        if harness.adapter.capabilities.request_card_update is None:
            return
        outcome = self._send(harness, harness.make_order(ActionKind.REQUEST_CARD_UPDATE))
        assert outcome.url.startswith(("http://", "https://"))
        assert outcome.expires_at is None or outcome.expires_at > clock.now()
        assert outcome.money is None

    def test_a_new_subscription_carries_our_marker_into_the_ledger(
        self, harness: GatewayHarness
    ) -> None:
        if harness.adapter.capabilities.create_subscription is None:
            return
        order = harness.make_order(ActionKind.CREATE_SUBSCRIPTION)
        outcome = self._send(harness, order)
        made = next(each for each in outcome.snapshots if isinstance(each, SubscriptionSnapshot))
        assert (made.marker, made.customer_id) == (order.intent_id, order.target_id)
        assert made.external_id == outcome.object_id
        assert [(each.price_id, each.quantity) for each in made.items] == [
            (order.details["price"], order.details["quantity"])
        ]

    def test_a_change_is_previewed_and_moves_nothing_by_that(self, harness: GatewayHarness) -> None:
        """M14: what it costs is known before it is ordered."""
        offered = harness.adapter.capabilities.change_subscription
        if offered is None or not offered.previews:
            return
        order = harness.make_order(ActionKind.CHANGE_SUBSCRIPTION)
        previewing = cast(PreviewsChanges, harness.adapter)
        shown = previewing.preview(harness.credentials(), order)
        assert shown.lines
        assert shown.next_at is not None
        assert {money.currency for _, money in shown.lines} == {shown.due_now.currency}
        assert self._look_up(harness, order).outcome is None
        assert self._look_up(harness, order).seen == ""
        assert previewing.preview(harness.credentials(), order) == shown

    def test_a_paused_subscription_shows_it_and_runs_again(self, harness: GatewayHarness) -> None:
        for action, paused in (
            (ActionKind.PAUSE_SUBSCRIPTION, True),
            (ActionKind.RESUME_SUBSCRIPTION, False),
        ):
            if harness.adapter.capabilities.proof(action) is None:
                continue
            order = harness.make_order(action)
            self._send(harness, order)
            found = harness.adapter.read(
                harness.credentials(), ObjectKind.SUBSCRIPTION, order.target_id
            )[0]
            assert isinstance(found, SubscriptionSnapshot)
            assert (found.status is SubscriptionStatus.PAUSED) is paused
            assert bool(found.pause) is paused

    def _missing_right(self, harness: GatewayHarness, order: Order) -> str | None:
        """The right the limited key lacks; None if it may do this."""
        try:
            self._send(harness, order, limited=True)
        except CredentialsError as error:
            return error.missing
        return None

    def _taking(self, harness: GatewayHarness) -> list[ActionKind]:
        return [each for each in self._declared(harness) if each in TAKING]

    def _send_unanswered(self, harness: GatewayHarness, order: Order, fault: Fault) -> None:
        """Send an order whose call suffers; what follows it is not sent."""
        harness.arm(fault, order.action)
        # “Already so” is as far from an answer: it is looked up as well (M6).
        with pytest.raises((OutcomeUnknownError, AlreadyDoneError)):
            self._send(harness, order)
