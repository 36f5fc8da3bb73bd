"""A custom integration through web, worker and ledger: records in, orders out, news in."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from django.db import connections

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.models import Charge
from chargedesk.ledger.services import record_snapshots
from chargedesk.ledger.services.told import pictures_after
from chargedesk.tenants.models import Connection, Tenant
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services import connect_gateway, set_functions
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.conftest import Running
from tests.contracts.custom.harness import CustomHarness
from tests.contracts.harness import Fault
from tests.services.sweeps import swept_until

Json = dict[str, Any]


@dataclass
class Desk:
    """A tenant whose own system is connected, called over HTTP as its programs do."""

    system: CustomHarness
    web_url: str
    secret: str
    connection: Connection

    def call(self, method: str, path: str, **body: object) -> requests.Response:
        """A call of `/v1`."""
        return requests.request(
            method,
            f"{self.web_url}/v1{path}",
            json=body or None,
            auth=(self.secret, ""),
            timeout=30,
        )

    def told_charge(self, **wanted: object) -> Json:
        """A charge the system made and told of."""
        record = self.system.make("charge", **wanted)
        answer = self.call("POST", "/charges", duplicate="update", **record)
        assert answer.status_code == 200, answer.text
        return record

    def charge(self, record: Json) -> Json:
        """The charge as `/v1` shows it."""
        return dict(self.call("GET", f"/charges/{record['transaction_id']}").json())


def _desk(sandbox: Running, web: Running, **habits: str) -> Desk:
    system = CustomHarness(sandbox.url, **habits)
    tenant = Tenant.objects.create(slug=f"t-{ids.new_id().hex}", name="Example Ltd")
    connection = connect_gateway(
        tenant.id,
        provider="custom",
        values={},
        actor=SYSTEM,
        api_base=f"{sandbox.url}/custom",
    )
    with scoping.tenant(tenant.id):
        system.secret = set_functions(connection.id, urls=system.urls, actor=SYSTEM)
        powers = KeyPowers(scopes=["read", "write", "money"], requests_per_minute=100_000)
        _, secret = create_api_key(name="shop", powers=powers, actor=SYSTEM)
        connection = Connection.objects.get(pk=connection.id)
    system.control("accounts", secret=system.secret, **habits)
    system.control("objects", object="endpoint", url=webhook_url(connection))
    return Desk(system, web.url, secret, connection)


@pytest.fixture
def desk(committed_db: None, live_web: Running, worker: Running, sandbox: Running) -> Desk:
    """A system that tells nothing by itself."""
    return _desk(sandbox, live_web)


def test_a_refund_leaves_and_is_answered_at_once(desk: Desk) -> None:
    record = desk.told_charge(amount=9000)
    assert desk.charge(record)["methods_active"] == ["refund"]
    path = f"/gateway/charges/{record['transaction_id']}/refund"
    answer = desk.call("POST", path, amount="25.00", log_reason="Arrived broken")
    assert answer.status_code == 200, answer.text
    assert answer.json()["charge"]["amount_refunded"] == "25.00"
    assert desk.system.effects() == ["refund.created"]
    assert desk.system.money()[record["transaction_id"]]["refunded_minor"] == 2500


def test_a_lost_answer_is_settled_by_the_system_s_news(
    committed_db: None, live_web: Running, worker: Running, sandbox: Running
) -> None:
    """A signed webhook shows the refund with our key."""
    desk = _desk(sandbox, live_web, tells="1")
    record = desk.told_charge(amount=9000)
    desk.system.arm(Fault.ANSWER_LOST_AFTER_EFFECT, ActionKind.REFUND)
    path = f"/gateway/charges/{record['transaction_id']}/refund"
    order = desk.call("POST", path, amount="25.00").json()["action"]["id"]
    assert swept_until(lambda: desk.call("GET", f"/actions/{order}").json()["state"] == "succeeded")
    assert desk.system.effects() == ["refund.created"]
    assert desk.charge(record)["amount_refunded"] == "25.00"


def test_what_happens_there_is_told_by_webhook(
    committed_db: None, live_web: Running, worker: Running, sandbox: Running
) -> None:
    desk = _desk(sandbox, live_web, tells="1")
    record = desk.told_charge(amount=9000)
    time.sleep(1.1)
    desk.system.act(record["transaction_id"], "dashboard_refund", amount=1000)
    assert swept_until(lambda: desk.charge(record)["amount_refunded"] == "10.00")


def test_one_key_sent_many_times_at_once_stores_one_record(desk: Desk) -> None:
    """The same body always gets the one record; of two bodies the first is stored (M2)."""
    body = {"amount": "12.00", "currency": "EUR", "customer_id": "cus-at-once"}

    def store(amount: str) -> requests.Response:
        return requests.post(
            f"{desk.web_url}/v1/charges",
            json=body | {"amount": amount},
            headers={"Idempotency-Key": "at-once"},
            auth=(desk.secret, ""),
            timeout=30,
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(store, ["12.00", "13.00"] * 4))
    stored = [answer.json() for answer in answers if answer.status_code == 200]
    refused = [answer.json()["error"]["code"] for answer in answers if answer.status_code != 200]
    assert len({(each["charge_id"], each["amount"]) for each in stored}) == 1
    assert (len(stored), refused) == (4, ["idempotency_key_reused"] * 4)
    assert len(desk.call("GET", "/charges?customer[id]=cus-at-once").json()["data"]) == 1


def test_two_programs_that_tell_at_once_lose_nothing(desk: Desk) -> None:
    """Each tells fields of its own; both are in the record, whoever was first."""
    record = desk.told_charge(amount=9000)
    name, tenant = record["transaction_id"], desk.connection.tenant_id
    go = threading.Barrier(8)

    def tell(number: int) -> None:
        try:
            go.wait()
            with scoping.tenant(tenant, durable=True):
                fields = {"metadata": {f"part{number}": "told"}}
                told = pictures_after(desk.connection, ObjectKind.CHARGE, name, fields)
                record_snapshots(desk.connection, told)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with scoping.tenant(tenant):
        row = Charge.objects.get(external_id=name)
    assert set(row.metadata) == {f"part{number}" for number in range(8)}
