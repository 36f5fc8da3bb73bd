"""Fixtures of the whole suite: its private services, and two ways to use the database.

Unit tests take `db` (pytest-django's, rolled back). Flow tests take `committed_db`: what they
write stays, other processes see it, and each test makes a tenant of its own. `worker`, `live_web`
and `sandbox` are real processes, one of each per session (`worker` brings `background` along).
"""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import psycopg2
import pytest
from django.conf import settings
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from chargedesk.base.heartbeat import ask_worker
from chargedesk.runtime.programs import ORDERS_AT_ONCE
from chargedesk.runtime.translations import compile_translations
from tests.services import loopback
from tests.services.ground import Ground, answers

GROUND = Ground()


def pytest_configure(config: pytest.Config) -> None:
    """Point the settings at this session's services, which start when a test first needs them."""
    compile_translations()
    # A busy machine is no defect of the code: what must be fast is measured by `make bench`.
    # And no chance of a day decides about a change: other examples than these are tried with
    # `--hypothesis-profile default`.
    hypothesis.settings.register_profile(
        "suite",
        deadline=None,
        derandomize=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("suite")
    os.environ.update(GROUND.environment)
    address = psycopg2.extensions.parse_dsn(GROUND.services.database_url)
    settings.DATABASES["default"].update(
        NAME=address["dbname"],
        USER=address["user"],
        PASSWORD=address["password"],
        HOST=address["host"],
        PORT=address["port"],
    )
    settings.DATABASE_URL = GROUND.services.database_url
    settings.REDIS_URL = settings.CELERY_BROKER_URL = GROUND.services.redis_url
    settings.CACHES["default"]["LOCATION"] = GROUND.services.redis_url
    settings.ENCRYPTION_KEYS = [GROUND.services.secrets.encryption_keys]
    settings.SECRET_KEY = GROUND.services.secrets.secret_key
    settings.DATA_DIR = GROUND.data_dir
    settings.BASE_URL = GROUND.base_url
    settings.SANDBOX_URL = GROUND.sandbox_url
    # Or every test client would walk through all static files before its first request.
    settings.WHITENOISE_AUTOREFRESH = True
    # As in web and worker, what a test wakes goes to this session's broker.
    import chargedesk.celery  # noqa: F401, PLC0415

    if config.getoption("markexpr") != "live":
        loopback.close_network()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse tests of one name, and begin with those that take longest.

    Of several tests of one name pytest-xdist plays the last and forgets the others. The crash suite
    is a few tests of minutes: begun last, the other processes would wait for it.
    """
    names = Counter(item.nodeid for item in items)
    if doubles := [name for name, times in names.items() if times > 1]:
        raise pytest.UsageError(f"Give each test a name of its own: {', '.join(doubles)}")
    items.sort(key=lambda item: item.get_closest_marker("crash") is None)


def pytest_unconfigure() -> None:
    """Leave nothing behind, whatever happened to the tests."""
    GROUND.stop()


@pytest.fixture(scope="session")
def ground() -> Ground:
    """Addresses, environment and folder of this session; starting nothing."""
    return GROUND


@pytest.fixture(scope="session")
def django_db_setup(ground: Ground) -> None:
    """Replace pytest-django's: the database is made and migrated as `owner`, used as `app`."""
    ground.start_database()


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Open the database for a test whose writes stay; it makes a tenant of its own."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@dataclass(frozen=True)
class Running:
    """A process of the session: its pid, its log, and where it answers."""

    pid: int
    log_path: Path
    url: str = ""


@pytest.fixture(scope="session")
def sandbox(ground: Ground) -> Running:
    """Provider simulators with the demo seed."""
    process = ground.start(
        "sandbox",
        "sandbox",
        "--host",
        "127.0.0.1",
        "--port",
        str(ground.sandbox_port),
        "--data-dir",
        str(ground.data_dir / "sandbox"),
        is_ready=lambda: answers(f"{ground.sandbox_url}/_control/health"),
    )
    return Running(process.pid, ground.data_dir / "log" / "sandbox.log", ground.sandbox_url)


@pytest.fixture(scope="session")
def background(django_db_setup: None, ground: Ground) -> Running:
    """Celery's workers for everything but orders."""
    return _start_pool(ground, "background", settings.QUEUE, size=2)


@pytest.fixture(scope="session")
def worker(background: Running, ground: Ground) -> Running:
    """Celery's workers for orders, beside those for the rest."""
    return _start_pool(ground, "worker", settings.ORDERS_QUEUE, size=ORDERS_AT_ONCE)


def _start_pool(ground: Ground, name: str, queue: str, *, size: int) -> Running:
    process = ground.start(
        name,
        *("celery", "-A", "chargedesk.celery", "worker", "--hostname", f"{name}@%h"),
        *("--queues", queue, "--pool", "prefork", "--concurrency", str(size)),
        *("--loglevel", "INFO", "--without-mingle", "--without-gossip"),
        is_ready=lambda: _worker_answers(queue),
    )
    return Running(process.pid, ground.data_dir / "log" / f"{name}.log")


@pytest.fixture(scope="session")
def live_web(django_db_setup: None, ground: Ground) -> Running:
    """The product under gunicorn."""
    process = ground.start(
        "web",
        *("gunicorn", "chargedesk.wsgi", "--bind", f"127.0.0.1:{ground.web_port}"),
        *("--workers", "1", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"),
        is_ready=lambda: answers(f"{ground.base_url}/livez"),
    )
    return Running(process.pid, ground.data_dir / "log" / "web.log", ground.base_url)


def _worker_answers(queue: str) -> bool:
    try:
        ask_worker(queue)
    except LookupError:
        return False
    return True


@pytest.fixture(autouse=True)
def _no_left_over_language() -> Iterator[Any]:
    """A test that switched the language does not change the next one's."""
    from django.utils import translation  # noqa: PLC0415

    yield
    translation.deactivate_all()


@pytest.fixture
def no_helping_worker(ground: Ground) -> Iterator[None]:
    """Let a worker that other tests started leave everything to a test that goes step by step."""
    queues = {"worker": settings.ORDERS_QUEUE, "background": settings.QUEUE}
    queues = {name: queue for name, queue in queues.items() if ground.runs(name)}
    if not queues:
        yield
        return
    from chargedesk.celery import app  # noqa: PLC0415

    def tell(what: str) -> None:
        for name, queue in queues.items():
            whom = [f"{name}@{socket.gethostname()}"]
            app.control.broadcast(what, {"queue": queue}, destination=whom, reply=True, timeout=30)

    tell("cancel_consumer")
    yield
    tell("add_consumer")
