"""One sandbox for all of these tests, with a fresh account for each."""

import shutil
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
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State on disk with the demo's history, written once and copied for each user."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    running = Program(folder, seed="demo")
    running.start()
    running.kill()
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A sandbox with the demo's history; tests only read it."""
    folder = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(demo_folder, folder)
    running = Program(folder, seed="demo")
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


@pytest.fixture
def own_demo(demo_folder: Path, tmp_path: Path) -> Iterator[Program]:
    """A sandbox of the test's own, with the demo's history."""
    shutil.copytree(demo_folder, tmp_path / "data")
    running = Program(tmp_path / "data", seed="demo")
    running.start()
    yield running
    running.kill()
