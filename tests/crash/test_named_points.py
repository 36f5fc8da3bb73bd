"""A worker dies at each named point, for each action: nothing is lost, doubled or misreported."""

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
from tests.crash.town import WISHES, open_firm
from tests.crash.waiting import wait_until_settled

pytestmark = pytest.mark.crash


def faults_at(point: str, place: int) -> str:
    """A fault for a point: the places of a row go through all that make sense."""
    if point in AFTER_THE_SEND:
        return ANSWERS[place % len(ANSWERS)]
    return DELAYS[place % len(DELAYS)] if point == DURING_SEND else ""


@pytest.mark.timeout(180)
def test_each_point_once_for_each_action(arena: Arena, tmp_path: Path) -> None:
    """M3 to M8, M16: six points, five actions, a fault at each."""
    cases = []
    for row, point in enumerate(POINTS):
        firm = open_firm(arena, has_webhook=bool(row % 2))
        for column, wish in enumerate(WISHES):
            fault = faults_at(point, row * 3 + column)
            cases.append(Case(firm, wish, point, fault, tmp_path / f"{row}-{column}"))
    firms = list({id(case.firm): case.firm for case in cases}.values())

    assert break_all(arena, cases, within_s=40) == [], arena.log("worker")
    arena.launch("beat")
    try:
        assert wait_until_settled(firms, within_s=60) == [], arena.log("worker")
    finally:
        arena.kill("beat")

    assert violations(firms) == []
    assert unconsumed_faults(firms) == []
    arena.manage("verify_audit")
