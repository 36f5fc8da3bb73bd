"""One sandbox for all of these tests, with a fresh account for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.program import Account, Program
from tests.sandbox.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A sandbox with the accounts that always exist, but no history."""
    running = Program(tmp_path_factory.mktemp("sandbox"))
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A sandbox with the demo's history; tests only read it."""
    running = Program(tmp_path_factory.mktemp("demo"), seed="demo")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def own_program(tmp_path: Path) -> Iterator[Program]:
    """A sandbox of the test's own, to kill or to move its clock."""
    running = Program(tmp_path)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def account(program: Program) -> Account:
    """An account with one customer and three charges of 20.00 EUR."""
    return program.account(charges=3)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somewhere for webhooks to go."""
    with receiving() as running:
        yield running
