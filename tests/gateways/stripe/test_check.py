"""Testing a key: account, mode and rights, also where Stripe hides some of it."""

import re

import pytest
from pytest_httpserver import HTTPServer

from gateways.contract import Credentials
from gateways.errors import CredentialsError, RateLimitedError, UnavailableError
from gateways.stripe import ADAPTER
from gateways.stripe.check import PROBES
from tests.contracts.stripe.harness import StripeHarness

FORBIDDEN = {"type": "invalid_request_error", "message": "No permission on account 'acct_hidden'."}


def _refuse(httpserver: HTTPServer, path: str, *, status: int, **error: object) -> None:
    httpserver.expect_request(re.compile(path)).respond_with_json({"error": error}, status=status)


def test_the_account_is_named_by_the_refusal_where_it_may_not_be_read(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    _refuse(httpserver, "/v1/account$", status=403, **FORBIDDEN)
    httpserver.expect_request(re.compile(".*")).respond_with_json({"data": []})
    assert ADAPTER.check(credentials).account_id == "acct_hidden"


def test_an_account_that_nobody_names_is_known_by_its_key(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    _refuse(httpserver, "/v1/account$", status=403, message="No.")
    httpserver.expect_request(re.compile(".*")).respond_with_json({"data": []})
    found = ADAPTER.check(credentials).account_id
    assert found.startswith("key_")
    assert "scripted" not in found
    assert ADAPTER.check(credentials).account_id == found


def test_a_key_that_opens_nothing_is_refused(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    _refuse(httpserver, ".*", status=403, **FORBIDDEN)
    with pytest.raises(CredentialsError):
        ADAPTER.check(credentials)


@pytest.mark.parametrize(("status", "expected"), [(500, UnavailableError), (429, RateLimitedError)])
def test_trouble_is_not_taken_for_a_missing_right(
    httpserver: HTTPServer,
    credentials: Credentials,
    status: int,
    expected: type[Exception],
) -> None:
    httpserver.expect_request(re.compile(".*"), method="GET").respond_with_json({"data": []})
    _refuse(httpserver, ".*", status=status, type="api_error")
    with pytest.raises(expected):
        ADAPTER.check(credentials)


def test_probing_a_right_to_write_changes_nothing(stripe_sandbox: StripeHarness) -> None:
    before = stripe_sandbox.effects()
    found = ADAPTER.check(stripe_sandbox.credentials())
    assert [each.name for each in found.permissions] == [each.name for each in PROBES]
    assert stripe_sandbox.effects() == before


def test_the_kept_endpoint_is_replaced_and_foreign_ones_stay(
    stripe_sandbox: StripeHarness,
) -> None:
    credentials = stripe_sandbox.credentials()
    url = "http://127.0.0.1:9/webhooks/stripe/one/"
    first = ADAPTER.register_webhook(credentials, url=url)
    other = ADAPTER.register_webhook(credentials, url=url.replace("one", "two"))
    second = ADAPTER.register_webhook(credentials, url=url)
    assert stripe_sandbox.endpoints() == {second.external_id, other.external_id}
    assert first.secret != second.secret
