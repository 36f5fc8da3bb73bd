"""Keeps programs alive: starts them, starts them again when they die, stops them together."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chargedesk.runtime import processes
from chargedesk.runtime.processes import Program

# One that dies at once is tried less and less often, but always within the promised 5 s.
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 3.0
LIVED_LONG_S = 10.0
HOPELESS_AFTER_DEATHS = 3


@dataclass
class _Watched:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    early_deaths: int = 0
    start_again_at: float | None = None


class Supervisor:
    """Watches the programs it was asked to start; `say` hears of every death."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._watched: list[_Watched] = []

    def start(self, programs: Iterable[Program]) -> None:
        """Start each program and watch it from now on."""
        for program in programs:
            process = processes.start(program)
            self._watched.append(_Watched(program, process, time.monotonic()))

    def look(self) -> None:
        """Start again what has died and whose pause is over."""
        for watched in self._watched:
            if watched.start_again_at is not None:
                self._start_again(watched)
            elif watched.process.poll() is not None:
                self._plan_start(watched)

    def hopeless(self) -> Program | None:
        """Return a program that has died at once several times in a row, if there is one."""
        found = (one.program for one in self._watched if one.early_deaths >= HOPELESS_AFTER_DEATHS)
        return next(found, None)

    def stop(self, *, patience_s: float) -> None:
        """Ask all to stop at once, wait together, then end what is left of their groups."""
        running = [watched for watched in self._watched if watched.process.poll() is None]
        for watched in running:
            with contextlib.suppress(ProcessLookupError):
                watched.process.send_signal(watched.program.stop_signal)
        processes.wait_until(
            lambda: all(watched.process.poll() is not None for watched in running),
            timeout_s=patience_s,
        )
        for watched in self._watched:
            processes.end_group(watched.process.pid)
            watched.process.wait()
            watched.program.pid_path.unlink(missing_ok=True)
        self._watched.clear()

    def _plan_start(self, watched: _Watched) -> None:
        # Its children must not go on beside those of its successor.
        processes.end_group(watched.process.pid)
        lived_s = time.monotonic() - watched.started_at
        watched.early_deaths = 0 if lived_s > LIVED_LONG_S else watched.early_deaths + 1
        pause_s = min(FIRST_PAUSE_S * 2**watched.early_deaths, LONGEST_PAUSE_S)
        watched.start_again_at = time.monotonic() + pause_s
        self._say(
            f"{watched.program.name} ended with code {watched.process.returncode}; starting it "
            f"again (log: {watched.program.log_path})"
        )

    def _start_again(self, watched: _Watched) -> None:
        if time.monotonic() < (watched.start_again_at or 0):
            return
        watched.process = processes.start(watched.program)
        watched.started_at = time.monotonic()
        watched.start_again_at = None
