"""Credentials and orders for servers that a test scripts itself."""

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from tests.conftest import Running
from tests.contracts.recurly.harness import RecurlyHarness


@pytest.fixture
def credentials(httpserver: HTTPServer) -> Credentials:
    """A key to the scripted server."""
    return Credentials(
        values={"api_key": "scriptedkey"}, api_base=httpserver.url_for("").rstrip("/")
    )


@pytest.fixture
def refund() -> Order:
    """A refund of 10.10 EUR."""
    return Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id="tx1",
        payment_id="inv1",
        money=Money.of(1010, "EUR"),
        reason="goodwill",
    )


@pytest.fixture
def recurly(sandbox: Running) -> RecurlyHarness:
    """A site of its own at the sandbox."""
    return RecurlyHarness(sandbox.url)
