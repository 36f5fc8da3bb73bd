"""Credentials and orders for servers that a test scripts itself."""

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from tests.conftest import Running
from tests.contracts.paypal.harness import PayPalHarness

TOKEN = {"access_token": "A21AA-scripted", "token_type": "Bearer", "expires_in": 32400}


@pytest.fixture
def credentials(httpserver: HTTPServer) -> Credentials:
    """A client of the scripted server, which gives tokens to anybody."""
    httpserver.expect_request("/v1/oauth2/token").respond_with_json(TOKEN)
    return keys_to(httpserver)


@pytest.fixture
def refund() -> Order:
    """A refund of 10.00 EUR."""
    return Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id="2GG279541U471931P",
        payment_id="2GG279541U471931P",
        money=Money.of(1000, "EUR"),
        reason="goodwill",
    )


@pytest.fixture
def paypal(sandbox: Running) -> PayPalHarness:
    """An account of its own at the sandbox."""
    return PayPalHarness(sandbox.url)


def keys_to(httpserver: HTTPServer) -> Credentials:
    """A client that no other test has, so that no token is left over."""
    return Credentials(
        values={
            "client_id": f"client_{new_id().hex}",
            "client_secret": "secret_of_a_script",
            "environment": "sandbox",
        },
        api_base=httpserver.url_for("").rstrip("/"),
    )
