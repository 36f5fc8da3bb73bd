"""A worker dies at each named point, for each action: nothing is lost, doubled or misreported."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from tests.crash.record import PointsRecord
from tests.crash.town import Firm, open_firms
from tests.crash.waiting import wait_until_settled
from tests.crash.wishes import DECLARED, GATEWAYS, Wish

pytestmark = pytest.mark.crash


# Where a worker dies, at which gateway, doing what, and what befalls the provider's answer.
Row = tuple[str, str, Wish, str]
# In the short form an action of a gateway dies at every fourth point.
SHARE = 4
# After this many the orders are settled and the books compared.
IN_A_SEASON = 100


def rows() -> list[Row]:
    """In the long form every action of every gateway, at each point, with every fault.

    In the short form every action of every gateway meets a point or two, and every point and fault
    some actions of every gateway.
    """
    return list(_all_broken() if IS_LONG else _some_broken())


def _all_broken() -> Iterator[Row]:
    """A share at a time, so that a run that is cut short has been everywhere already."""
    places = [(point, fault) for point in POINTS for fault in faults_of(point)]
    for share in range(SHARE):
        for number, (point, fault) in enumerate(places):
            for column, (gateway, wish) in enumerate(DECLARED):
                if (number + column) % SHARE == share:
                    yield point, gateway, wish, fault


def _some_broken() -> Iterator[Row]:
    for number, point in enumerate(POINTS):
        faults = faults_of(point)
        for column, (gateway, wish) in enumerate(DECLARED[number % SHARE :: SHARE]):
            yield point, gateway, wish, faults[(3 * number + column) % len(faults)]


def faults_of(point: str) -> Sequence[str]:
    """The faults that make sense at a point."""
    if point in AFTER_THE_SEND:
        return ANSWERS
    return DELAYS if point == DURING_SEND else ("",)


@pytest.mark.timeout(0)
def test_a_worker_dies_at_each_point_of_each_action(arena: Arena, tmp_path: Path) -> None:
    """M3 to M8, M16: six points, every action, and what can befall the provider's answer."""
    played, record, found = rows(), PointsRecord(), list[str]()
    for first in range(0, len(played), IN_A_SEASON):
        season = played[first : first + IN_A_SEASON]
        firms = _firms(arena, season)
        findings = _played(arena, season, firms, tmp_path / str(first))
        found += findings
        # One season's trouble is no reason not to play the others.
        if IS_LONG:
            record.add(season, list(firms.values()), findings)
            record.write(of=len(played))
    assert found == [], arena.log("worker")
    arena.manage("verify_audit")


def _played(
    arena: Arena, season: Sequence[Row], firms: Mapping[str, Firm], folder: Path
) -> list[str]:
    """Break all, let everything settle, and compare the books: what was found wrong."""
    cases = [
        Case(firms[gateway], wish, point, fault, folder / str(number))
        for number, (point, gateway, wish, fault) in enumerate(season)
    ]
    found = break_all(arena, cases)
    everybody = list(firms.values())
    arena.launch("beat")
    try:
        found += wait_until_settled(arena, everybody, within_s=300 + 6 * len(season))
    finally:
        arena.retire("beat")
    aimed = {rule: at for case in cases for rule, at in case.armed.items()}
    return found + violations(everybody) + unconsumed_faults(everybody, aimed=aimed)


def _firms(arena: Arena, season: Sequence[Row]) -> dict[str, Firm]:
    """A firm at each gateway, with all that is ordered about; every other one hears of news."""
    stock: dict[str, Counter[str]] = {gateway: Counter() for gateway in GATEWAYS}
    for _, gateway, wish, _ in season:
        stock[gateway][wish.stock] += 1
    wanted = {
        gateway: {"paid": needed["paid"], "others": needed, "has_webhook": bool(number % 2)}
        for number, (gateway, needed) in enumerate(stock.items())
    }
    return open_firms(arena.control, wanted)
