"""What the tests of money news share: a steered sandbox, and no worker that helps unasked."""

import pytest

from tests.conftest import Running
from tests.services.accounts import Control


@pytest.fixture
def control(sandbox: Running) -> Control:
    """The sandbox, steered."""
    return Control(sandbox.url)


@pytest.fixture(autouse=True)
def _alone(no_helping_worker: None) -> None:
    """Each step here is the test's own."""
