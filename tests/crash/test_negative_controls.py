"""The suite itself is tested: with each promise of the product removed, it must go red."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections

from tests.crash.arena import Arena
from tests.crash.controls import CONTROLS, Scenario

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("kind", CONTROLS)
def test_the_suite_sees(arena: Arena, tmp_path: Path, kind: str) -> None:
    """The same scenario is clean with the product as it is, and not with it sabotaged."""
    scenario, sentence = CONTROLS[kind]

    def play(sabotage: str) -> list[str]:
        try:
            playing = Scenario(
                arena, tmp_path / ("sabotaged" if sabotage else "honest"), kind=sabotage
            )
            scenario(playing)
            return playing.findings()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        honest, sabotaged = pool.map(play, ("", kind))

    assert honest == []
    assert any(sentence in finding for finding in sabotaged), sabotaged
