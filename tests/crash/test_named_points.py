"""A worker dies at each named point, for each action: nothing is lost, doubled or misreported."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.crash.arena import Arena
from tests.crash.cases import (
    AFTER_THE_SEND,
    ANSWERS,
    DELAYS,
    DURING_SEND,
    POINTS,
    Case,
    break_all,
)
from tests.crash.checker import unconsumed_faults, violations
from tests.crash.length import IS_LONG
from tests.crash.town import GATEWAYS, ORDERS, REFUND, Wish, open_firm
from tests.crash.waiting import wait_until_settled

pytestmark = pytest.mark.crash


# One point, one fault, and everything that is ordered and broken there at once.
Row = tuple[str, list[tuple[str, Wish, str]]]
# In the short form an action of a gateway dies at every fourth point.
SHARE = 4


def rows() -> list[Row]:
    """Each point: in the long form with every fault for each gateway's refund.

    In the short form every action of every gateway meets some points, and every point and fault
    some actions of every gateway.
    """
    if not IS_LONG:
        return [(point, list(_broken_at(number, point))) for number, point in enumerate(POINTS)]
    return [
        (point, list(_all_broken_by(place + number, fault)))
        for number, point in enumerate(POINTS)
        for place, fault in enumerate(faults_of(point))
    ]


def _broken_at(number: int, point: str) -> Iterator[tuple[str, Wish, str]]:
    faults = faults_of(point)
    chosen = ORDERS[number % SHARE :: SHARE]
    for column, (gateway, wish) in enumerate(chosen):
        yield gateway, wish, faults[(3 * number + column) % len(faults)]


def _all_broken_by(number: int, fault: str) -> Iterator[tuple[str, Wish, str]]:
    others = [(gateway, wish) for gateway, wish in ORDERS if wish != REFUND]
    for gateway, wish in ORDERS:
        if wish == REFUND:
            yield gateway, wish, fault
    for gateway, wish in others[number % SHARE :: SHARE]:
        yield gateway, wish, fault


def faults_of(point: str) -> Sequence[str]:
    """The faults that make sense at a point."""
    if point in AFTER_THE_SEND:
        return ANSWERS
    return DELAYS if point == DURING_SEND else ("",)


@pytest.mark.timeout(0)
def test_a_worker_dies_at_each_point_of_each_action(arena: Arena, tmp_path: Path) -> None:
    """M3 to M8, M16: six points, every action, and what can befall the provider's answer."""
    played = rows()
    stock = Counter((gateway, wish.stock) for _, row in played for gateway, wish, _ in row)
    firms = {
        gateway: open_firm(
            arena.control,
            gateway,
            paid=stock[gateway, "paid"],
            others=max(stock[gateway, name] for name in ("held", "subscribed", "customers")),
            has_webhook=bool(number % 2),
        )
        for number, gateway in enumerate(GATEWAYS)
    }
    alive = []
    for number, (point, row) in enumerate(played):
        cases = [
            Case(firms[gateway], wish, point, fault, tmp_path / f"{number}-{column}")
            for column, (gateway, wish, fault) in enumerate(row)
        ]
        alive += break_all(arena, cases)
    assert alive == [], arena.log("worker")

    everybody = list(firms.values())
    arena.launch("beat")
    try:
        assert wait_until_settled(arena, everybody, within_s=60 + 20 * len(played)) == [], (
            arena.log("worker")
        )
    finally:
        arena.retire("beat")

    assert violations(everybody) == []
    assert unconsumed_faults(everybody) == []
    arena.manage("verify_audit")
