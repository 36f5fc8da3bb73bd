"""What the tests of money news share: a steered sandbox and a connected account."""

import pytest

import chargedesk.celery  # noqa: F401  tasks are sent through the configured application
from tests.conftest import Running
from tests.services.accounts import Control


@pytest.fixture
def control(sandbox: Running) -> Control:
    """The sandbox, steered."""
    return Control(sandbox.url)
