"""The system's Chromium instead of a download, and every test here marked `browser`."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from chargedesk.runtime.system_packages import chromium_program

HERE = Path(__file__).parent
# As long as a click waits for its button: a busy machine is no defect of the page.
expect.set_options(timeout=30_000)
# Playwright runs an event loop in the test's thread, where Django would refuse the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Launch the system's Chromium; as root it cannot use its own sandbox."""
    return {
        "executable_path": chromium_program(),
        "args": ["--no-sandbox"] if os.geteuid() == 0 else [],
    }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
