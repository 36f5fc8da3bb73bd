"""Random rounds: whatever happens in which order, the provider's account of the money is ours."""

import pytest

from tests.crash.arena import Arena
from tests.crash.checker import violations
from tests.crash.length import IN_A_SEASON, IS_LONG, ROUNDS, SEED
from tests.crash.record import Record
from tests.crash.rounds import Season
from tests.crash.waiting import wait_until_settled

pytestmark = pytest.mark.crash


@pytest.mark.timeout(0)
def test_the_providers_account_of_the_money_is_ours(arena: Arena) -> None:
    """All of `money-rules.md`, from a seed; `make crash` plays hundreds of rounds."""
    record = Record(SEED)
    arena.launch("beat")
    try:
        for number, first in enumerate(range(0, ROUNDS, IN_A_SEASON)):
            rounds = min(IN_A_SEASON, ROUNDS - first)
            season = Season(arena, f"{SEED}/{number}", rounds)
            season.open()
            season.play()
            assert wait_until_settled(arena, season.firms, within_s=600) == [], arena.log("worker")
            assert season.never_ordered() == []
            assert violations(season.firms) == []
            assert season.callers.misled() == []
            assert season.never_struck() == []
            arena.manage("verify_audit")
            record.add(season)
            if IS_LONG:
                record.write(arena.kills)
    finally:
        arena.retire("beat")
