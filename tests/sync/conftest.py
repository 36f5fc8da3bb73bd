"""What the tests of money news share: a steered sandbox, and no worker that helps unasked."""

from collections.abc import Iterator

import pytest

from chargedesk.celery import app
from tests.conftest import Running
from tests.services.accounts import Control
from tests.services.ground import Ground


@pytest.fixture
def control(sandbox: Running) -> Control:
    """The sandbox, steered."""
    return Control(sandbox.url)


@pytest.fixture(autouse=True)
def _no_helping_worker(ground: Ground) -> Iterator[None]:
    """Each step is the test's own: a worker that other tests started leaves the queue alone."""
    if not ground.runs("worker"):
        yield
        return
    app.control.broadcast("cancel_consumer", {"queue": "celery"}, reply=True, limit=1, timeout=5)
    yield
    app.control.broadcast("add_consumer", {"queue": "celery"}, reply=True, limit=1, timeout=5)
