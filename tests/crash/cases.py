"""One order broken at one named point, with one fault: placed, sent by a real worker, killed."""

import signal
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from chargedesk.actions.models import ActionIntent, IntentState, Try
from chargedesk.actions.recovery import tidy
from chargedesk.base import scoping
from chargedesk.celery import app
from chargedesk.kit import clock
from tests.crash.arena import Arena
from tests.crash.town import MOST_MINOR, Firm, arm, place
from tests.crash.wishes import Wish

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
# Long enough for a slow machine to notice that the call has arrived, and kill its worker.
DELAY_S = 2.0
PATIENT = {"ACTION_CALL_S": 3, "ACTION_LEASE_S": 7}
# Cases that are broken side by side: they are independent, and mostly wait.
AT_ONCE = 24
BEGUN_WITHIN_S = 10


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
    # A gateway that has just asked to be left alone is not called: then nothing can strike.
    armed: dict[str, datetime] = field(default_factory=dict)
    sent_at: float = 0.0
    minor: int = MOST_MINOR

    def __str__(self) -> str:
        where = self.firm.house.name
        return f"{self.wish.name} at {where}, {self.point}, {self.fault or 'no fault'}"

    @property
    def shared_call(self) -> tuple[str, str] | None:
        """An address that names no object strikes others too: one such fault at a time."""
        account = self.firm.account.id
        if self.firm.house.functions:
            return account, self.wish.action.value
        made = self.firm.ways.makes.get(self.wish.action)
        return (account, made) if made else None

    def place(self, struck: Collection[str] = ()) -> None:
        """Order it, and arm fault and point; `struck`: the faults that did so already."""
        object_id, _target = self.firm.object_for(self.wish)
        intent = place(self.firm, self.wish, object_id, self.minor)
        self.intent_id = intent.id
        # Where no address names the object, the fault of an order that never called strikes here.
        is_armed = bool(self.rule and self.shared_call and self.rule not in struck)
        if self.fault and not is_armed:
            delay_s, now = DELAY_S if self.fault in DELAYS else 1.0, clock.now()
            self.rule = arm(self.firm, intent, self.fault, delay_s=delay_s)
            self.armed[self.rule] = now
        self.firm.change(intent, not_before=clock.now())
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.point != DURING_SEND:
            (self.folder / self.point).touch()

    def send(self) -> None:
        """Have a worker execute it; a second time changes nothing."""
        assert self.intent_id is not None
        self.sent_at = time.monotonic()
        (self.folder / "pid").unlink(missing_ok=True)
        settings = PATIENT if self.point == DURING_SEND else {}
        act("execute", self.firm, self.intent_id, folder=self.folder, settings=settings)

    def look(self, arena: Arena, struck: Collection[str]) -> None:
        """See whether the worker died; kill it if it is to die during the send."""
        if self.point == DURING_SEND:
            # The provider takes its time to answer.
            pid = self.folder / "pid"
            # Sent again, it has none until it begins.
            if self._has_arrived(struck) and self._is_sent() and pid.exists():
                self.is_killed = arena.signal(int(pid.read_text()), signal.SIGKILL)
            return
        self.is_killed = (self.folder / f"{self.point}.reached").exists()

    def send_again(self, struck: Collection[str]) -> None:
        """Begin again what nobody died of.

        A task whose child died with another one's comes back after half a minute only. A slow
        machine gives back what too little of its lease was left for after reading, or has answered
        before anybody could be killed.
        """
        done = self.folder / "execute.done"
        if not done.exists():
            if self._is_lost():
                self.send()
            return
        tidy(self.firm.tenant.id)
        assert self.intent_id is not None
        intent = self.firm.intent(self.intent_id)
        if intent.state == IntentState.EXECUTING:
            return
        done.unlink()
        if intent.state == IntentState.READY:
            self.firm.change(intent, not_before=clock.now())
        else:
            self.place(struck)
        self.send()

    def stands(self) -> str:
        """How the order stands, and which files its worker left."""
        with scoping.tenant(self.firm.tenant.id):
            intent = ActionIntent.objects.get(pk=self.intent_id or UUID(int=0))
            tries = list(Try.objects.filter(intent=intent).values_list("answer", "detail"))
        files = sorted(path.name for path in self.folder.iterdir())
        return f"{intent.state} {intent.failure_code} {tries} {files}"

    def _is_lost(self) -> bool:
        try:
            pid = int((self.folder / "pid").read_text())
        except FileNotFoundError:
            return time.monotonic() - self.sent_at > BEGUN_WITHIN_S
        return not psutil.pid_exists(pid)

    def _has_arrived(self, struck: Collection[str]) -> bool:
        return self.rule in struck

    def _is_sent(self) -> bool:
        with scoping.tenant(self.firm.tenant.id):
            return Try.objects.filter(intent=self.intent_id, answered_at=None).exists()


def act(step: str, firm: Firm, intent_id: UUID, *, folder: Path, **how: Any) -> None:
    """Have a worker run one step of one order."""
    app.send_task(
        "crash.act",
        args=[step, str(firm.tenant.id), str(intent_id)],
        kwargs={"how": {"folder": str(folder), **how}},
    )


def break_all(arena: Arena, cases: Iterable[Case], *, within_s: float = 600) -> list[str]:
    """Play all cases, many at once, until each worker has died; names those that never did."""
    left, alive = list(cases), list[str]()
    while left:
        batch: list[Case] = []
        shared: set[tuple[str, str]] = set()
        for case in list(left):
            if case.shared_call in shared or len(batch) == AT_ONCE:
                continue
            left.remove(case)
            batch.append(case)
            shared.update([case.shared_call] if case.shared_call else [])
        alive += _break_batch(arena, batch, within_s=within_s)
    return alive


def _break_batch(arena: Arena, cases: Sequence[Case], *, within_s: float) -> list[str]:
    for case in cases:
        case.place()
    for case in cases:
        case.send()
    until, alive = time.monotonic() + within_s, list(cases)
    while alive and time.monotonic() < until:
        struck = _struck(arena)
        for case in alive:
            case.look(arena, struck)
        alive = [case for case in alive if not case.is_killed]
        for case in alive:
            case.send_again(struck)
        if arena.revive():
            # A pool that loses children while it starts gives up, and its tasks with it.
            for case in alive:
                case.send()
        time.sleep(0.05)
    return [f"{case}: {case.stands()}" for case in alive]


def _struck(arena: Arena) -> set[str]:
    return {rule["id"] for rule in arena.control.get("faults")["faults"] if rule["consumed"]}
