"""`/livez` and `/readyz` of the real web server beside a real worker."""

import os
import signal
import time

import pytest
import requests
from django.conf import settings
from django.test import Client

from tests.conftest import Running
from tests.services.ground import Ground

# The quickest counts: what else runs on the machine is not under test.
_LOOKS = 5


def test_live_as_long_as_the_process_lives(live_web: Running) -> None:
    assert requests.get(f"{live_web.url}/livez", timeout=30).status_code == 200


def test_ready_when_database_redis_and_worker_answer(live_web: Running, worker: Running) -> None:
    answers = [_timed(f"{live_web.url}/readyz") for _ in range(_LOOKS)]

    took, answer = min(answers, key=lambda each: (each[1].status_code, each[0]))
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})
    assert took < 1


def test_missing_redis_is_named_and_takes_its_workers_along(
    client: Client, monkeypatch: pytest.MonkeyPatch, committed_db: None
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")

    answer = client.get("/readyz")

    missing = ["redis", "worker", "background"]
    assert (answer.status_code, answer.json()["missing"]) == (503, missing)


def test_orders_without_workers_are_named(
    worker: Running, committed_db: None, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    """A worker for everything else is no comfort to who waits for a refund."""
    monkeypatch.setattr(settings, "ORDERS_QUEUE", "a queue that nobody empties")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["worker"])


def test_frozen_database_is_named_within_a_second(live_web: Running, ground: Ground) -> None:
    """A server that accepts connections and then says nothing must not hold the answer back."""
    postgres = int(ground.services.postgres.pid_path.read_text())
    os.kill(postgres, signal.SIGSTOP)
    try:
        answers = [_timed(f"{live_web.url}/readyz") for _ in range(_LOOKS)]
    finally:
        os.kill(postgres, signal.SIGCONT)

    for _, answer in answers:
        assert (answer.status_code, "database" in answer.json()["missing"]) == (503, True)
    assert min(took for took, _ in answers) < 1


def _timed(url: str) -> tuple[float, requests.Response]:
    started = time.monotonic()
    answer = requests.get(url, timeout=30)
    return time.monotonic() - started, answer
