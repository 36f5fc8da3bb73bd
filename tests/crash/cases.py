"""One order broken at one named point, with one fault: placed, sent by a real worker, killed."""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from chargedesk.actions.models import ActionIntent, IntentState, Try
from chargedesk.actions.recovery import tidy
from chargedesk.base import scoping
from chargedesk.celery import app
from chargedesk.kit import clock
from tests.crash.arena import Arena
from tests.crash.town import Firm, Wish, arm, place

DURING_SEND = "during_send"
# Where a worker dies by itself; during the send it is killed from outside.
POINTS = (
    "after_claim",
    "after_try",
    DURING_SEND,
    "after_answer",
    "before_settling",
    "after_settling",
)
AFTER_THE_SEND = POINTS[3:]
ANSWERS = (
    "",
    "answer_lost_after_effect",
    "answer_lost_before_effect",
    "late_effect",
    "rate_limited",
    "error_500",
    "stored_500",
    "reset",
    "half_body",
    "empty_200",
)
DELAYS = ("delay_before_effect", "delay_after_effect")
DELAY_S = 0.8


@dataclass
class Case:
    """What is ordered of whom, where the worker dies, and what befalls the provider's answer."""

    firm: Firm
    wish: Wish
    point: str
    fault: str
    folder: Path
    intent_id: UUID | None = None
    is_killed: bool = False
    rule: str = ""

    def __str__(self) -> str:
        where = self.firm.house.name
        return f"{self.wish.name} at {where}, {self.point}, {self.fault or 'no fault'}"

    def begin(self) -> None:
        """Order it, arm fault and point, and hand it to the workers."""
        object_id, _target = self.firm.object_for(self.wish)
        intent = place(self.firm, self.wish, object_id)
        self.intent_id = intent.id
        if self.fault:
            delay_s = DELAY_S if self.fault in DELAYS else 1.0
            self.rule = arm(self.firm, intent, self.fault, delay_s=delay_s)
        self.firm.change(intent, not_before=clock.now())
        self.folder.mkdir(parents=True)
        if self.point != DURING_SEND:
            (self.folder / self.point).touch()
        self.send()

    def send(self) -> None:
        """Have a worker execute it; a second time changes nothing."""
        assert self.intent_id is not None
        act("execute", self.firm, self.intent_id, folder=self.folder)

    def look(self, arena: Arena) -> None:
        """See whether the worker died; kill it if it is to die during the send."""
        if self.point == DURING_SEND:
            if self._has_arrived():
                pid = int((self.folder / "pid").read_text())
                self.is_killed = arena.signal(pid, signal.SIGKILL)
            return
        self.is_killed = (self.folder / f"{self.point}.reached").exists()

    def send_again(self) -> None:
        """Send what a slow machine gave back: too little of its lease was left after reading."""
        done = self.folder / "execute.done"
        if not done.exists():
            return
        tidy(self.firm.tenant.id)
        assert self.intent_id is not None
        intent = self.firm.intent(self.intent_id)
        if intent.state == IntentState.READY:
            done.unlink()
            self.firm.change(intent, not_before=clock.now())
            self.send()

    def stands(self) -> str:
        """How the order stands, and which files its worker left."""
        with scoping.tenant(self.firm.tenant.id):
            intent = ActionIntent.objects.get(pk=self.intent_id or UUID(int=0))
            tries = list(Try.objects.filter(intent=intent).values_list("answer", "detail"))
        files = sorted(path.name for path in self.folder.iterdir())
        return f"{intent.state} {intent.failure_code} {tries} {files}"

    def _has_arrived(self) -> bool:
        """Whether the call is at the provider, which takes its time to answer."""
        rules = self.firm.account.control.get("faults")["faults"]
        return any(each["id"] == self.rule and each["consumed"] for each in rules)


def act(step: str, firm: Firm, intent_id: UUID, *, folder: Path, **how: Any) -> None:
    """Have a worker run one step of one order."""
    app.send_task(
        "crash.act",
        args=[step, str(firm.tenant.id), str(intent_id)],
        kwargs={"how": {"folder": str(folder), **how}},
    )


def break_all(arena: Arena, cases: Sequence[Case], *, within_s: float = 60) -> list[str]:
    """Begin all cases and wait until each worker has died; names those that never did."""
    for case in cases:
        case.begin()
    until = time.monotonic() + within_s
    alive = list(cases)
    while alive and time.monotonic() < until:
        for case in alive:
            case.look(arena)
        alive = [case for case in alive if not case.is_killed]
        for case in alive:
            case.send_again()
        if arena.revive():
            # A pool that loses children while it starts gives up, and its tasks with it.
            for case in alive:
                case.send()
        time.sleep(0.05)
    return [f"{case}: {case.stands()}" for case in alive]
