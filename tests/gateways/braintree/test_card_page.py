"""What a page needs for a new card (reference 7)."""

import base64
import json

import pytest

from gateways.braintree import ADAPTER
from gateways.errors import NotFoundError
from tests.contracts.braintree.harness import BraintreeHarness


def test_a_page_gets_token_script_and_hosts(shop: BraintreeHarness) -> None:
    page = ADAPTER.card_page(shop.credentials(), customer_id=shop.make("customer")["id"])
    assert json.loads(base64.b64decode(page.client_token))["merchantId"] == shop.merchant
    assert any(page.script.startswith(host) for host in page.hosts["script-src"])
    assert "https://api.sandbox.braintreegateway.com" in page.hosts["connect-src"]


def test_nobody_gets_no_page(shop: BraintreeHarness) -> None:
    for unknown in ("nobody", "..", ""):
        with pytest.raises(NotFoundError):
            ADAPTER.card_page(shop.credentials(), customer_id=unknown)
