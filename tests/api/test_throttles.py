"""A key's requests per minute; Redis is no reason to refuse anyone."""

import time
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from api import throttles
from chargedesk.runtime import addresses
from tests.api.world import World


@pytest.fixture(autouse=True)
def _minute_with_room() -> None:
    """The count is per clock minute: begin with enough of it left."""
    left = 60 - time.time() % 60
    if left < 10:
        time.sleep(left + 0.1)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that a busy machine keeps waiting is there all the same."""
    monkeypatch.setattr(throttles, "ANSWER_WITHIN_S", 10)
    throttles._client.cache_clear()
    yield
    throttles._client.cache_clear()


def test_beyond_the_limit_a_key_is_told_when_to_come_back(world: World) -> None:
    client = world.client(world.add_key(requests_per_minute=2))
    assert [client.get("/charges").status_code for _ in range(2)] == [200, 200]
    answer = client.get("/charges")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["error"]["code"] == "rate_limited"
    assert world.client().get("/charges").status_code == 200, "another key has its own count"


def test_without_redis_everyone_may_pass(world: World, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{addresses.free_port()}/0"
    client = world.client(world.add_key(requests_per_minute=1))
    assert [client.get("/charges").status_code for _ in range(3)] == [200, 200, 200]
