"""Fixtures of the API's tests."""

import pytest

from tests.api.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """A tenant of its own with a key and one gateway account."""
    return make_world()


@pytest.fixture
def other_world(db: None) -> World:
    """Somebody else's tenant."""
    return make_world()
