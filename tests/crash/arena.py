"""Services and programs of the crash suite alone, so that it may kill, freeze and wipe them."""

import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psutil
import redis
from celery import Celery
from django.conf import settings
from django.db import connections
from django.test import override_settings
from psycopg2.extensions import parse_dsn

from chargedesk.runtime import processes
from tests.services.accounts import Control
from tests.services.ground import ROOT, Ground, answers

# A call lasts a second, a lease five: what takes minutes in life takes seconds here.
TIMES = {
    "ACTION_CALL_S": 1,
    "ACTION_LEASE_S": 5,
    "ACTION_LEASE_MARGIN_S": 1,
    "ACTION_LOOK_UP_AFTER_S": [1, 2, 3, 4],
    "ACTION_LOOK_UP_LATER_S": 2,
    # Refunds that wait for a bank are no news for hours; polled often, they take all workers.
    "ACTION_POLL_PENDING_S": 30,
    # Longer than any effect of the faults can be late: an empty look-up stays proof.
    "ACTION_EMPTY_LOOK_UPS_APART_S": 8,
    # A frozen worker keeps its place, and here all of a pool may be frozen.
    "ACTION_AT_ONCE_CONNECTION": 4,
    "ACTION_AT_ONCE_GATEWAY": 4,
}
# Which of the product's queues each program empties.
POOLS = {"worker": "money", "background": "celery"}
CELERY = ("celery", "-A", "tests.crash.programs")
POOL = 4
YOUNG_S = 20


