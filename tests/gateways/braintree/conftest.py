"""Credentials and orders for servers that a test scripts itself, and a merchant of its own."""

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from tests.conftest import Running
from tests.contracts.braintree.harness import BraintreeHarness

KEYS = {
    "environment": "sandbox",
    "merchant_id": "merchant1",
    "public_key": "public1",
    "private_key": "private1",
}


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
        target_id="sale1",
        money=Money.of(1000, "EUR"),
        reason="goodwill",
    )


@pytest.fixture
def shop(sandbox: Running) -> BraintreeHarness:
    """A merchant of its own at the sandbox."""
    return BraintreeHarness(sandbox.url)
