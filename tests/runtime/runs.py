"""A real `python -m chargedesk.runtime` in a folder of its own, mostly without the demo."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import requests

from chargedesk.runtime import processes
from tests.services.ground import ROOT, kept_port

NAMES = ("postgres", "redis", "web", "worker", "background", "beat")


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that have not ended half a second later.

    A zombie has ended: only whoever adopted it has not looked yet.
    """
    _, left = psutil.wait_procs(processes, timeout=0.5)
    return [each for each in left if each.status() != psutil.STATUS_ZOMBIE]


class Run:
    """One start of the runner; `output` collects what it says."""

    def __init__(self, data_dir: Path, *, port: int | None = None, with_demo: bool = False) -> None:
        self.data_dir = data_dir
        self._ports = [kept_port(), kept_port()]
        free, beside = (each.getsockname()[1] for each in self._ports)
        self.demo = {"DEMO": "1", "SANDBOX_PORT": str(beside)} if with_demo else {}
        self.port = port or free
        self.output = data_dir / "said.txt"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "chargedesk.runtime"],
                cwd=ROOT,
                env={
                    **env,
                    "DATA_DIR": str(self.data_dir),
                    "PORT": str(self.port),
                    "DEMO": "0",
                    **self.demo,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )

    def wait_until_ready(self, *, timeout_s: float = 180) -> None:
        """Return once everything answers; fails with what the runner said."""
        assert processes.wait_until(
            lambda: self.process.poll() is not None or self.is_ready(), timeout_s=timeout_s
        ), self.said()
        assert self.process.poll() is None, self.said()

    def is_ready(self) -> bool:
        """Tell whether database, Redis, workers and web answer."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=10).ok
        except requests.RequestException:
            return False

    def pid(self, name: str) -> int:
        """Return the pid in the file that scripts may read."""
        return int((self.data_dir / "run" / f"{name}.pid").read_text())

    def descendants(self) -> list[psutil.Process]:
        """Return every process below the runner, PostgreSQL's sessions included."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals) -> float:
        """Send the signal to the runner's process group; return how long it took to end."""
        started = time.monotonic()
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=60)
        took_s = time.monotonic() - started
        for each in self._ports:
            each.close()
        return took_s

    def said(self) -> str:
        """Return what the runner told so far."""
        return self.output.read_text()
