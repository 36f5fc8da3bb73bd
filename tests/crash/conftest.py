"""One arena for the whole crash suite."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.crash.arena import Arena, entered
from tests.services.ground import Ground


@pytest.fixture(scope="session")
def _running_arena(ground: Ground) -> Iterator[Arena]:
    arena = Arena(ground)
    try:
        arena.begin()
        yield arena
    finally:
        arena.stop()


@pytest.fixture(scope="module")
def arena(_running_arena: Arena, django_db_blocker: DjangoDbBlocker) -> Iterator[Arena]:
    """The running arena, with this process's database, broker and settings pointed at it."""
    with django_db_blocker.unblock(), entered(_running_arena):
        yield _running_arena
