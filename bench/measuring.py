"""Measures work by CPU time of the processes that do it; plain Python, peers use it as well.

Machines stall, so means are worthless: contestants take turns within one run, and each is judged by
its quiet quartile, the median of the quietest quarter of its rounds.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

_QUIET_SHARE = 4
# How Linux names the CPU clock of another process: clock_getcpuclockid(3).
_PID_SHIFT, _WHOLE_PROCESS = 3, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Milliseconds for one unit of work.

    `app_ms` and `database_ms` are CPU time, user and system, of this process and of its PostgreSQL
    backend; `wall_ms` is the median time on the clock.
    """

    app_ms: float
    database_ms: float
    wall_ms: float

    @property
    def cpu_ms(self) -> float:
        """What all processes together spent."""
        return self.app_ms + self.database_ms

    def plain(self) -> dict[str, float]:
        """As JSON."""
        return asdict(self)


class Meter:
    """Reads the clocks of this process and of the PostgreSQL backend that works for it."""

    def __init__(self, backend_pid: Callable[[], int]) -> None:
        self._backend_pid = backend_pid

    def series(self, works: Iterable[Callable[[], object]]) -> list[Cost]:
        """Do each once, one unit of work each."""
        # Once for all: a collection walks the whole heap and leaves the processor's caches cold,
        # which is dearer than a small piece of work and no part of it.
        gc.collect()
        return [self._measured(work, units=1) for work in works]

    def measure(self, work: Callable[[], object], *, units: int) -> Cost:
        """Do it once, as so many units of work."""
        # What earlier work left behind is not this work's.
        gc.collect()
        return self._measured(work, units=units)

    def _measured(self, work: Callable[[], object], *, units: int) -> Cost:
        backend = (~self._backend_pid() << _PID_SHIFT) | _WHOLE_PROCESS
        wall, database = time.perf_counter(), time.clock_gettime(backend)
        app = time.process_time()
        work()
        app = time.process_time() - app
        wall, database = time.perf_counter() - wall, time.clock_gettime(backend) - database
        scale = 1000 / units
        return Cost(app_ms=app * scale, database_ms=database * scale, wall_ms=wall * scale)

    def contest(
        self, contestants: Mapping[str, Callable[[], int]], *, rounds: int
    ) -> dict[str, Cost]:
        """Let the contestants take turns, after one round to warm up; each says how many units."""
        for work in contestants.values():
            work()
        kept: dict[str, list[Cost]] = {name: [] for name in contestants}
        for _ in range(rounds):
            for name, work in contestants.items():
                kept[name].append(self._round(work))
        return {name: quiet(costs) for name, costs in kept.items()}

    def _round(self, work: Callable[[], int]) -> Cost:
        units: list[int] = []
        whole = self.measure(lambda: units.append(work()), units=1)
        return Cost(
            app_ms=whole.app_ms / units[0],
            database_ms=whole.database_ms / units[0],
            wall_ms=whole.wall_ms / units[0],
        )


def quiet(costs: list[Cost]) -> Cost:
    """The quiet quartile by CPU time; the wall clock's median beside it."""
    quietest = sorted(costs, key=lambda cost: cost.cpu_ms)
    quietest = quietest[: max(1, len(quietest) // _QUIET_SHARE)]
    return Cost(
        app_ms=statistics.median(cost.app_ms for cost in quietest),
        database_ms=statistics.median(cost.database_ms for cost in quietest),
        wall_ms=statistics.median(cost.wall_ms for cost in costs),
    )
