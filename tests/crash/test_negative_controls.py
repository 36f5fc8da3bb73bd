"""The suite itself is tested: with each promise of the product removed, it must go red."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import override_settings

from gateways.capabilities import ActionKind
from tests.crash import sabotage
from tests.crash.arena import Arena
from tests.crash.controls import CONTROLS, Order
from tests.crash.scenarios import PATIENT, Scenario
from tests.crash.wishes import DECLARED, GATEWAYS

pytestmark = pytest.mark.crash

HONEST = ""
PLAYED = [(kind, order) for kind, control in CONTROLS.items() for order in control.orders]
NAMES = [f"{kind}: {wish.name} at {gateway}" for kind, (gateway, wish) in PLAYED]
# By name, and by what is broken: what the checker will have found.
Findings = Mapping[tuple[str, str], Future[list[str]]]


@pytest.fixture(scope="module")
def played(arena: Arena, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Every scenario, with the product as it is and sabotaged, side by side: most of it waits."""
    folder = tmp_path_factory.mktemp("controls")

    def play(number: int, kind: str, order: Order, broken: str) -> list[str]:
        gateway, wish = order
        place = folder / f"{number}-{broken == kind}"
        try:
            scenario = Scenario(arena, place, kind=broken, gateway=gateway, wish=wish)
            CONTROLS[kind].scenario(scenario)
            return scenario.findings()
        finally:
            connections.close_all()

    with override_settings(**PATIENT), ThreadPoolExecutor(8) as pool:
        return {
            (NAMES[number], broken): pool.submit(play, number, kind, order, broken)
            for number, (kind, order) in enumerate(PLAYED)
            for broken in (HONEST, kind)
        }


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name, (kind, _) in zip(NAMES, PLAYED, strict=True)],
    ids=NAMES,
)
def test_the_suite_sees(played: Findings, name: str, kind: str) -> None:
    """The same scenario is clean with the product as it is, and not with it sabotaged."""
    assert played[name, HONEST].result() == []
    found = played[name, kind].result()
    sentences = CONTROLS[kind].sentences
    assert any(sentence in each for each in found for sentence in sentences), found


def test_every_gateway_and_proof_is_broken() -> None:
    """A gateway more, or an action, that no control plays makes the suite prove less."""
    everywhere = (
        sabotage.NO_LOOK_UP,
        sabotage.ANYBODYS,
        sabotage.SHORT_LEASE,
        sabotage.NO_GUARD,
    )
    for kind in everywhere:
        assert {gateway for gateway, _ in CONTROLS[kind].orders} == set(GATEWAYS)
    moved = {(gateway, wish.action) for _, (gateway, wish) in PLAYED}
    money = (ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.CHARGE)
    assert {(gateway, wish.action) for gateway, wish in DECLARED if wish.action in money} <= moved
