"""Each test orders in a shop of its own; nothing is rolled back, since workers must see it."""

import pytest

from tests.actions.shop import Shop, open_shop
from tests.conftest import Running


@pytest.fixture(autouse=True)
def _alone(request: pytest.FixtureRequest) -> None:
    """Each step is the test's own, unless it asks for a worker: approving, too, wakes one."""
    if "worker" not in request.fixturenames:
        request.getfixturevalue("no_helping_worker")


@pytest.fixture
def shop(committed_db: None, sandbox: Running) -> Shop:
    """A tenant with three paid charges of 30.00 EUR or more."""
    return open_shop(sandbox.url, amount=3000)
