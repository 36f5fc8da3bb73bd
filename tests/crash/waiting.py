"""Waits until every order of some firms is settled, moving the clock on where it takes hours.

Where a gateway can prove nothing, two people look at the provider's own books and say so (M8).
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from chargedesk.actions.approvals import confirm_resolution, propose_resolution
from chargedesk.actions.errors import IntentClosedError
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.requests import Requester
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.tenants.roles import Role
from tests.crash.arena import Arena
from tests.crash.books import books_of
from tests.crash.checker import UNFINISHED
from tests.crash.town import Firm

LOOK_EVERY_S = 0.3
# Two people look when the gateway has shown nothing this often.
LOOKED_IN_VAIN = 3


def wait_until_settled(arena: Arena, firms: Sequence[Firm], *, within_s: float) -> list[str]:
    """Look until nothing is open; the keys of orders that go on being unknown die.

    Returns how what is still open stands when the time is up.
    """
    began, aged, left = time.monotonic(), set[UUID](), ["not looked yet"]
    while left and time.monotonic() - began < within_s:
        left = [each for firm in firms for each in _unfinished(firm)]
        for firm in firms:
            let_keys_die(firm, aged)
            settle_by_hand(firm)
        arena.revive()
        time.sleep(LOOK_EVERY_S)
    return left


def let_keys_die(firm: Firm, aged: set[UUID]) -> None:
    """Let the clock go on until the keys of orders are dead that nothing was found out about."""
    with scoping.tenant(firm.tenant.id):
        stuck = ActionIntent.objects.filter(
            state=IntentState.UNKNOWN, lease_until=None, look_ups__gte=LOOKED_IN_VAIN
        ).exclude(pk__in=aged)
        unknown = list(stuck)
    for intent in unknown:
        let_key_die(firm, intent)
        aged.add(intent.id)


def let_key_die(firm: Firm, intent: ActionIntent) -> None:
    """Move the first try back by half of the key's life: it is never sent again (M7)."""
    now = clock.now()
    life = firm.proof(intent).key_life or timedelta()
    firm.change(intent, first_try_at=now - life / 2 - timedelta(minutes=1), next_look_up_at=now)


def settle_by_hand(firm: Firm) -> None:
    """Let two people resolve what no look-up can, by what they see at the provider (M8)."""
    with scoping.tenant(firm.tenant.id):
        unknown = ActionIntent.objects.filter(
            state=IntentState.UNKNOWN, lease_until=None, look_ups__gte=LOOKED_IN_VAIN
        )
        # Beside what somebody else gave back, nothing found is no proof anywhere (M7).
        stuck = [
            each
            for each in unknown
            if not firm.proof(each).empty_is_proof or each.evidence.get("seen")
        ]
    if not stuck:
        return
    books = books_of(firm)
    first, second = (firm.person(Role.FINANCE) for _ in range(2))
    for intent in stuck:
        found = books.effects(intent)
        # What the gateway shows with our marker is found without people, given time.
        if found and firm.proof(intent).looks_up:
            continue
        two_people_say(
            firm,
            intent,
            (first, second),
            made=intent.target_id if found else "",
            evidence=f"The provider's books show {', '.join(found) or 'nothing'}.",
        )


def two_people_say(
    firm: Firm,
    intent: ActionIntent,
    people: tuple[Requester, Requester],
    *,
    made: str,
    evidence: str,
) -> None:
    """Let two people resolve an unknown order: it made this, or nothing.

    A look-up may be going on, or settle it meanwhile; whoever waits comes back to it.
    """
    proposer, confirmer = people
    with suppress(IntentClosedError):
        propose_resolution(
            firm.tenant.id,
            intent.id,
            proposer=proposer,
            has_succeeded=bool(made),
            provider_id=made,
            evidence=evidence,
        )
        confirm_resolution(firm.tenant.id, intent.id, confirmer=confirmer)


def _unfinished(firm: Firm) -> list[str]:
    with scoping.tenant(firm.tenant.id):
        return [
            f"{intent.action} {intent.id} {intent.state}, {intent.look_ups} look-ups, next"
            f" {intent.next_look_up_at}, lease {intent.lease_until}, subject {intent.subject_id},"
            f" tries {list(intent.tries.values_list('answer', 'detail'))}"
            for intent in ActionIntent.objects.filter(state__in=UNFINISHED)
        ]
