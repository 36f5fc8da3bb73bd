"""Random rounds: whatever happens in which order, the provider's account of the money is ours."""

import os

import pytest

from tests.crash.arena import Arena
from tests.crash.checker import unconsumed_faults, violations
from tests.crash.rounds import Season
from tests.crash.waiting import wait_until_settled

pytestmark = pytest.mark.crash

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
SEED = os.environ.get("CRASH_SEED", "20261122")
IN_A_SEASON = 20


@pytest.mark.timeout(0)
def test_the_providers_account_of_the_money_is_ours(arena: Arena) -> None:
    """All of `money-rules.md`, from a seed; `make crash` plays hundreds of rounds."""
    arena.launch("beat")
    try:
        for number, first in enumerate(range(0, ROUNDS, IN_A_SEASON)):
            season = Season(arena, f"{SEED}/{number}", min(IN_A_SEASON, ROUNDS - first))
            season.open()
            season.play()
            assert wait_until_settled(season.firms, within_s=90) == [], arena.log("worker")
            assert violations(season.firms) == []
            assert season.callers.misled() == []
            assert unconsumed_faults(season.firms) == []
    finally:
        arena.kill("beat")
    arena.manage("verify_audit")
