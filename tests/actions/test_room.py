"""A pool of workers is never busy at one connection, or one gateway, alone."""

import multiprocessing
import os
import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from chargedesk.actions.room import room_for
from chargedesk.runtime.processes import wait_until
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running

pytestmark = pytest.mark.usefixtures("no_helping_worker")


def test_one_connection_leaves_room_for_the_others(
    shop: Shop, sandbox: Running, settings: Any
) -> None:
    settings.ACTION_AT_ONCE_CONNECTION, settings.ACTION_AT_ONCE_GATEWAY = 2, 3
    other = open_shop(sandbox.url, amount=3000)
    first, second = _order(shop), _order(other)
    with ExitStack() as held:
        here = [held.enter_context(room_for(shop.tenant.id, first)) for _ in range(3)]
        assert here == [True, True, False]
        assert held.enter_context(room_for(other.tenant.id, second))
        assert not held.enter_context(room_for(other.tenant.id, second)), "the gateway is full"
    with room_for(shop.tenant.id, first) as is_room:
        assert is_room, "given back"


def test_a_killed_worker_keeps_no_room(
    shop: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to find out that it is dead, and no lease must run out first."""
    settings.ACTION_AT_ONCE_CONNECTION = 1
    pool, intent_id = os.getpid(), _order(shop)
    monkeypatch.setattr(os, "getppid", lambda: pool)
    fork = multiprocessing.get_context("fork")
    is_held = fork.Event()

    def work() -> None:
        with room_for(shop.tenant.id, intent_id) as is_room:
            if is_room:
                is_held.set()
            time.sleep(60)

    # What it inherits of the database's connection must not be shared.
    connections.close_all()
    worker = fork.Process(target=work)
    worker.start()
    assert is_held.wait(timeout=20)
    assert not _is_room(shop, intent_id)

    worker.kill()

    assert wait_until(lambda: _is_room(shop, intent_id), timeout_s=5)


def _is_room(shop: Shop, intent_id: UUID) -> bool:
    with room_for(shop.tenant.id, intent_id) as is_room:
        return is_room


def _order(shop: Shop) -> UUID:
    return shop.place(shop.charge(shop.account.charges[0]), 100).id
