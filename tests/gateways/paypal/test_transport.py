"""Every defect of the SDK that the reference lists in section 1.2, each shown to be gone."""

import json
import logging
import threading
import time
from dataclasses import replace
from datetime import timedelta

import paypalrestsdk  # type: ignore[import-untyped]
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from chargedesk.runtime.processes import wait_until
from gateways.contract import Credentials, Order
from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    DeclinedError,
    GatewayError,
    InvalidOrderError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.paypal import ADAPTER
from gateways.paypal.api import SafeApi
from gateways.paypal.client import api_for, call, get
from tests.gateways.paypal.conftest import TOKEN, keys_to

PATH = "/v2/payments/captures/2GG279541U471931P"


def _sent(httpserver: HTTPServer, path: str) -> list[Request]:
    return [request for request, _ in httpserver.log if request.path == path]


def _seconds(count: float) -> float:
    return time.monotonic() + count


def test_it_is_the_sdk_and_asks_the_new_hosts() -> None:
    assert issubclass(SafeApi, paypalrestsdk.Api)
    hosts = {
        word: api_for(
            Credentials(values={"client_id": "a", "client_secret": "b", "environment": word})
        ).endpoint
        for word in ("live", "sandbox")
    }
    assert hosts["live"] == "https://api-m.paypal.com"
    assert hosts["sandbox"] == "https://api-m.sandbox.paypal.com"


def test_a_call_ends_with_its_deadline(httpserver: HTTPServer, credentials: Credentials) -> None:
    """No timeout: the worker hung."""
    is_over = threading.Event()

    def slow(_: Request) -> Response:
        is_over.wait(5)
        return Response("{}")

    httpserver.expect_request(PATH).respond_with_handler(slow)
    before = time.monotonic()
    with pytest.raises(OutcomeUnknownError):
        call(credentials, "POST", PATH, body={}, deadline=_seconds(0.3))
    took_s = time.monotonic() - before
    is_over.set()
    # The answer itself would take five seconds; a busy machine may be late.
    assert took_s < 4
    _ended(httpserver, PATH)


def test_a_token_that_never_comes_means_nothing_was_sent(httpserver: HTTPServer) -> None:
    is_over = threading.Event()

    def slow(_: Request) -> Response:
        is_over.wait(5)
        return Response("{}")

    httpserver.expect_request("/v1/oauth2/token").respond_with_handler(slow)
    with pytest.raises(UnavailableError):
        call(keys_to(httpserver), "POST", PATH, body={}, deadline=_seconds(0.3))
    is_over.set()
    _ended(httpserver, "/v1/oauth2/token")
    assert not _sent(httpserver, PATH)


def _ended(httpserver: HTTPServer, path: str) -> None:
    """The server outlives a test: what is still being answered would be in the next one's log."""
    assert wait_until(lambda: bool(_sent(httpserver, path)), timeout_s=20)


