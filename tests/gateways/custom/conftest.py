"""A tenant with a custom integration for each test."""

from collections.abc import Callable

import pytest

from tests.conftest import Running
from tests.gateways.custom.company import Company, open_company

Open = Callable[..., Company]


@pytest.fixture
def opened(committed_db: None, no_helping_worker: None, sandbox: Running) -> Open:
    """Open a company with these functions and habits; orders go step by step."""

    def open_one(*functions: str, **habits: str) -> Company:
        named = {"functions": functions} if functions else {}
        return open_company(sandbox.url, **named, **habits)  # type: ignore[arg-type]

    return open_one


@pytest.fixture
def company(opened: Open) -> Company:
    """A company with every function."""
    return opened()
