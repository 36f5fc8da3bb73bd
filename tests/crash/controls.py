"""The negative controls: what is sabotaged, which scenario shows it, and where it is played.

A gateway's own declaration says which proof its orders have, so that a gateway more is played
without a word here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateways import registry
from gateways.capabilities import Proof
from tests.crash import sabotage
from tests.crash.scenarios import (
    Scenario,
    alike,
    late,
    looked_up,
    overtaken,
    refunded_elsewhere,
    repeated,
)
from tests.crash.wishes import (
    CANCEL,
    CAPTURE,
    CHARGE,
    DECLARED,
    GATEWAYS,
    REFUND,
    REQUEST_PAYMENT,
    Wish,
)
from tests.services.tills import HOUSES

Order = tuple[str, Wish]


@dataclass(frozen=True)
class Control:
    """Which scenario shows a sabotage, with which orders, and what the checker then says.

    One of the sentences, since money that is missing is seen otherwise than a mark is.
    """

    scenario: Callable[[Scenario], None]
    sentences: tuple[str, ...]
    orders: tuple[Order, ...]


def _proof(order: Order) -> Proof:
    gateway, wish = order
    found = registry.adapter(gateway).capabilities.proof(wish.action)
    assert found is not None
    return found


def _declared(*wishes: Wish) -> tuple[Order, ...]:
    return tuple(each for each in DECLARED if each[1] in wishes)


def _one_each(*wishes: Wish) -> tuple[Order, ...]:
    """At every gateway the first of these that it offers."""
    found = {
        gateway: next(wish for wish in wishes if (gateway, wish) in DECLARED)
        for gateway in GATEWAYS
    }
    return tuple(found.items())


def _is_own(order: Order) -> bool:
    return HOUSES[order[0]].functions is not None


CONTROLS = {
    # Only who has keys repeats an order.
    sabotage.NEW_KEY: Control(
        repeated,
        ("had 2 effects",),
        tuple(each for each in _declared(REFUND, CHARGE) if _proof(each).key_life),
    ),
    # What else shows refunds as ours settles them, and all that an own system keeps a record of.
    sabotage.NO_LOOK_UP: Control(
        looked_up,
        ("is not settled, effects: 1",),
        tuple(each for each in _declared(CHARGE, CAPTURE, CANCEL) if not _is_own(each))
        + tuple(filter(_is_own, _declared(REQUEST_PAYMENT))),
    ),
    sabotage.ANYBODYS: Control(
        alike,
        ("nothing of ours is at the provider", "by our orders and before them"),
        # Who is asked for a charge by its mark, or by its key, never answers with another's.
        _declared(REFUND)
        + tuple(each for each in _declared(CHARGE) if CHARGE.action in HOUSES[each[0]].marks),
    ),
    sabotage.SHORT_LEASE: Control(
        overtaken, ("left its end: action.failed",), _one_each(CAPTURE, CHARGE, REFUND)
    ),
    sabotage.NO_GUARD: Control(
        late, ("left its end: action.succeeded",), _one_each(CHARGE, REFUND)
    ),
    # Only these say “already done” of what somebody else did.
    sabotage.TAKEN_AS_DONE: Control(
        refunded_elsewhere,
        ("nothing of ours is at the provider",),
        tuple((gateway, REFUND) for gateway in ("stripe", "paypal", "braintree")),
    ),
}
