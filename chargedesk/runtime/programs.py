"""The programs that `make run` keeps alive: web, worker, background, beat and sandbox."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chargedesk.runtime import addresses
from chargedesk.runtime.processes import Program
from chargedesk.runtime.run_config import ROOT, RunConfig

PYTHON = [sys.executable, "-m"]
CELERY = [*PYTHON, "celery", "-A", "chargedesk.celery"]
# Of which ACTION_AT_ONCE_GATEWAY at most wait for one gateway.
ORDERS_AT_ONCE = 6
# Paths of document links are secrets, so the access log names no address beyond the path's start.
ACCESS_LOG = "%(t)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


def web(config: RunConfig, env: Mapping[str, str]) -> Program:
    """Return gunicorn: 2 processes of 16 threads, because a refund may wait for its worker."""
    mark = f"web-{addresses.short_id(config.data_dir)}"
    return _program(
        config,
        "web",
        [
            *(*PYTHON, "gunicorn", "chargedesk.wsgi", "--name", mark),
            *("--bind", f"{addresses.LOOPBACK}:{config.port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "16"),
            # Loaded once and forked: half the work at the start, and a dead one is back at once.
            *("--preload", "--graceful-timeout", "2", "--keep-alive", "5", "--no-control-socket"),
            *("--access-logfile", "-", "--access-logformat", ACCESS_LOG),
        ],
        mark=mark,
        env=env,
    )


def worker(config: RunConfig, env: Mapping[str, str]) -> Program:
    """Return the workers for orders: enough that a gateway that hangs leaves some free."""
    return _pool(config, "worker", queue="money", size=ORDERS_AT_ONCE, env=env)


def background(config: RunConfig, env: Mapping[str, str]) -> Program:
    """Return the workers for everything else, which nobody waits for: news, histories, sweeps."""
    return _pool(config, "background", queue="celery", size=2, env=env)


def _pool(
    config: RunConfig, name: str, *, queue: str, size: int, env: Mapping[str, str]
) -> Program:
    mark = f"{name}-{addresses.short_id(config.data_dir)}@"
    return _program(
        config,
        name,
        [
            *(*CELERY, "worker", "--hostname", f"{mark}%h", "--queues", queue),
            *("--pool", "prefork", "--concurrency", str(size), "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle"),
        ],
        mark=mark,
        env=env,
    )


def beat(config: RunConfig, env: Mapping[str, str]) -> Program:
    """Return Celery's clock, which wakes the sweeps."""
    schedule = str(config.data_dir / "run" / "beat-schedule")
    return _program(
        config,
        "beat",
        [*CELERY, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"],
        mark=schedule,
        env=env,
    )


def sandbox(config: RunConfig) -> Program:
    """Return the provider simulators; they get none of our secrets."""
    folder = str(config.data_dir / "sandbox")
    return _program(
        config,
        "sandbox",
        [
            *(*PYTHON, "sandbox", "--host", addresses.LOOPBACK),
            *("--port", str(config.sandbox_port), "--data-dir", folder, "--seed", "demo"),
        ],
        mark=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONUNBUFFERED": "1"},
    )


def _program(
    config: RunConfig, name: str, command: Sequence[str], *, mark: str, env: Mapping[str, str]
) -> Program:
    return Program(
        name=name,
        command=command,
        mark=mark,
        log_path=log_path(config.data_dir, name),
        pid_path=config.data_dir / "run" / f"{name}.pid",
        env=env,
        cwd=ROOT,
    )


def log_path(data_dir: Path, name: str) -> Path:
    """Return where a program's output goes."""
    return data_dir / "log" / f"{name}.log"
