"""Credentials and orders for servers that a test scripts itself."""

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from tests.conftest import Running
from tests.contracts.stripe.harness import StripeHarness


@pytest.fixture
def credentials(httpserver: HTTPServer) -> Credentials:
    """A key to the scripted server."""
    return Credentials(
        values={"api_key": "sk_test_scripted"}, api_base=httpserver.url_for("").rstrip("/")
    )


@pytest.fixture
def refund() -> Order:
    """A refund of 10.00 EUR."""
    return Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id="ch_1",
        payment_id="pi_1",
        money=Money.of(1000, "EUR"),
        reason="goodwill",
    )


@pytest.fixture
def stripe_sandbox(sandbox: Running) -> StripeHarness:
    """An account of its own at the sandbox."""
    return StripeHarness(sandbox.url)
