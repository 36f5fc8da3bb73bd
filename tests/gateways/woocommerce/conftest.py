"""Shops at the sandbox, and credentials for servers that a test scripts itself."""

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from tests.conftest import Running
from tests.contracts.woocommerce.harness import WooCommerceHarness

KEYS = {"consumer_key": "ck_scripted", "consumer_secret": "cs_scripted"}


@pytest.fixture
def credentials(httpserver: HTTPServer) -> Credentials:
    """Keys to the scripted server."""
    return Credentials(values=KEYS, api_base=httpserver.url_for("").rstrip("/"))


@pytest.fixture
def refund() -> Order:
    """A refund of 10.00 EUR."""
    return Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id="12",
        money=Money.of(1000, "EUR"),
        reason="goodwill",
    )


@pytest.fixture
def shop(sandbox: Running) -> WooCommerceHarness:
    """A shop of its own at the sandbox."""
    return WooCommerceHarness(sandbox.url)
