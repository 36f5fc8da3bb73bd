"""A worker dies at each named point, for each action: nothing is lost, doubled or misreported."""

from collections.abc import Sequence
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
from tests.crash.town import WISHES, Firm, open_firm
from tests.crash.waiting import wait_until_settled

pytestmark = pytest.mark.crash


# A row is one point; its five actions get the faults from a place on, one each.
Row = tuple[str, int]


def rows() -> list[Row]:
    """Each point once, with another fault for each action; in the long form with every fault."""
    if not IS_LONG:
        return [(point, 3 * number) for number, point in enumerate(POINTS)]
    return [(point, place) for point in POINTS for place in range(len(faults_of(point)))]


def faults_of(point: str) -> Sequence[str]:
    """The faults that make sense at a point."""
    if point in AFTER_THE_SEND:
        return ANSWERS
    return DELAYS if point == DURING_SEND else ("",)


@pytest.mark.timeout(0)
def test_a_worker_dies_at_each_point_of_each_action(arena: Arena, tmp_path: Path) -> None:
    """M3 to M8, M16: six points, five actions, and what can befall the provider's answer."""
    firms, alive = [], []
    for number, row in enumerate(rows()):
        firms.append(open_firm(arena, has_webhook=bool(number % 2)))
        cases = cases_of(row, firms[-1], tmp_path / str(number))
        alive += break_all(arena, cases)
    assert alive == [], arena.log("worker")

    arena.launch("beat")
    try:
        assert wait_until_settled(arena, firms, within_s=60 + 20 * len(firms)) == [], arena.log(
            "worker"
        )
    finally:
        arena.retire("beat")

    assert violations(firms) == []
    assert unconsumed_faults(firms) == []
    arena.manage("verify_audit")


def cases_of(row: Row, firm: Firm, folder: Path) -> list[Case]:
    """One order of each action, to be broken at the row's point."""
    point, place = row
    faults = faults_of(point)
    return [
        Case(firm, wish, point, faults[(place + column) % len(faults)], folder / str(column))
        for column, wish in enumerate(WISHES)
    ]
