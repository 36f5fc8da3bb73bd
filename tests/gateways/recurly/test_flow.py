"""Recurly through web, worker and ledger: a refund leaves, history and news arrive."""

import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.models import Charge, GatewayInvoice, Price, Refund, Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.sync.services import start_connection
from chargedesk.tenants.models import Connection, Tenant
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from chargedesk.tenants.services.connecting import connect_gateway
from chargedesk.tenants.services.webhook_endpoints import add_webhook_secret
from gateways.capabilities import ActionKind
from gateways.recurly import ADAPTER
from gateways.snapshots import ObjectKind
from tests.conftest import Running
from tests.contracts.harness import Fault
from tests.contracts.recurly.harness import RecurlyHarness
from tests.services.sweeps import swept_until

Json = dict[str, Any]


@dataclass
class Desk:
    """A tenant that is connected to a site of its own, with one charge of 90.00 EUR."""

    recurly: RecurlyHarness
    web_url: str
    secret: str
    charge: Json
    connection: Connection

    def refund(self, amount: str) -> requests.Response:
        """Order a refund as a program would."""
        return requests.post(
            f"{self.web_url}/v1/gateway/charges/{self.charge['id']}/refund",
            data={"amount": amount},
            headers={"Idempotency-Key": "the-order"},
            auth=(self.secret, ""),
            timeout=30,
        )

    def refunded_minor(self) -> int:
        """What the sandbox says went back."""
        return self.recurly.moved(self.recurly.refund_of(self.charge, 1)).minor

    def counts(self) -> tuple[int, ...]:
        """How many charges, refunds, invoices, subscriptions and prices the ledger has."""
        with scoping.tenant(self.connection.tenant_id):
            return tuple(
                model.objects.filter(connection=self.connection).count()
                for model in (Charge, Refund, GatewayInvoice, Subscription, Price)
            )

    def state(self) -> str:
        """Where the one action stands."""
        found = requests.get(
            f"{self.web_url}/v1/actions/{self.refund('30.00').json()['action']['id']}",
            auth=(self.secret, ""),
            timeout=30,
        ).json()
        return str(found["state"])


@pytest.fixture
def desk(committed_db: None, live_web: Running, worker: Running, sandbox: Running) -> Desk:
    """Connect the site, read its charge."""
    recurly = RecurlyHarness(sandbox.url)
    charge = recurly.make("charge", amount=9000)
    tenant = Tenant.objects.create(slug=f"t-{ids.new_id().hex}", name="Example Ltd")
    credentials = recurly.credentials()
    connection = connect_gateway(
        tenant.id,
        provider="recurly",
        values=credentials.values,
        actor=SYSTEM,
        api_base=credentials.api_base,
    )
    powers = KeyPowers(
        scopes=["read", "write", "money"], is_unlimited=True, requests_per_minute=10_000
    )
    read = ADAPTER.read(credentials, ObjectKind.CHARGE, charge["id"])
    with scoping.tenant(tenant.id):
        _key, secret = create_api_key(name="a program", powers=powers, actor=SYSTEM)
        record_snapshots(connection, read)
    return Desk(recurly, live_web.url, secret, charge, connection)


def test_a_refund_is_settled_within_the_call(desk: Desk) -> None:
    answer = desk.refund("30.00")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["action"]["state"] == "succeeded"
    assert body["charge"]["amount_refunded"] == "30.00"
    assert desk.refunded_minor() == 3000


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST_AFTER_EFFECT, Fault.HALF_BODY, Fault.RESET])
def test_an_unanswered_refund_ends_once(desk: Desk, fault: Fault) -> None:
    """M4, M7: unknown at first; the key or the marker settles it, and the money moved once."""
    desk.recurly.arm(fault, ActionKind.REFUND)
    first = desk.refund("30.00")
    assert first.status_code in {200, 202}, first.text
    assert swept_until(lambda: desk.state() in {"succeeded", "unknown"})
    assert desk.refunded_minor() == (0 if fault is Fault.RESET else 3000)
    assert desk.refund("30.00").json()["action"] == first.json()["action"]
    assert desk.refunded_minor() <= 3000


def test_the_first_import_brings_everything(desk: Desk) -> None:
    desk.recurly.make_charges(20)
    for each in (desk.charge, desk.recurly.make("charge", currency="KWD", amount=12345)):
        desk.recurly.act(each["id"], "dashboard_refund", amount=1000)
    desk.recurly.make("subscription")
    with scoping.tenant(desk.connection.tenant_id):
        start_connection(desk.connection.id)
    # 22 charge invoices and two credit invoices.
    assert swept_until(lambda: desk.counts() == (22, 2, 24, 1, 1)), desk.counts()


def test_a_pasted_secret_lets_news_in(desk: Desk) -> None:
    """The endpoint is made by hand at Recurly; its body has no state, so the object is read."""
    with scoping.tenant(desk.connection.tenant_id):
        add_webhook_secret(desk.connection.id, secret="pasted", actor=SYSTEM)  # noqa: S106
    desk.recurly.make("endpoint", url=webhook_url(desk.connection), secret="pasted")  # noqa: S106
    # The clock there knows whole seconds: news of the second just read cannot be told apart.
    time.sleep(1.1)
    desk.recurly.act(desk.charge["id"], "dashboard_refund", amount=1000)
    assert swept_until(lambda: desk.counts()[1] == 1), desk.counts()

    def refunded() -> int:
        with scoping.tenant(desk.connection.tenant_id):
            minor: int = Charge.objects.get(external_id=desk.charge["id"]).refunded_minor
            return minor

    # The refund and its charge are two pieces of news, each read on its own.
    assert swept_until(lambda: refunded() == 1000), refunded()
