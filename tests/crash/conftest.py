"""One arena for the whole crash suite."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.crash.arena import Arena, entered
from tests.services.ground import Ground


@pytest.fixture(scope="package")
def arena(ground: Ground, django_db_blocker: DjangoDbBlocker) -> Iterator[Arena]:
    """A running arena, with this process's database, broker and settings pointed at it."""
    running = Arena(ground)
    try:
        running.begin()
        with django_db_blocker.unblock(), entered(running):
            yield running
    finally:
        running.stop()
