"""Fixtures of the flows: they commit, never clean up, and each makes a tenant of its own."""

import pytest

from tests.conftest import Running
from tests.flows.shop import Shop, open_shop
from tests.services.accounts import Control


@pytest.fixture
def control(sandbox: Running) -> Control:
    """The sandbox, steered."""
    return Control(sandbox.url)


@pytest.fixture
def shop(committed_db: None, live_web: Running, worker: Running, sandbox: Running) -> Shop:
    """A tenant with three paid charges of 20.00 EUR."""
    return open_shop(live_web.url, sandbox.url)
