"""A pool of workers is never busy at one connection, or one gateway, alone."""

import multiprocessing
import os
import socket
import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from chargedesk.actions import recovery, room
from chargedesk.actions.room import room_for
from chargedesk.kit import clock
from chargedesk.runtime.processes import wait_until
from tests.actions.shop import Shop, open_shop
from tests.conftest import Running
from tests.services.accounts import Control, connect, open_account

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


def test_nobody_else_on_the_machine_takes_the_room(shop: Shop, settings: Any) -> None:
    """Names that every process may use are no places: whoever had them all stopped all orders."""
    intent_id = _order(shop)
    names = (str(shop.connection.id), shop.connection.provider)
    most = settings.ACTION_AT_ONCE_GATEWAY
    with ExitStack() as held:
        for name in (f"{where}-{number}" for where in names for number in range(most)):
            stranger = held.enter_context(socket.socket(socket.AF_UNIX))
            stranger.bind(f"\0chargedesk-{os.getppid()}-{name}")
        assert _is_room(shop, intent_id)


def test_where_places_cannot_be_told_there_is_room(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without such locks must not keep orders for ever."""
    monkeypatch.setattr(room, "_PLACES", 1_000_000)
    assert _is_room(shop, _order(shop))


def test_a_killed_worker_keeps_no_room(shop: Shop, settings: Any) -> None:
    """Nobody has to find out that it is dead, and no lease must run out first."""
    settings.ACTION_AT_ONCE_CONNECTION = 1
    intent_id = _order(shop)
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
    assert is_held.wait(timeout=60)
    assert not _is_room(shop, intent_id)

    worker.kill()

    assert wait_until(lambda: _is_room(shop, intent_id), timeout_s=30)


def test_many_orders_of_one_connection_keep_no_other_from_the_sweep(
    shop: Shop, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More are due at one connection than a sweep hands out; another's is handed out, too."""
    monkeypatch.setattr(recovery, "_BATCH", 1)
    account = open_account(Control(sandbox.url), customers=1, charges=1, amount=3000)
    beside = Shop(shop.tenant, connect(account, shop.tenant), account)
    beside.sync()
    here = [shop.place(shop.charge(each), 100) for each in shop.account.charges[:2]]
    there = beside.place(beside.charge(account.charges[0]), 100)
    for intent in (*here, there):
        shop.change(intent, not_before=clock.now())

    ready, _open = recovery.due_orders(shop.tenant.id)

    assert set(ready) == {here[0].id, there.id}


def _is_room(shop: Shop, intent_id: UUID) -> bool:
    with room_for(shop.tenant.id, intent_id) as is_room:
        return is_room


def _order(shop: Shop) -> UUID:
    return shop.place(shop.charge(shop.account.charges[0]), 100).id
