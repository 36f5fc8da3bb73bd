"""The one process behind `make run`: starts everything in order, watches it, stops it together."""

import os
import signal
import subprocess
import sys
import time
from typing import NoReturn

import psycopg2
import requests

from chargedesk.runtime import addresses, processes, programs
from chargedesk.runtime.database_roles import prepare_database
from chargedesk.runtime.demo_file import demo_path, sign_in_lines
from chargedesk.runtime.errors import RuntimeSetupError
from chargedesk.runtime.leftovers import stop_leftovers
from chargedesk.runtime.run_config import ROOT, RunConfig
from chargedesk.runtime.services import PrivateServices
from chargedesk.runtime.services_file import forget_services, record_services
from chargedesk.runtime.single_run import only_runner
from chargedesk.runtime.stop_signals import StopRequested, ignore_stop_signals, stop_signals
from chargedesk.runtime.supervisor import Supervisor
from chargedesk.runtime.terminal import say
from chargedesk.runtime.translations import compile_translations

LOOK_EVERY_S = 0.2
READY_WITHIN_S = 120
# All of it together stays a second below the promised 5 s, even if nothing obeys: a busy machine
# needs time of its own. Whatever is ended before it has finished is found again at the next start.
PROGRAMS_STOP_WITHIN_S = 1.6
SANDBOX_STOPS_WITHIN_S = 0.3
SERVICES_STOP_WITHIN_S = 0.8


class Runner:
    """One `make run`: everything it starts dies with it."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._supervisor = Supervisor(say=say)
        self._sandbox = Supervisor(say=say)
        self._services: PrivateServices | None = None
        self._demo_loader: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start, watch until a stop signal, stop; raises `RuntimeSetupError` if it cannot start."""
        with only_runner(self._config.data_dir), stop_signals():
            try:
                self._start()
                self._watch()
            except StopRequested:
                say("Stopping")
            finally:
                ignore_stop_signals()
                self._stop()
        say("Stopped")

    def _start(self) -> None:
        config = self._config
        demo_path(config.data_dir).unlink(missing_ok=True)
        stop_leftovers(config)
        self._refuse_taken_ports()
        self._services = PrivateServices(config.data_dir, configured=config.configured, say=say)
        say("Starting PostgreSQL and Redis" + (", and the sandbox" if config.demo else ""))
        self._services.start()
        if config.demo:
            self._sandbox.start([programs.sandbox(config)])
        record_services(config.data_dir, self._recorded_environment)
        say("Preparing the database")
        compile_translations()
        self._prepare_database()
        self._manage("migrate", "--verbosity", "0")
        say("Starting web, workers and beat")
        started = (programs.web, programs.worker, programs.background, programs.beat)
        self._supervisor.start([program(config, self._environment) for program in started])
        if config.demo:
            self._wait_for("sandbox", f"{config.sandbox_url}/_control/health")
        self._wait_for("web", f"{config.base_url}/livez")
        self._wait_for("worker", f"{config.base_url}/readyz")
        self._load_demo()

    def _watch(self) -> None:
        if self._demo_loader is None:
            self._greet()
        while True:
            self._look()
            time.sleep(LOOK_EVERY_S)

    def _look(self) -> None:
        assert self._services is not None  # noqa: S101
        try:
            self._services.revive()
        except RuntimeSetupError as error:
            # A server that recovers after a crash may need more than one try.
            say(str(error))
        self._sandbox.look()
        self._supervisor.look()
        if self._demo_loader is not None and self._demo_loader.poll() is not None:
            if self._demo_loader.returncode != 0:
                say("The demo could not be loaded (see above); everything else runs")
            self._demo_loader = None
            self._greet()

    def _stop(self) -> None:
        if self._demo_loader is not None:
            processes.end_group(self._demo_loader.pid)
            self._demo_loader.wait()
        self._supervisor.stop(patience_s=PROGRAMS_STOP_WITHIN_S)
        self._sandbox.stop(patience_s=SANDBOX_STOPS_WITHIN_S)
        forget_services(self._config.data_dir)
        if self._services is not None:
            self._services.stop(patience_s=SERVICES_STOP_WITHIN_S)

    def _refuse_taken_ports(self) -> None:
        wanted = {"PORT": self._config.port}
        if self._config.demo:
            wanted["SANDBOX_PORT"] = self._config.sandbox_port
        for name, port in wanted.items():
            if not addresses.is_port_free(port):
                raise RuntimeSetupError(
                    f"Port {port} is in use by another program. Stop that program, or choose "
                    f"another port: make run {name}={port + 1}"
                )

    @property
    def _recorded_environment(self) -> dict[str, str]:
        assert self._services is not None  # noqa: S101
        config = self._config
        return {
            **self._services.environment,
            "DJANGO_SETTINGS_MODULE": os.environ.get(
                "DJANGO_SETTINGS_MODULE", "chargedesk.settings.local"
            ),
            "PORT": str(config.port),
            "SANDBOX_PORT": str(config.sandbox_port),
            "SANDBOX_URL": config.sandbox_url if config.demo else "",
            "DEMO": "1" if config.demo else "0",
        }

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self._recorded_environment,
            "PYTHONUNBUFFERED": "1",
            # Code does not change below a running server, so files are looked up once.
            "WHITENOISE_AUTOREFRESH": "0",
        }

    def _prepare_database(self) -> None:
        assert self._services is not None  # noqa: S101
        try:
            prepare_database(
                owner_url=self._services.owner_database_url, app_url=self._services.database_url
            )
        except psycopg2.Error as error:
            raise RuntimeSetupError(f"The database cannot be prepared: {error}") from error

    def _manage(self, *arguments: str) -> None:
        outcome = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if outcome.returncode != 0:
            raise RuntimeSetupError(
                f"manage.py {arguments[0]} failed:\n{outcome.stdout}{outcome.stderr}".rstrip()
            )

    def _wait_for(self, name: str, url: str) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _answers(url):
            if time.monotonic() > deadline:
                self._give_up(f"{name} did not answer within {READY_WITHIN_S} s", name)
            if program := self._supervisor.hopeless() or self._sandbox.hopeless():
                self._give_up(f"{program.name} ends as soon as it starts", program.name)
            self._look()
            time.sleep(LOOK_EVERY_S)

    def _give_up(self, sentence: str, name: str) -> NoReturn:
        path = programs.log_path(self._config.data_dir, name)
        raise RuntimeSetupError(f"{sentence}. The end of {path}:\n{processes.tail(path)}")

    def _load_demo(self) -> None:
        if self._config.demo:
            say("Loading the demo tenants through the real adapters (longer the first time)")
            self._demo_loader = subprocess.Popen(
                [sys.executable, "manage.py", "load_demo"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                process_group=0,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509
            )

    def _greet(self) -> None:
        say(f"ChargeDesk answers at {self._config.base_url}/")
        for line in sign_in_lines(self._config.data_dir):
            say(line)
        say("Stop with Ctrl-C")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