def test_a_400_is_a_refusal_and_never_a_result(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """HTTP 400 was returned as a dictionary: a failed refund looked like success."""
    httpserver.expect_request(PATH).respond_with_json(
        {"name": "INVALID_REQUEST", "details": [{"issue": "MISSING_REQUIRED_PARAMETER"}]},
        status=400,
    )
    with pytest.raises(InvalidOrderError) as caught:
        call(credentials, "POST", PATH, body={})
    assert caught.value.provider_code == "MISSING_REQUIRED_PARAMETER"
    with pytest.raises(InvalidOrderError):
        api_for(credentials).post(PATH, {})


def test_a_400_that_is_no_json_proves_nothing(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """It crashed with a JSONDecodeError."""
    httpserver.expect_request(PATH).respond_with_data("<html>", status=400)
    with pytest.raises(OutcomeUnknownError):
        call(credentials, "POST", PATH, body={})
    with pytest.raises(UnavailableError):
        get(credentials, PATH)


def test_a_401_is_repeated_once_with_a_new_token(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """It was repeated without end, each round with a new token."""
    httpserver.expect_request(PATH).respond_with_json({"error": "invalid_token"}, status=401)
    with pytest.raises(CredentialsError):
        call(credentials, "POST", PATH, body={}, key="order-1")
    assert len(_sent(httpserver, PATH)) == 2
    assert len(_sent(httpserver, "/v1/oauth2/token")) == 2


def test_a_token_revoked_early_is_renewed_and_the_key_stays(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"id": "R1"}, status=201)
    httpserver.expect_oneshot_request(PATH).respond_with_json({}, status=401)
    answer = call(credentials, "POST", PATH, body={}, key="order-1")
    assert answer.object() == {"id": "R1"}
    keys = {each.headers["PayPal-Request-Id"] for each in _sent(httpserver, PATH)}
    assert keys == {"order-1"}


def test_headers_of_a_call_never_reach_the_token_endpoint(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """The idempotency key was sent to /v1/oauth2/token."""
    httpserver.expect_request(PATH).respond_with_json({"id": "R1"}, status=201)
    call(credentials, "POST", PATH, body={}, key="order-1")
    (asked,) = _sent(httpserver, "/v1/oauth2/token")
    assert "PayPal-Request-Id" not in asked.headers
    assert "Prefer" not in asked.headers
    assert asked.headers["Authorization"].startswith("Basic ")


def test_a_token_is_dropped_before_its_end(httpserver: HTTPServer) -> None:
    """It was used to its last second."""
    httpserver.expect_request("/v1/oauth2/token").respond_with_json({**TOKEN, "expires_in": 60})
    httpserver.expect_request(PATH).respond_with_json({})
    keys = keys_to(httpserver)
    get(keys, PATH)
    get(keys, PATH)
    assert len(_sent(httpserver, "/v1/oauth2/token")) == 2


@pytest.mark.parametrize("answer", ["{}", "[]", "", "<html>", '{"access_token": 1}'])
def test_a_token_answer_without_a_token_means_nothing_was_sent(
    httpserver: HTTPServer, answer: str
) -> None:
    """It was a bare KeyError."""
    httpserver.expect_request("/v1/oauth2/token").respond_with_data(answer)
    with pytest.raises(UnavailableError):
        call(keys_to(httpserver), "POST", PATH, body={})
    assert not _sent(httpserver, PATH)


def test_debug_logs_hold_no_secret(
    httpserver: HTTPServer, credentials: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    """Mode "sandbox" logged headers and bodies."""
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request(PATH).respond_with_json({"id": "R1"}, status=201)
    call(credentials, "POST", PATH, body={"secret_field": 1}, key="order-1")
    assert api_for(credentials).mode == "live"
    for secret in ("A21AA-scripted", "secret_of_a_script", "secret_field", "order-1"):
        assert secret not in caplog.text


def test_a_read_sends_no_body(httpserver: HTTPServer, credentials: Credentials) -> None:
    """GET and DELETE sent the text `null`."""
    httpserver.expect_request(PATH).respond_with_json({})
    get(credentials, PATH)
    call(credentials, "DELETE", PATH, body=None)
    assert [each.get_data() for each in _sent(httpserver, PATH)] == [b"", b""]


def test_a_backslash_in_a_path_does_not_crash(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Addresses were joined by a regular expression."""
    httpserver.expect_request("/v2/odd").respond_with_json({"ok": True})
    assert api_for(credentials).get("/v2/odd?name=a%5Cb\\g") == {"ok": True}


def test_the_headers_of_an_answer_are_kept(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """`PayPal-Debug-Id` and `Retry-After` were lost."""
    httpserver.expect_request(PATH).respond_with_json(
        {"name": "RATE_LIMIT_REACHED"},
        status=429,
        headers={"PayPal-Debug-Id": "f00d", "Retry-After": "17"},
    )
    with pytest.raises(RateLimitedError) as caught:
        get(credentials, PATH)
    assert caught.value.retry_after == 17
    assert caught.value.request_id == "f00d"


def test_nothing_process_wide_is_touched(
    httpserver: HTTPServer, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`configure()` and `ssl_options` reach every tenant of the process."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    httpserver.expect_request(PATH).respond_with_json({})
    get(credentials, PATH)
    assert paypalrestsdk.api.__api__ is None
    assert "options" not in vars(paypalrestsdk.api)


def test_redirects_are_not_followed(httpserver: HTTPServer, credentials: Credentials) -> None:
    """A redirect would carry the token elsewhere."""
    httpserver.expect_request(PATH).respond_with_data(
        "", status=302, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    with pytest.raises(OutcomeUnknownError):
        call(credentials, "POST", PATH, body={})
    assert not _sent(httpserver, "/elsewhere")


def test_live_keys_go_to_paypal_only(credentials: Credentials) -> None:
    live = replace(credentials, values={**credentials.values, "environment": "live"})
    with pytest.raises(CredentialsError):
        get(live, PATH)
    with pytest.raises(CredentialsError):
        get(replace(credentials, values={**credentials.values, "environment": "x"}), PATH)


REFUSALS: list[tuple[int, str, type[GatewayError]]] = [
    (422, "REFUND_AMOUNT_EXCEEDED", DeclinedError),
    (422, "TRANSACTION_DISPUTED", DeclinedError),
    (422, "REFUND_FAILED_INSUFFICIENT_FUNDS", DeclinedError),
    (422, "REFUND_TIME_LIMIT_EXCEEDED", DeclinedError),
    (422, "CAPTURE_FULLY_REFUNDED", AlreadyDoneError),
    (422, "AUTHORIZATION_VOIDED", AlreadyDoneError),
    (422, "DECIMAL_PRECISION", InvalidOrderError),
    (422, "AN_ISSUE_OF_THE_FUTURE", InvalidOrderError),
    (422, "PAYPAL_REQUEST_ID_PREVIOUSLY_USED", OutcomeUnknownError),
    (408, "REQUEST_TIMEOUT", OutcomeUnknownError),
    (409, "PREVIOUS_REQUEST_IN_PROGRESS", OutcomeUnknownError),
    (500, "INTERNAL_SERVER_ERROR", OutcomeUnknownError),
    (503, "SERVICE_UNAVAILABLE", OutcomeUnknownError),
]


@pytest.mark.parametrize(("status", "issue", "error"), REFUSALS)
def test_each_refusal_has_its_error(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    status: int,
    issue: str,
    error: type[GatewayError],
) -> None:
    """M5, reference 4.4."""
    httpserver.expect_request(f"{PATH}/refund").respond_with_json(
        {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue}]}, status=status
    )
    step = ADAPTER.freeze(refund)[0]
    with pytest.raises(error) as caught:
        ADAPTER.send(credentials, refund, step, deadline=clock.now() + timedelta(seconds=5))
    assert caught.value.provider_code == issue


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"id": "R1"}',
        json.dumps({"id": "R1", "status": "NEW", "amount": {"value": "1", "currency_code": "EUR"}}),
        json.dumps({"id": "", "status": "COMPLETED"}),
    ],
)
def test_a_success_without_id_and_known_status_is_unknown(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, answer: str
) -> None:
    """M5."""
    httpserver.expect_request(f"{PATH}/refund").respond_with_data(answer, status=201)
    step = ADAPTER.freeze(refund)[0]
    with pytest.raises(OutcomeUnknownError):
        ADAPTER.send(credentials, refund, step, deadline=clock.now() + timedelta(seconds=5))
