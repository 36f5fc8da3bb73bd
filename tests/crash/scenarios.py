"""The negative controls' scenarios: each is harmless, unless the product is sabotaged its way.

Each plays one order to its end and answers what the checker then finds.
"""

import signal
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.recovery import recover, tidy
from chargedesk.kit import clock
from chargedesk.runtime.processes import wait_until
from tests.crash.arena import Arena
from tests.crash.cases import act
from tests.crash.checker import HAPPENED, UNFINISHED, violations
from tests.crash.town import CHARGE_MINOR, MOST_MINOR, Firm, arm, open_firm, place
from tests.crash.waiting import LOOKED_IN_VAIN, let_key_die, settle_by_hand
from tests.crash.wishes import ASKED_MINOR, REFUND, Wish

PATIENCE_S = 120
# For calls that are to be answered.
PATIENT = {"ACTION_CALL_S": 30, "ACTION_LEASE_S": 60}
# For workers that stand still until their call's time is over.
HASTY = {"ACTION_CALL_S": 2, "ACTION_LEASE_S": 60}


class Scenario:
    """One firm, one order, one worker that is sabotaged or not."""

    def __init__(self, arena: Arena, folder: Path, *, kind: str, gateway: str, wish: Wish) -> None:
        self._arena, self._folder, self._kind, self.wish = arena, folder, kind, wish
        self.firm: Firm = open_firm(
            arena.control,
            gateway,
            paid=wish.stock == "paid",
            others={wish.stock: 1},
            has_webhook=False,
            has_catalogue=False,
        )
        self.intent_id: UUID | None = None
        self.target = ""
        folder.mkdir(parents=True)

    def order(self, *, fault: str = "") -> None:
        """Place the order, with a fault of the provider's at its first try."""
        object_id, self.target = self.firm.object_for(self.wish)
        intent = place(self.firm, self.wish, object_id)
        self.intent_id = intent.id
        if fault:
            arm(self.firm, intent, fault)
        self.firm.change(intent, not_before=clock.now())

    def work(self, step: str) -> None:
        """Have the worker do one step to its end, however slow the machine is."""
        self.begin(step, settings=PATIENT)
        self.end(step)

    def begin(self, step: str, *, settings: Mapping[str, int], stop_at: str = "") -> None:
        """Have the worker begin one step; with `stop_at`, wait until it stands still there."""
        (self._folder / f"{step}.done").unlink(missing_ok=True)
        if stop_at:
            (self._folder / f"{stop_at}.stop").touch()
        act(
            step,
            self.firm,
            self.intent.id,
            folder=self._folder,
            sabotage=self._kind,
            settings=dict(settings),
        )
        if stop_at:
            self._wait_for(f"{stop_at}.stop.reached")

    def end(self, step: str) -> None:
        """Let the worker go on, and wait for the end of its step."""
        pid = int((self._folder / "pid").read_text()) if self._is_begun() else 0
        if pid:
            self._arena.signal(pid, signal.SIGCONT)
        self._wait_for(f"{step}.done")

    def abandon(self) -> None:
        """Let time go by until the lease of the frozen worker has ended, and the sweep sees it."""
        self.firm.change(self.intent, lease_until=clock.now() - timedelta(seconds=1))
        tidy(self.firm.tenant.id)
        assert self.intent.state == IntentState.UNKNOWN

    def find_out(self) -> None:
        """Recover as another worker would, which is not sabotaged."""
        self.firm.change(self.intent, next_look_up_at=clock.now())
        recover(self.firm.tenant.id, self.intent.id)

    def look_up(self) -> None:
        """Have the worker find out, by whatever it has."""
        self.firm.change(self.intent, next_look_up_at=clock.now())
        self.work("recover")

    def let_ten_minutes_pass(self) -> None:
        """Move the look-up that found nothing back, if there was one: the next one may prove it."""
        if self.intent.first_empty_look_up_at is not None:
            long_ago = clock.now() - timedelta(minutes=11)
            self.firm.change(self.intent, first_empty_look_up_at=long_ago)

    def let_people_see(self) -> None:
        """Let two people settle by the provider's books what nobody else can."""
        if self.intent.state in UNFINISHED:
            self.firm.change(self.intent, look_ups=LOOKED_IN_VAIN)
            settle_by_hand(self.firm)

    def let_the_key_die(self) -> None:
        """Move the first try so far back that the key is dead, if there is one."""
        let_key_die(self.firm, self.intent)

    @property
    def intent(self) -> ActionIntent:
        """The order as it stands."""
        assert self.intent_id is not None
        return self.firm.intent(self.intent_id)

    def findings(self) -> list[str]:
        """What the checker says of the firm."""
        return violations([self.firm])

    def _is_begun(self) -> bool:
        return wait_until((self._folder / "pid").exists, timeout_s=PATIENCE_S)

    def _wait_for(self, name: str) -> None:
        found = wait_until((self._folder / name).exists, timeout_s=PATIENCE_S)
        assert found, f"{name} did not come: {self.intent.state}\n{self._arena.log('worker')}"


def repeated(play: Scenario) -> None:
    """The answer is lost, and the order is repeated."""
    play.order(fault="answer_lost_after_effect")
    play.work("execute")
    play.look_up()


def looked_up(play: Scenario) -> None:
    """The answer is lost, no key lives, and the order is looked up."""
    play.order(fault="answer_lost_after_effect")
    play.work("execute")
    play.let_the_key_die()
    for _ in range(2):
        play.look_up()


def alike(play: Scenario) -> None:
    """It did not happen, no key lives, and a colleague does the same in the dashboard."""
    play.order(fault="answer_lost_before_effect")
    play.work("execute")
    play.let_the_key_die()
    if play.wish is REFUND:
        play.firm.refund_elsewhere(play.target, MOST_MINOR)
    else:
        play.firm.make("paid", customer=play.target, amount=ASKED_MINOR)
    play.look_up()
    play.let_ten_minutes_pass()
    play.look_up()
    play.let_people_see()


def overtaken(play: Scenario) -> None:
    """A worker stands still before sending; meanwhile the order is found not to be executed."""
    play.order()
    play.begin("execute", stop_at="after_try", settings=HASTY)
    # What its worker counts, nobody else can move on.
    time.sleep(HASTY["ACTION_CALL_S"] + 0.1)
    play.abandon()
    play.let_the_key_die()
    play.find_out()
    play.let_ten_minutes_pass()
    play.find_out()
    play.let_people_see()
    assert play.intent.state == IntentState.FAILED
    play.end("execute")


def late(play: Scenario) -> None:
    """A worker stands still with an answer that says nothing; meanwhile the order is settled."""
    play.order(fault="answer_lost_after_effect")
    play.begin("execute", stop_at="after_answer", settings=PATIENT)
    play.abandon()
    play.find_out()
    assert play.intent.state in HAPPENED
    play.end("execute")


def refunded_elsewhere(play: Scenario) -> None:
    """A colleague refunds everything in the dashboard, at the moment our order is sent."""
    play.order()
    play.begin("execute", stop_at="after_try", settings=PATIENT)
    play.firm.refund_elsewhere(play.target, CHARGE_MINOR)
    play.end("execute")
