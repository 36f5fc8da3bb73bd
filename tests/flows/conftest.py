"""What the journeys share: a steered sandbox."""

import pytest

import chargedesk.celery  # noqa: F401  tasks are sent through the configured application
from tests.conftest import Running
from tests.services.accounts import Control


@pytest.fixture
def control(sandbox: Running) -> Control:
    """The sandbox, steered."""
    return Control(sandbox.url)
