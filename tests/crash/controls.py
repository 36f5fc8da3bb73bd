"""The negative controls' scenarios: each is harmless, unless the product is sabotaged its way.

Each plays one order to its end and answers what the checker then finds.
"""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.recovery import recover, tidy
from chargedesk.kit import clock
from chargedesk.runtime.processes import wait_until
from tests.crash import sabotage
from tests.crash.arena import Arena
from tests.crash.cases import act
from tests.crash.checker import violations
from tests.crash.town import CHARGE_MINOR, Firm, arm, open_firm, place
from tests.crash.waiting import let_key_die
from tests.crash.wishes import CANCEL, GATEWAYS, REFUND, Wish
from tests.services.tills import HOUSES

PATIENCE_S = 40
# For calls that are to be answered.
PATIENT = {"ACTION_CALL_S": 30, "ACTION_LEASE_S": 60}


class Scenario:
    """One firm, one order, one worker that is sabotaged or not."""

    def __init__(self, arena: Arena, folder: Path, *, kind: str, gateway: str) -> None:
        self._arena, self._folder, self._kind = arena, folder, kind
        self.firm: Firm = open_firm(
            arena.control,
            gateway,
            paid=1,
            others={"subscribed": 1},
            has_webhook=False,
            has_catalogue=False,
        )
        self.intent_id: UUID | None = None
        self.target = ""
        folder.mkdir(parents=True)

    def order(self, wish: Wish, *, fault: str = "") -> None:
        """Place an order, with a fault of the provider's at its first try."""
        object_id, self.target = self.firm.object_for(wish)
        intent = place(self.firm, wish, object_id)
        self.intent_id = intent.id
        if fault:
            arm(self.firm, intent, fault)
        self.firm.change(intent, not_before=clock.now())

    def work(self, step: str) -> None:
        """Have the worker do one step to its end, however slow the machine is."""
        self.begin(step, settings=PATIENT)
        self.end(step)

    def begin(
        self, step: str, *, stop_at: str = "", settings: Mapping[str, int] | None = None
    ) -> None:
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
            settings=dict(settings or {}),
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
        """Wait until the lease of the frozen worker has ended, and the sweep has seen it."""

        def is_unknown() -> bool:
            tidy(self.firm.tenant.id)
            return self.intent.state == IntentState.UNKNOWN

        assert wait_until(is_unknown, timeout_s=PATIENCE_S, every_s=0.3), self.intent.state

    def find_out(self) -> None:
        """Recover as another worker would, which is not sabotaged."""
        self.firm.change(self.intent, next_look_up_at=clock.now())
        recover(self.firm.tenant.id, self.intent.id)

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
    play.order(REFUND, fault="answer_lost_after_effect")
    play.work("execute")
    play.firm.change(play.intent, next_look_up_at=clock.now())
    play.work("recover")


def looked_up(play: Scenario) -> None:
    """The answer is lost, no key lives, and the order is looked up."""
    play.order(CANCEL, fault="answer_lost_after_effect")
    play.work("execute")
    play.let_the_key_die()
    for _ in range(2):
        play.firm.change(play.intent, next_look_up_at=clock.now())
        play.work("recover")


def overtaken(play: Scenario) -> None:
    """A worker stands still before sending; meanwhile the order is found not to be executed."""
    play.order(REFUND)
    play.begin("execute", stop_at="after_try")
    play.abandon()
    play.let_the_key_die()
    play.find_out()
    long_ago = clock.now() - timedelta(hours=1)
    play.firm.change(play.intent, first_empty_look_up_at=long_ago)
    play.find_out()
    assert play.intent.state == IntentState.FAILED
    play.end("execute")


def late(play: Scenario) -> None:
    """A worker stands still with an answer that says nothing; meanwhile the order is settled."""
    play.order(REFUND, fault="answer_lost_after_effect")
    play.begin("execute", stop_at="after_answer")
    play.abandon()
    play.find_out()
    assert play.intent.state == IntentState.SUCCEEDED
    play.end("execute")


def refunded_elsewhere(play: Scenario) -> None:
    """A colleague refunds everything in the dashboard, at the moment our order is sent."""
    play.order(REFUND)
    play.begin("execute", stop_at="after_try", settings=PATIENT)
    play.firm.refund_elsewhere(play.target, CHARGE_MINOR)
    play.end("execute")


@dataclass(frozen=True)
class Control:
    """Which scenario shows a sabotage, at which gateways, and what the checker then says.

    The first gateway stands for all in the short form where the sabotage is in the engine alone;
    `is_theirs`: what the gateway offers decides, so that each is played.
    """

    scenario: Callable[[Scenario], None]
    sentence: str
    gateways: tuple[str, ...]
    is_theirs: bool = True


CONTROLS = {
    # Only who has keys repeats an order.
    sabotage.NEW_KEY: Control(repeated, "had 2 effects", ("stripe", "paypal", "recurly")),
    sabotage.NO_LOOK_UP: Control(
        looked_up,
        "is not settled, effects: 1",
        # An own system's record settles it, too, whenever it is read.
        tuple(gateway for gateway in GATEWAYS if not HOUSES[gateway].functions),
    ),
    # Only where an empty answer is proof, an order ends while a worker stands still.
    sabotage.SHORT_LEASE: Control(
        overtaken,
        "left its end: action.failed",
        ("stripe", "braintree"),
        is_theirs=False,
    ),
    sabotage.NO_GUARD: Control(
        late, "left its end: action.succeeded", ("stripe", "woocommerce"), is_theirs=False
    ),
    # Only these say “already done” of what somebody else did.
    sabotage.TAKEN_AS_DONE: Control(
        refunded_elsewhere,
        "nothing of ours is at the provider",
        ("stripe", "paypal", "braintree"),
    ),
}
