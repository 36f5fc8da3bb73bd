"""Recurly's page for another card: its address signs its owner in, so nobody keeps it."""

import pytest
from pytest_httpserver import HTTPServer

from gateways.contract import Credentials
from gateways.errors import NotFoundError, UnavailableError
from gateways.recurly import ADAPTER
from gateways.snapshots import ObjectKind
from tests.contracts.recurly.harness import RecurlyHarness


def test_the_page_is_that_of_the_site_and_the_account(recurly: RecurlyHarness) -> None:
    who = recurly.make("customer")["id"]
    page = ADAPTER.card_page(recurly.credentials(), customer_id=who)
    token = recurly.get(f"/accounts/{who}")["hosted_login_token"]
    assert page.url == f"https://{recurly.account}.recurly.com/account/{token}"


def test_the_token_is_in_nothing_that_is_stored_or_printed(recurly: RecurlyHarness) -> None:
    who = recurly.make("customer")["id"]
    token = recurly.get(f"/accounts/{who}")["hosted_login_token"]
    page = ADAPTER.card_page(recurly.credentials(), customer_id=who)
    assert token not in repr(page)
    kept = ADAPTER.read(recurly.credentials(), ObjectKind.CUSTOMER, who)
    assert all(token.encode() not in each.raw for each in kept)


@pytest.mark.parametrize("customer", ["nothing_of_this_name", "guest:a@example.com", "."])
def test_nobody_has_no_page(recurly: RecurlyHarness, customer: str) -> None:
    with pytest.raises(NotFoundError):
        ADAPTER.card_page(recurly.credentials(), customer_id=customer)


def test_a_site_without_sign_in_has_no_page(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    httpserver.expect_request("/accounts/a1").respond_with_json({"id": "a1", "object": "account"})
    with pytest.raises(NotFoundError):
        ADAPTER.card_page(credentials, customer_id="a1")


@pytest.mark.parametrize("subdomain", ["", "evil.example/", "a@b", "ünï"])
def test_the_page_is_recurlys_or_none(
    httpserver: HTTPServer, credentials: Credentials, subdomain: str
) -> None:
    account = {"id": "a1", "object": "account", "hosted_login_token": "t1"}
    sites = {"object": "list", "has_more": False, "data": [{"id": "s", "subdomain": subdomain}]}
    httpserver.expect_request("/accounts/a1").respond_with_json(account)
    httpserver.expect_request("/sites").respond_with_json(sites)
    with pytest.raises(UnavailableError):
        ADAPTER.card_page(credentials, customer_id="a1")