class Arena(Ground):
    """A ground whose programs can be killed by name and started again."""

    def __init__(self, session: Ground) -> None:
        super().__init__()
        # What the tests' own process seals and hashes, the programs must be able to open.
        self._secrets = session.services.secrets
        self._programs: dict[str, tuple[subprocess.Popen[bytes], processes.Program]] = {}
        self.kills: Counter[str] = Counter()
        self._postgres_since = -math.inf
        self._retired: set[str] = set()

    @property
    def environment(self) -> dict[str, str]:
        """The ground's, with fast times."""
        times = {
            name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in TIMES.items()
        }
        return {
            **super().environment,
            **times,
            "SECRET_KEY": self._secrets.secret_key,
            "ENCRYPTION_KEYS": self._secrets.encryption_keys,
            "LOG_LEVEL": "WARNING",
            "CRASH_POINTS_DIR": str(self.data_dir / "points"),
        }

    @property
    def control(self) -> Control:
        """The control API of this arena's sandbox."""
        return Control(self.sandbox_url)

    def begin(self) -> None:
        """Start everything but beat."""
        self.start_database()
        (self.data_dir / "points").mkdir()
        for name in ("sandbox", "web", *POOLS):
            self.launch(name)
        self.wait_for("sandbox", "web")

    def launch(self, name: str) -> None:
        """Start a program, without waiting. Only from the main thread: it dies with its thread."""
        program = processes.Program(
            name=name,
            command=[sys.executable, "-m", *self._commands[name]],
            mark=name,
            log_path=self.data_dir / "log" / f"{name}.log",
            pid_path=self.data_dir / "run" / f"{name}.pid",
            env=self.environment,
            cwd=ROOT,
        )
        self._programs[name] = (processes.start(program), program)
        self._retired.discard(name)

    def wait_for(self, *names: str) -> None:
        """Wait until web or sandbox answers."""
        asked = {"sandbox": f"{self.sandbox_url}/_control/health", "web": f"{self.base_url}/livez"}
        for name in names:
            ready = processes.wait_until(lambda url=asked[name]: answers(url), timeout_s=180)  # type: ignore[misc]
            assert ready, processes.tail(self.data_dir / "log" / f"{name}.log", lines=40)

    def retire(self, name: str) -> None:
        """End a program for good."""
        self._retired.add(name)
        process, _program = self._programs[name]
        processes.end_group(process.pid)
        process.wait()

    def kill(self, name: str) -> None:
        """End a program and all its children as a power cut would."""
        process, _program = self._programs[name]
        processes.end_group(process.pid)
        process.wait()
        self._count(name)

    def kill_parent(self, name: str) -> None:
        """End the parent only; its children notice by themselves."""
        process, _program = self._programs[name]
        process.kill()
        process.wait()
        self._count(f"{name}'s parent")

    def end_orphans(self, name: str) -> None:
        """End the children of a parent that was killed before."""
        processes.end_group(self._programs[name][0].pid)

    def revive(self) -> list[str]:
        """Start again what is dead; the names."""
        dead = [
            name
            for name, (process, _) in self._programs.items()
            if process.poll() is not None and name not in self._retired
        ]
        for name in dead:
            self.end_orphans(name)
            self.launch(name)
        for name in POOLS.keys() & set(dead):
            processes.wait_until(lambda name=name: bool(self.children(name)), timeout_s=180)  # type: ignore[misc]
        return dead

    def children(self, *names: str) -> list[psutil.Process]:
        """The pools of these programs, of all workers without a name."""
        found = []
        for name in names or POOLS:
            with suppress(psutil.NoSuchProcess):
                found += psutil.Process(self._programs[name][0].pid).children()
        return found

    def log(self, name: str) -> str:
        """The end of a program's log."""
        return processes.tail(self.data_dir / "log" / f"{name}.log", lines=80)

    def signal(self, pid: int, what: signal.Signals) -> bool:
        """Send a signal to a child; False if it is gone."""
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            return False
        if what is not signal.SIGCONT:
            self._count("worker killed" if what is signal.SIGKILL else "worker frozen")
        return True

    def arm_point(self, point: str, *, is_freezing: bool) -> None:
        """Let the next worker that reaches a point die there, or stop."""
        folder = self.data_dir / "points"
        (folder / (f"{point}.stop" if is_freezing else point)).touch()
        self._count(f"{'frozen' if is_freezing else 'died'} at a point")

    def disarm_points(self) -> None:
        """Let nobody die any more where nobody has come by yet."""
        for armed in (self.data_dir / "points").iterdir():
            if armed.suffix != ".reached":
                armed.unlink()

    def stopped_children(self) -> list[int]:
        """Children that stand still."""
        found = []
        for child in self.children():
            with suppress(psutil.NoSuchProcess):
                if child.status() == psutil.STATUS_STOPPED:
                    found.append(child.pid)
        return found

    def flush_redis(self) -> None:
        """Wipe the broker, the cache and every flag."""
        with redis.Redis.from_url(self.services.redis_url) as client:
            client.flushall()
        self._count("redis flushed")

    def restart_postgres(self) -> None:
        """Cut PostgreSQL off with everybody connected, without a checkpoint, and start it again."""
        self._postgres_since = math.inf
        self.services.postgres.stop(patience_s=0)
        self.services.postgres.start()
        self._postgres_since = time.monotonic()
        connections.close_all()
        self._count("PostgreSQL killed")

    def is_database_young(self) -> bool:
        """Whether PostgreSQL is down or just up again, so that an error is nobody's fault."""
        return time.monotonic() - self._postgres_since < YOUNG_S

    def stop(self) -> None:
        """Stop every program, then the services."""
        for name, (process, _program) in self._programs.items():
            processes.end_group(process.pid)
            process.wait()
            self._programs[name][1].pid_path.unlink(missing_ok=True)
        super().stop()

    def _count(self, what: str) -> None:
        self.kills[what] += 1

    @property
    def _commands(self) -> dict[str, tuple[str, ...]]:
        folder = str(self.data_dir)
        quiet = ("--loglevel", "WARNING")
        pool = ("--pool", "prefork", "--concurrency", str(POOL))
        # Ten seconds long a dead child's task counts as being worked on: with the usual few tasks
        # ahead, some deaths keep the whole pool from working.
        ahead, alone = ("--prefetch-multiplier", "32"), ("--without-gossip",)
        threads = ("--workers", "1", "--worker-class", "gthread", "--threads", "24")
        return {
            "sandbox": (
                *("sandbox", "--host", "127.0.0.1", "--port", str(self.sandbox_port)),
                *("--data-dir", f"{folder}/sandbox", "--seed", "empty"),
            ),
            "web": (
                *("gunicorn", "chargedesk.wsgi", "--bind", f"127.0.0.1:{self.web_port}"),
                *(*threads, "--no-control-socket"),
            ),
            **{
                name: (
                    *(*CELERY, "worker", "--hostname", f"{name}@%h", "--queues", queue),
                    *(*pool, *ahead, "--without-mingle", *alone, *quiet),
                )
                for name, queue in POOLS.items()
            },
            "beat": (*CELERY, "beat", "--schedule", f"{folder}/beat", *quiet),
        }


@contextmanager
def entered(arena: Arena) -> Iterator[Arena]:
    """Point this process's settings, database and broker at the arena while the block runs."""
    from chargedesk.celery import app  # noqa: PLC0415

    services = arena.services
    changed = {
        **TIMES,
        "REDIS_URL": services.redis_url,
        "BASE_URL": arena.base_url,
        "SANDBOX_URL": arena.sandbox_url,
        "DATA_DIR": arena.data_dir,
    }
    with ExitStack() as stack:
        stack.enter_context(override_settings(**changed))
        stack.enter_context(_database(services.database_url))
        stack.enter_context(_broker(app, services.redis_url))
        yield arena


@contextmanager
def _database(url: str) -> Iterator[None]:
    address = parse_dsn(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    own = settings.DATABASES["default"]
    before = {name: own[name] for name in names}
    connections.close_all()
    own.update({name: address[theirs] for name, theirs in names.items()})
    try:
        yield
    finally:
        connections.close_all()
        own.update(before)


@contextmanager
def _broker(app: Celery, url: str) -> Iterator[None]:
    before = app.conf.broker_url
    _use_broker(app, url)
    try:
        yield
    finally:
        _use_broker(app, before)


def _use_broker(app: Any, url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    # The application keeps its pools: without this the old address stays in use.
    app._pool = None
    app.amqp._producer_pool = None
