"""The suite itself is tested: with each promise of the product removed, it must go red."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections

from tests.crash.arena import Arena
from tests.crash.controls import CONTROLS, Scenario
from tests.crash.length import IS_LONG

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("kind", CONTROLS)
def test_the_suite_sees(arena: Arena, tmp_path: Path, kind: str) -> None:
    """The same scenario is clean with the product as it is, and not with it sabotaged."""
    control = CONTROLS[kind]
    gateways = control.gateways if control.is_theirs or IS_LONG else control.gateways[:1]

    def play(gateway: str, sabotage: str) -> list[str]:
        folder = tmp_path / gateway / ("sabotaged" if sabotage else "honest")
        try:
            playing = Scenario(arena, folder, kind=sabotage, gateway=gateway)
            control.scenario(playing)
            return playing.findings()
        finally:
            connections.close_all()

    # As many at once as the worker has children: a scenario may have one stand still.
    with ThreadPoolExecutor(4) as pool:
        honest = pool.map(lambda gateway: play(gateway, ""), gateways)
        sabotaged = pool.map(lambda gateway: play(gateway, kind), gateways)

    assert dict(zip(gateways, honest, strict=True)) == {gateway: [] for gateway in gateways}
    for gateway, findings in zip(gateways, sabotaged, strict=True):
        assert any(control.sentence in finding for finding in findings), (gateway, findings)
