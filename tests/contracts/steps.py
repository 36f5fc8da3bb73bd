"""What every case does: send an order, repeat it, look for it."""

from datetime import timedelta

import pytest

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Finding, FrozenStep, Order, Outcome
from gateways.errors import DeclinedError
from tests.contracts.harness import Fault, GatewayHarness

PATIENCE = timedelta(seconds=10)
TAKING = (ActionKind.CHARGE, ActionKind.AUTHORIZE)

WITH_EFFECT = (Fault.ANSWER_LOST_AFTER_EFFECT, Fault.HALF_BODY, Fault.EMPTY_200)


class Steps:
    """The hands of the cases; subclasses bring the `harness`."""

    @pytest.fixture
    def harness(self) -> GatewayHarness:
        """Overridden by the subclass."""
        raise LookupError("a contract test needs a harness")

    def _send(
        self,
        harness: GatewayHarness,
        order: Order,
        *,
        within: timedelta = PATIENCE,
        limited: bool = False,
        credentials: Credentials | None = None,
    ) -> Outcome:
        """Send every step of an order; the outcome of the last one."""
        usual = harness.limited_credentials() if limited else harness.credentials()
        outcomes = [
            harness.adapter.send(credentials or usual, order, step, deadline=clock.now() + within)
            for step in harness.adapter.freeze(order)
        ]
        return outcomes[-1]

    def _last_step(self, harness: GatewayHarness, order: Order) -> FrozenStep:
        """The step that shows whether the whole order was carried out."""
        return harness.adapter.freeze(order)[-1]

    def _look_up(self, harness: GatewayHarness, order: Order) -> Finding:
        step = self._last_step(harness, order)
        return harness.adapter.look_up(harness.credentials(), order, step)

    def _assert_settles_again(self, harness: GatewayHarness, order: Order, first: Outcome) -> None:
        """Repeating an order with its key, and looking for it, both tell the first outcome."""
        proof = harness.adapter.capabilities.proof(order.action)
        assert proof is not None
        if proof.key_life is not None:
            again = self._send(harness, order)
            assert again.is_replay
            assert (again.object_id, again.money) == (first.object_id, first.money)
        if proof.looks_up:
            found = harness.adapter.look_up(
                harness.credentials(), order, self._last_step(harness, order)
            )
            assert found.outcome is not None
            assert (found.outcome.object_id, found.outcome.money) == (first.object_id, first.money)
        if order.action is ActionKind.REFUND:
            assert harness.moved(order) == order.money

    def _assert_declined(self, harness: GatewayHarness, credentials: Credentials) -> None:
        order = harness.make_order(ActionKind.REFUND)
        with pytest.raises(DeclinedError):
            self._send(harness, order, credentials=credentials)
        assert harness.moved(order).minor == 0

    def _declared(self, harness: GatewayHarness) -> list[ActionKind]:
        return [each for each in ActionKind if harness.adapter.capabilities.proof(each)]

    def _undeclared(self, harness: GatewayHarness) -> list[ActionKind]:
        return [each for each in ActionKind if not harness.adapter.capabilities.proof(each)]
