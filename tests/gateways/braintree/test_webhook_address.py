"""Braintree's webhook address: checked by challenge, and opened by the key that is known."""

import time
from uuid import UUID, uuid4

import braintree
import pytest
from django.test import Client

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import opened_values, webhook_secrets
from chargedesk.tenants.models import Connection
from chargedesk.tenants.selectors import webhook_url
from chargedesk.tenants.services import rotate_credentials
from chargedesk.tenants.services.connecting import connect_gateway
from chargedesk.tenants.services.members import member_actor
from gateways.braintree import ADAPTER
from gateways.snapshots import ObjectKind
from tests.conftest import Running
from tests.contracts.braintree.harness import BraintreeHarness
from tests.services.accounts import new_tenant, new_user, reread
from tests.services.sweeps import swept_until

pytestmark = pytest.mark.usefixtures("committed_db")
CHALLENGE = "20f9f8ed05f77439fe955c977e4c8a53"


@pytest.fixture
def merchant(sandbox: Running) -> BraintreeHarness:
    """A merchant of its own."""
    return BraintreeHarness(sandbox.url)


@pytest.fixture
def connection(committed_db: None, merchant: BraintreeHarness) -> Connection:
    """The merchant, connected; nobody has pasted a secret."""
    credentials = merchant.credentials()
    return connect_gateway(
        new_tenant().id,
        provider="braintree",
        values=credentials.values,
        actor=member_actor(new_user()),
        api_base=credentials.api_base,
    )


def test_the_control_panels_check_is_answered(connection: Connection, client: Client) -> None:
    """Reference 3.3: the panel asks with `bt_challenge` before it takes the address."""
    answer = client.get(_path(connection.id), {"bt_challenge": CHALLENGE})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")
    values = opened_values(reread(connection))
    sdk = braintree.BraintreeGateway(
        braintree.Configuration(
            braintree.Environment.Sandbox,
            values["merchant_id"],
            values["public_key"],
            values["private_key"],
        )
    )
    assert answer.content.decode() == sdk.webhook_notification.verify(CHALLENGE)


@pytest.mark.parametrize("challenge", ["", "x", CHALLENGE + "0", "20f9f8ed&transaction=1"])
def test_odd_challenges_are_not_signed(
    connection: Connection, client: Client, challenge: str
) -> None:
    answer = client.get(_path(connection.id), {"bt_challenge": challenge})
    assert answer.status_code == 400


def test_nothing_else_is_answered(connection: Connection, client: Client) -> None:
    assert client.get(_path(connection.id)).status_code == 405
    assert client.get(_path(uuid4()), {"bt_challenge": CHALLENGE}).status_code == 404
    foreign = f"/webhooks/stripe/{connection.id}/"
    assert client.get(foreign, {"bt_challenge": CHALLENGE}).status_code == 405
    assert client.put(_path(connection.id)).status_code == 405


def test_the_private_key_is_the_secret_and_a_new_one_is_too(
    connection: Connection, merchant: BraintreeHarness
) -> None:
    """Braintree signs with every key of the merchant: while keys are exchanged, both count."""
    old = merchant.credentials().values["private_key"]
    assert webhook_secrets(reread(connection)) == [old]
    merchant.control("accounts", account=merchant.merchant, key="newer:newer_private")
    values = {
        **merchant.credentials().values,
        "public_key": "newer",
        "private_key": "newer_private",
    }
    rotate_credentials(
        connection.tenant_id, connection.id, values=values, actor=member_actor(new_user())
    )
    assert webhook_secrets(reread(connection)) == ["newer_private", old]


def test_news_arrive_once_the_address_is_pasted(
    connection: Connection, merchant: BraintreeHarness, live_web: Running, worker: Running
) -> None:
    made = merchant.make("charge", outcome="submitted_for_settlement")["id"]
    read = ADAPTER.read(merchant.credentials(), ObjectKind.CHARGE, made)
    with scoping.tenant(connection.tenant_id):
        record_snapshots(connection, read)
    merchant.make("endpoint", url=webhook_url(connection))
    # Dates count whole seconds, and news of the same second is no newer (M18).
    time.sleep(1.1)
    merchant.act(made, "settle")

    def told() -> bool:
        with scoping.tenant(connection.tenant_id):
            known = Charge.objects.get(external_id=made)
            return known.as_of > read[0].as_of

    assert swept_until(lambda: reread(connection).last_event_at is not None)
    assert swept_until(told)


def _path(connection_id: UUID) -> str:
    return f"/webhooks/braintree/{connection_id}/"
