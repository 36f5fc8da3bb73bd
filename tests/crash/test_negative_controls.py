"""The suite itself is tested: with each promise of the product removed, it must go red."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import override_settings

from tests.crash.arena import Arena
from tests.crash.controls import CONTROLS, PATIENT, Scenario
from tests.crash.length import IS_LONG

pytestmark = pytest.mark.crash

HONEST = ""
# By gateway and sabotage: what the checker found.
Findings = Mapping[tuple[str, str], list[str]]


@pytest.fixture(scope="module")
def played(arena: Arena, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Findings]:
    """Every scenario, with the product as it is and sabotaged, side by side: most of it waits."""
    folder = tmp_path_factory.mktemp("controls")
    plays = [
        (kind, gateway, sabotage)
        for kind in CONTROLS
        for gateway in _gateways(kind)
        for sabotage in (HONEST, kind)
    ]

    def play(number: int) -> list[str]:
        kind, gateway, sabotage = plays[number]
        try:
            scenario = Scenario(arena, folder / str(number), kind=sabotage, gateway=gateway)
            CONTROLS[kind].scenario(scenario)
            return scenario.findings()
        finally:
            connections.close_all()

    with override_settings(**PATIENT), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(play, range(len(plays))))
    results: dict[str, dict[tuple[str, str], list[str]]] = {kind: {} for kind in CONTROLS}
    for (kind, gateway, sabotage), findings in zip(plays, found, strict=True):
        results[kind][gateway, sabotage] = findings
    return dict(results)


@pytest.mark.parametrize("kind", CONTROLS)
def test_the_suite_sees(played: dict[str, Findings], kind: str) -> None:
    """The same scenario is clean with the product as it is, and not with it sabotaged."""
    found = played[kind]
    assert {gateway: found[gateway, HONEST] for gateway in _gateways(kind)} == {
        gateway: [] for gateway in _gateways(kind)
    }
    for gateway in _gateways(kind):
        findings = found[gateway, kind]
        assert any(CONTROLS[kind].sentence in each for each in findings), (gateway, findings)


def _gateways(kind: str) -> tuple[str, ...]:
    control = CONTROLS[kind]
    return control.gateways if control.is_theirs or IS_LONG else control.gateways[:1]
