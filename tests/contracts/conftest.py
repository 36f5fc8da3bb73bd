"""Where an order is played: a gateway and an action, as a test names them."""

import pytest

from tests.conftest import Running
from tests.contracts.desks import Desk, firm_at


@pytest.fixture
def desk(committed_db: None, sandbox: Running, request: pytest.FixtureRequest) -> Desk:
    """Which gateway and action the test names."""
    gateway, wish = request.param
    return Desk(firm_at(sandbox.url, gateway), wish)
