"""Random rounds from a seed: orders of every kind, faults of the provider, programs that die."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psutil

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.kit import clock
from tests.crash.arena import TIMES, Arena
from tests.crash.callers import Callers
from tests.crash.cases import AFTER_THE_SEND, ANSWERS, DELAYS
from tests.crash.checker import unconsumed_faults
from tests.crash.town import MOST_MINOR, Firm, arm_any, arm_call, arm_lag, open_firms
from tests.crash.wishes import DECLARED, GATEWAYS, REFUND, Wish

WEBHOOKS = (
    "webhook_before_answer",
    "webhook_delayed",
    "webhook_doubled",
    "webhook_reordered",
    "webhook_dropped",
)
FAULTS = (*ANSWERS[1:], *DELAYS, *WEBHOOKS)
# One below, one above the longest a call may take.
DELAYS_S = (0.3, 1.6)
USES_OF_A_CHARGE = 3
FROZEN_S = int(str(TIMES["ACTION_LEASE_S"])) + 1.5


@dataclass
class Season:
    """Some rounds with firms of their own, checked at their end."""

    arena: Arena
    seed: str
    rounds: int
    firms: list[Firm] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    # In how many rounds something was ordered at a gateway.
    played: Counter[str] = field(default_factory=Counter)
    # Faults at one order's own call, with the time they were armed.
    aimed: dict[str, datetime] = field(default_factory=dict)
    drawn: int = 0
    _visited: set[str] = field(default_factory=set)
    # What is still to be dealt out before anything comes again.
    _wishes: list[tuple[str, Wish]] = field(default_factory=list)
    _deals: int = 0
    _deeds: list[Callable[[], object]] = field(default_factory=list)
    frozen: list[tuple[int, float]] = field(default_factory=list)
    callers: Callers = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        # S311: the same seed must bring the same rounds; nothing secret hangs on it.
        self.chance = random.Random(self.seed)  # noqa: S311
        self.callers = Callers(self.arena.base_url, self.arena.is_database_young)

    def open(self) -> None:
        """Open a firm at each gateway, with enough to order about."""
        stock = {"paid": 3 + self.rounds // 2, "others": 1 + self.rounds // 20}
        opened = open_firms(self.arena.control, dict.fromkeys(GATEWAYS, stock))
        for firm in opened.values():
            self.callers.meet(firm)
            self.firms.append(firm)

    def play(self) -> None:
        """Play the rounds, then let everything that is frozen or dead go on."""
        for _ in range(self.rounds):
            self._round()
        # Whatever chance did, every action of every gateway was ordered.
        for gateway, wish in self._wishes if self._deals == 1 else ():
            self._order_something_else(gateway, wish)
        self._use_up_faults()
        self.arena.disarm_points()
        self._wake_all()
        self.callers.finish()

    def _wake_all(self) -> None:
        """Let the last frozen worker outlast its lease, then go on."""
        self._go_on()
        if self.frozen:
            time.sleep(max(0.0, max(due for _, due in self.frozen) - time.monotonic()))
        self._go_on()

    def _round(self) -> None:
        self._visited.clear()
        for _ in range(self.chance.randint(1, 3)):
            self._arm()
        for _ in range(self.chance.randint(1, 3)):
            self._order_refund()
        for _ in range(self.chance.randint(1, 3)):
            self._order_something_else(*self._next_wish())
        self.played.update(self._visited)
        time.sleep(self.chance.uniform(0.05, 0.3))
        self._disturb()
        time.sleep(self.chance.uniform(0.05, 0.3))
        self._go_on()

    def _arm(self) -> None:
        """Let a coming refund suffer."""
        firm, kind = self._firm(), self.chance.choice(FAULTS)
        if firm.house.lagging_list and self.chance.random() < 0.1:
            kind = "lookup_lag"
            arm_lag(firm)
        else:
            arm_any(firm, kind, delay_s=self.chance.choice(DELAYS_S) if kind in DELAYS else 1.0)
        self.faults[kind] += 1

    def _firm(self) -> Firm:
        """Each gateway in turn first, so that the shortest season has them all."""
        self.drawn += 1
        if self.drawn <= len(self.firms):
            return self.firms[self.drawn - 1]
        return self.chance.choice([each for each in self.firms if self._left(each)])

    def _left(self, firm: Firm) -> list[str]:
        return [each for each in firm.stocks["paid"] if self.uses[each] < USES_OF_A_CHARGE]

    def _order_refund(self) -> None:
        firm = self._firm()
        self._visited.add(firm.house.name)
        target, minor = self._charge(firm), self.chance.randint(100, MOST_MINOR)
        how = self.chance.random()
        if how < 0.15 and not self.uses[target] > 1:
            self.callers.two_agents(firm, target, minor=minor)
        elif how < 0.25:
            self.callers.order_in_panel(firm, REFUND, target, minor=minor)
        else:
            self._call(firm, REFUND, target, minor)

    def _order_something_else(self, gateway: str, wish: Wish) -> None:
        """One of the other actions, half of the time with a fault at its own call."""
        firm = next(each for each in self.firms if each.house.name == gateway)
        self._visited.add(gateway)
        _, target = firm.object_for(wish)
        if self.chance.random() < 0.5:
            kind = self.chance.choice(ANSWERS[1:])
            now = clock.now()
            self.aimed[arm_call(firm, wish, target, kind)] = now
            self.faults[kind] += 1
        self._call(firm, wish, target, MOST_MINOR)

    def _next_wish(self) -> tuple[str, Wish]:
        """Each action of each gateway in turn, in an order of chance."""
        if not self._wishes:
            self._deals += 1
            self._wishes = [each for each in DECLARED if each[1] != REFUND]
            self.chance.shuffle(self._wishes)
        return self._wishes.pop()

    def _call(self, firm: Firm, wish: Wish, target: str, minor: int) -> None:
        """Once or twice at once with a key, or twice without one."""
        how = self.chance.random()
        times = 1 if how < 0.6 else 2
        self.callers.order(firm, wish, target, minor=minor, times=times, has_key=how < 0.8)

    def _charge(self, firm: Firm) -> str:
        target = self.chance.choice(self._left(firm))
        self.uses[target] += 1
        return target

    def _disturb(self) -> None:
        """Each blow in turn, in an order of chance."""
        if not self._deeds:
            self._deeds = [
                self._kill_child,
                self._kill_child,
                self._freeze_child,
                self._freeze_child,
                self._die_at_a_point,
                self._die_at_a_point,
                self._die_at_a_point,
                self._refund_elsewhere,
                self.arena.flush_redis,
                self.arena.restart_postgres,
                lambda: self.arena.kill("web"),
                lambda: self.arena.kill("beat"),
                lambda: self.arena.kill("background"),
                lambda: self.arena.kill("worker"),
                lambda: self.arena.kill_parent("worker"),
            ]
            self.chance.shuffle(self._deeds)
        self._deeds.pop()()

    def _kill_child(self) -> None:
        if child := self._child():
            self.arena.signal(child.pid, signal.SIGKILL)

    def _freeze_child(self) -> None:
        if child := self._child():
            self.arena.signal(child.pid, signal.SIGSTOP)
            self.frozen.append((child.pid, time.monotonic() + FROZEN_S))

    def _child(self) -> psutil.Process | None:
        children = self.arena.children()
        return self.chance.choice(children) if children else None

    def _die_at_a_point(self) -> None:
        point = self.chance.choice(("after_claim", "after_try", *AFTER_THE_SEND))
        self.arena.arm_point(point, is_freezing=self.chance.random() < 0.3)

    def _refund_elsewhere(self) -> None:
        firm = self._firm()
        firm.refund_elsewhere(self._charge(firm), self.chance.randint(100, MOST_MINOR))

    def _go_on(self) -> None:
        """Wake who was frozen for longer than a lease, and start again what is dead."""
        now, known = time.monotonic(), {pid for pid, _due in self.frozen}
        stopped = [pid for pid in self.arena.stopped_children() if pid not in known]
        self.frozen += [(pid, now + FROZEN_S) for pid in stopped]
        for pid, _due in [each for each in self.frozen if each[1] <= now]:
            self.arena.signal(pid, signal.SIGCONT)
        self.frozen = [each for each in self.frozen if each[1] > now]
        self.arena.revive()

    def _use_up_faults(self) -> None:
        """Order until every armed fault has struck."""
        until = time.monotonic() + 300
        while self.never_struck() and time.monotonic() < until:
            for firm in self.firms:
                # A call suffers one fault only: as many orders as there are faults.
                left = self.never_struck(firm)
                for _ in left[: len(self._left(firm))]:
                    self.callers.order(firm, REFUND, self._charge(firm), minor=100)
            self._wait_for_faults(within_s=20)

    def never_ordered(self) -> list[str]:
        """Actions of gateways that no wish came to be an order of: all its callers were refused."""
        found = []
        for firm in self.firms:
            with scoping.tenant(firm.tenant.id):
                ordered = set(ActionIntent.objects.values_list("action", flat=True))
            found += [
                f"{wish.name} at {firm.house.name}"
                for wish in firm.wishes
                if wish.action.value not in ordered
            ]
        return found

    def never_struck(self, *firms: Firm) -> list[str]:
        """Faults that were armed and never struck; of all firms if none is named."""
        return unconsumed_faults(firms or self.firms, aimed=self.aimed)

    def _wait_for_faults(self, *, within_s: float) -> None:
        until = time.monotonic() + within_s
        while self.never_struck() and time.monotonic() < until:
            time.sleep(0.5)
            self._go_on()
