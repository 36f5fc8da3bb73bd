"""Killed at any moment, the sandbox continues with state, journal, keys and webhooks in step."""

import json
import random
import threading
import time

import pytest
import requests

from tests.sandbox.program import Account, Program
from tests.sandbox.receiver import Receiver


def _hammer(account: Account, orders: list[tuple[str, str]]) -> None:
    for charge, key in orders:
        try:
            account.call("POST", "refunds", {"charge": charge, "amount": 100}, key=key, timeout=5)
        except requests.RequestException:
            return


@pytest.mark.crash
def test_kill_in_the_middle(own_program: Program, receiver: Receiver) -> None:
    account = own_program.account(charges=60)
    account.post("webhook_endpoints", {"url": receiver.url, "enabled_events[]": ["refund.created"]})
    orders = [(charge, f"key-{charge}") for charge in account.charges]
    parts = [orders[number::4] for number in range(4)]
    clients = [threading.Thread(target=_hammer, args=(account, part)) for part in parts]
    for client in clients:
        client.start()
    time.sleep(random.uniform(0.05, 0.3))  # noqa: S311  any moment will do
    own_program.kill()
    for client in clients:
        client.join()
    own_program.start()
    done = {
        entry["ids"][1]: entry["idempotency_key"]
        for entry in account.journal(effect="refund.created")
    }
    refunded = {charge for charge, entry in account.money().items() if entry["refunds"]}
    assert refunded == set(done)
    assert all(entry["refunds"] <= 1 for entry in account.money().values())
    # Repeating every order with its key completes the rest and doubles none.
    for charge, key in orders:
        account.post("refunds", {"charge": charge, "amount": 100}, key=key)
    assert {entry["refunds"] for entry in account.money().values()} == {1}
    assert len(account.journal(effect="refund.created")) == len(orders)
    receiver.wait_for(len(orders))
    time.sleep(0.5)
    told = {json.loads(body)["data"]["object"]["charge"] for body in receiver.bodies}
    assert told == set(account.charges)


def test_a_restart_keeps_state_keys_faults_and_clock(own_program: Program) -> None:
    account = own_program.account(charges=2)
    params = {"charge": account.charges[0], "amount": 100}
    first = account.post("refunds", params, key="k1")
    own_program.control("POST", "clock", {"advance_s": 3600})
    account.arm("error_500", path_regex="/charges$", times=2)
    assert account.call("GET", "charges").status_code == 500
    own_program.kill()
    own_program.start()
    assert own_program.control("GET", "clock")["now"] > time.time() + 3000
    assert account.call("GET", "charges").status_code == 500
    assert account.call("GET", "charges").status_code == 200
    assert account.post("refunds", params, key="k1")["id"] == first["id"]
    assert len(account.journal(effect="refund.created")) == 1


def test_pending_webhooks_survive(own_program: Program, receiver: Receiver) -> None:
    account = own_program.account(charges=1)
    account.post("webhook_endpoints", {"url": receiver.url, "enabled_events[]": ["refund.created"]})
    own_program.control("POST", "deliveries", {"do": "pause"})
    account.post("refunds", {"charge": account.charges[0]})
    own_program.kill()
    own_program.start()
    assert receiver.bodies == []
    own_program.control("POST", "deliveries", {"do": "resume"})
    receiver.wait_for(1)
