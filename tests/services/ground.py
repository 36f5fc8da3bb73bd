"""Addresses of one test session, chosen before anything starts, and the services behind them."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import requests

from chargedesk.runtime import addresses, processes
from chargedesk.runtime.database_roles import prepare_database
from chargedesk.runtime.services import PrivateServices

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 180


class Ground:
    """One data folder with private services; each pytest process has its own.

    `environment` is what our programs need to find everything; nothing runs until it is asked for.
    """

    def __init__(self) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix="chargedesk-test-", dir=addresses.SOCKET_HOME))
        # The user PostgreSQL runs as must be able to walk through.
        self.data_dir.chmod(0o711)
        self.services = PrivateServices(self.data_dir)
        self._ports = [kept_port(), kept_port(), kept_port(self.services.redis.port)]
        self.web_port, self.sandbox_port, _redis = (each.getsockname()[1] for each in self._ports)
        self._running: list[tuple[subprocess.Popen[bytes], processes.Program]] = []

    @property
    def base_url(self) -> str:
        """Where `live_web` answers."""
        return f"http://{addresses.LOOPBACK}:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        """Where `sandbox` answers."""
        return f"http://{addresses.LOOPBACK}:{self.sandbox_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of every program this session starts."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            **self.services.environment,
            "DJANGO_SETTINGS_MODULE": "chargedesk.settings.test",
            "PORT": str(self.web_port),
            "BASE_URL": self.base_url,
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_URL": self.sandbox_url,
            "LOG_FORMAT": "console",
            "PYTHONPATH": str(ROOT),
        }

    def start_database(self) -> None:
        """Start both services, then make and migrate the database as `owner`."""
        self.services.start()
        prepare_database(
            owner_url=self.services.owner_database_url, app_url=self.services.database_url
        )
        # The checks load every page and view; `make check` and each program's own start run them.
        self.manage("migrate", "--verbosity", "0", "--skip-checks")

    def manage(self, *arguments: str) -> str:
        """Run one `manage.py` command and return what it printed; fails the test on an error."""
        outcome = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, f"manage.py {arguments}:\n{outcome.stdout}{outcome.stderr}"
        return outcome.stdout

    def start(
        self, name: str, *command: str, is_ready: Callable[[], bool]
    ) -> subprocess.Popen[bytes]:
        """Start `python -m command…` and wait until it is ready; fails with the end of its log."""
        program = processes.Program(
            name=name,
            command=[sys.executable, "-m", *command],
            mark=name,
            log_path=self.data_dir / "log" / f"{name}.log",
            pid_path=self.data_dir / "run" / f"{name}.pid",
            env=self.environment,
            cwd=ROOT,
        )
        process = processes.start(program)
        self._running.append((process, program))
        ready = processes.wait_until(
            lambda: process.poll() is not None or is_ready(), timeout_s=READY_WITHIN_S
        )
        said = processes.tail(program.log_path, lines=40)
        assert ready, f"{name} did not answer:\n{said}"
        assert process.poll() is None, f"{name} ended:\n{said}"
        return process

    def runs(self, name: str) -> bool:
        """Whether this session has started the program of this name."""
        return any(program.name == name for _, program in self._running)

    def stop(self) -> None:
        """Stop everything this session started and remove its folder."""
        for process, program in reversed(self._running):
            processes.stop(process, program, patience_s=5)
        self._running.clear()
        for each in self._ports:
            each.close()
        self.services.stop()
        # As root, PostgreSQL's folder may be outside of ours.
        shutil.rmtree(self.services.postgres.folder, ignore_errors=True)
        shutil.rmtree(self.data_dir, ignore_errors=True)


def kept_port(port: int = 0) -> socket.socket:
    """Keep a loopback port, any free one if none is named, from everybody who asks for any.

    Programs start minutes after their addresses were chosen. Who names the port may listen there:
    this socket does not, and both may use the address again.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind((addresses.LOOPBACK, port))
    return keeper


def answers(url: str) -> bool:
    """Tell whether the address answers 2xx."""
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False
