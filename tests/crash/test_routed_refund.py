"""Refunds routed to a company's own program: it keeps no keys, so no call is ever made twice."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.tenants.roles import Role
from tests.crash.arena import Arena
from tests.crash.books import books_of
from tests.crash.cases import AFTER_THE_SEND, DURING_SEND, POINTS, Case, break_all
from tests.crash.checker import (
    HAPPENED,
    UNFINISHED,
    of_charges,
    of_the_ledger,
    of_turns,
)
from tests.crash.routed import ANSWERED, BROKEN, LOST, SLOW, Program, routed
from tests.crash.town import open_firm
from tests.crash.waiting import LOOK_EVERY_S, LOOKED_IN_VAIN, two_people_say
from tests.crash.wishes import REFUND

pytestmark = pytest.mark.crash


@dataclass
class RoutedCase(Case):
    """Killed while the program has the call."""

    program: Program | None = None

    def _has_arrived(self, struck: Collection[str]) -> bool:
        return self.program is not None and str(self.intent_id) in self.program.called


@pytest.mark.timeout(0)
def test_no_routed_refund_is_made_twice_or_misreported(arena: Arena, tmp_path: Path) -> None:
    """M5, M7, M8: what the program does not tell, and Stripe shows without a marker, people say."""
    played = list(_played())
    firm = open_firm(
        arena.control, "stripe", paid=len(played), others=0, has_webhook=False, has_catalogue=False
    )
    with routed(firm) as program:
        cases = [
            RoutedCase(program.firm, REFUND, point, "", tmp_path / str(number), minor=minor)
            for number, (point, minor) in enumerate(played)
        ]
        for case in cases:
            case.program = program
        assert break_all(arena, cases) == []
        arena.launch("beat")
        try:
            _settle(arena, program)
        finally:
            arena.retire("beat")
        assert _found(program) == []


def _played() -> Iterator[tuple[str, int]]:
    for point in POINTS:
        if point in AFTER_THE_SEND:
            yield from ((point, minor) for minor in (ANSWERED, LOST, BROKEN))
        else:
            yield point, SLOW if point == DURING_SEND else ANSWERED


def _settle(arena: Arena, program: Program) -> None:
    """Two people look into the program's own books where nothing else can be found out."""
    firm, until = program.firm, time.monotonic() + 600
    first, second = (firm.person(Role.FINANCE) for _ in range(2))
    while time.monotonic() < until:
        with scoping.tenant(firm.tenant.id):
            left = list(ActionIntent.objects.filter(state__in=UNFINISHED))
        if not left:
            return
        for intent in left:
            is_stuck = intent.state == IntentState.UNKNOWN and intent.lease_until is None
            if not is_stuck or intent.look_ups < LOOKED_IN_VAIN:
                continue
            made = program.made[str(intent.id)]
            two_people_say(
                firm,
                intent,
                (first, second),
                made=made[0] if made else "",
                evidence="The program's own books say so.",
            )
        arena.revive()
        time.sleep(LOOK_EVERY_S)


def _found(program: Program) -> list[str]:
    program.firm.read_all()
    books = books_of(program.firm)
    found = [*of_charges(books), *of_the_ledger(books)]
    for intent in books.intents:
        name, made = f"{intent.id} ({intent.state})", program.made[str(intent.id)]
        if len(made) > 1 or bool(made) != (intent.state in HAPPENED):
            found.append(f"{name} has {len(made)} refunds")
        found += of_turns(name, intent, books.turns.get(str(intent.id), []))
    return found
