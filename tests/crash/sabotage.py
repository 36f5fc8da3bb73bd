"""Breaks one promise of the product at a time, in a worker of the crash suite only.

Each kind removes what one of the money rules demands. A suite that stays green with one of them
proves nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock
from uuid import UUID, uuid4

NEW_KEY = "a new key per try"
NO_LOOK_UP = "look-up removed"
ANYBODYS = "anybody's taken as ours"
SHORT_LEASE = "the lease shorter than the call"
NO_GUARD = "the settling guard removed"
TAKEN_AS_DONE = "“already done” taken as success"


@contextmanager
def sabotaged(kind: str, intent_id: UUID) -> Iterator[None]:
    """Break the product in this process while the block runs; an empty kind breaks nothing.

    `intent_id`: the one order that is worked on.
    """
    with ExitStack() as stack:
        if kind:
            _KINDS[kind](stack, intent_id)
        yield


def _new_key(stack: ExitStack, _intent_id: UUID) -> None:
    """M1: the same key for every try of a step."""
    from gateways.contract import FrozenStep  # noqa: PLC0415

    def key(step: FrozenStep, intent_id: UUID) -> str:
        return f"{intent_id}-{step.name}-{uuid4()}"

    stack.enter_context(mock.patch.object(FrozenStep, "key", key))


def _no_look_up(stack: ExitStack, _intent_id: UUID) -> None:
    """M7: an order whose key is dead is looked up."""
    stack.enter_context(mock.patch("chargedesk.actions.recovery._look_up"))


def _anybodys(stack: ExitStack, intent_id: UUID) -> None:
    """M7: only our marker settles, whatever else looks like the order."""
    from tests.services.tills import HOUSES  # noqa: PLC0415  models are not ready above

    def is_ours(*_args: object, **_more: object) -> UUID:
        return intent_id

    found = {name for house in HOUSES.values() for names in house.marks.values() for name in names}
    for name in found:
        stack.enter_context(mock.patch(name, is_ours))


def _short_lease(stack: ExitStack, _intent_id: UUID) -> None:
    """M3: the lease outlasts the call, and this is checked before sending."""
    from django.test import override_settings  # noqa: PLC0415

    short = {"ACTION_LEASE_S": 1, "ACTION_CALL_S": 60, "ACTION_LEASE_MARGIN_S": -60}
    stack.enter_context(override_settings(**short))


def _no_guard(stack: ExitStack, _intent_id: UUID) -> None:
    """M16: settling is compare-and-set from a named state."""
    from chargedesk.actions.models import IntentState  # noqa: PLC0415

    every = tuple(IntentState)
    for name in ("SENT_AND_OPEN", "_OPEN"):
        stack.enter_context(mock.patch(f"chargedesk.actions.settlement.{name}", every))


def _taken_as_done(stack: ExitStack, _intent_id: UUID) -> None:
    """M6: “already done” settles nothing."""
    from chargedesk.actions.claims import Claim  # noqa: PLC0415
    from gateways.contract import Finding, FrozenStep, Outcome  # noqa: PLC0415

    def believe(claim: Claim, _step: FrozenStep) -> Finding:
        found = Outcome(state="succeeded", object_id=claim.order.target_id, money=claim.order.money)
        return Finding(outcome=found)

    stack.enter_context(mock.patch("chargedesk.actions.settlement._look_before_believing", believe))


_KINDS: dict[str, Callable[[ExitStack, UUID], None]] = {
    NEW_KEY: _new_key,
    NO_LOOK_UP: _no_look_up,
    ANYBODYS: _anybodys,
    SHORT_LEASE: _short_lease,
    NO_GUARD: _no_guard,
    TAKEN_AS_DONE: _taken_as_done,
}
