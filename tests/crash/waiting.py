"""Waits until every order of some firms is settled, moving the clock on where it takes hours."""

import time
from collections.abc import Sequence
from datetime import timedelta

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from tests.crash.arena import Arena
from tests.crash.checker import UNFINISHED
from tests.crash.town import Firm

# More than half of a key's life: from here on it is looked up, never sent again (M7).
DEAD_KEY = timedelta(hours=13)
LOOK_EVERY_S = 0.3


def wait_until_settled(
    arena: Arena, firms: Sequence[Firm], *, within_s: float, patience_s: float = 8
) -> list[str]:
    """Look until nothing is open; after `patience_s` the keys of unknown orders are dead.

    Returns how what is still open stands when the time is up.
    """
    began, aged, left = time.monotonic(), False, ["not looked yet"]
    while left and time.monotonic() - began < within_s:
        left = [each for firm in firms for each in _unfinished(firm)]
        if not aged and time.monotonic() - began > patience_s:
            aged = True
            for firm in firms:
                let_keys_die(firm)
        arena.revive()
        time.sleep(LOOK_EVERY_S)
    return left


def let_keys_die(firm: Firm) -> None:
    """Let the clock of unknown orders go on by half a key's life."""
    now = clock.now()
    with scoping.tenant(firm.tenant.id):
        ActionIntent.objects.filter(state=IntentState.UNKNOWN).update(
            first_try_at=now - DEAD_KEY, next_look_up_at=now
        )


def _unfinished(firm: Firm) -> list[str]:
    with scoping.tenant(firm.tenant.id):
        return [
            f"{intent.action} {intent.id} {intent.state}, {intent.look_ups} look-ups, next"
            f" {intent.next_look_up_at}, lease {intent.lease_until}, subject {intent.subject_id},"
            f" tries {list(intent.tries.values_list('answer', 'detail'))}"
            for intent in ActionIntent.objects.filter(state__in=UNFINISHED)
        ]
