"""Which of our errors each refusal becomes (reference B7)."""

import time
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from gateways.contract import Credentials, Order
from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    DeclinedError,
    DeclineReason,
    GatewayError,
    InvalidOrderError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.recurly import ADAPTER
from gateways.snapshots import ObjectKind

PATH = "/invoices/inv1/refund"


def _send(credentials: Credentials, order: Order) -> GatewayError:
    step = ADAPTER.freeze(order)[0]
    with pytest.raises(GatewayError) as caught:
        ADAPTER.send(credentials, order, step, deadline=clock.now() + timedelta(seconds=5))
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "bad_request", InvalidOrderError),
        (401, "unauthorized", CredentialsError),
        (401, "invalid_api_key", CredentialsError),
        (403, "invalid_permissions", CredentialsError),
        (403, "missing_feature", DeclinedError),
        (404, "not_found", NotFoundError),
        (406, "invalid_api_version", InvalidOrderError),
        (408, "request_timeout", OutcomeUnknownError),
        (409, "simultaneous_request", OutcomeUnknownError),
        (422, "simultaneous_request", OutcomeUnknownError),
        (422, "validation", InvalidOrderError),
        (422, "immutable_subscription", AlreadyDoneError),
        (422, "tax_service_error", OutcomeUnknownError),
        (429, "rate_limited", RateLimitedError),
        (500, "internal_server_error", OutcomeUnknownError),
        (502, "", OutcomeUnknownError),
        (503, "service_not_available", OutcomeUnknownError),
        (504, "", OutcomeUnknownError),
        (418, "", OutcomeUnknownError),
    ],
)
def test_each_type(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    status: int,
    kind: str,
    expected: type[GatewayError],
) -> None:
    """The error comes wrapped on the wire and bare in the contract."""
    error = {"type": kind, "message": "No.", "params": []}
    for body in ({"error": error}, error):
        httpserver.clear()
        httpserver.expect_request(PATH).respond_with_json(
            body, status=status, headers={"X-Request-Id": "req7"}
        )
        raised = _send(credentials, refund)
        assert type(raised) is expected
        assert raised.request_id == "req7"


@pytest.mark.parametrize(
    ("code", "category", "reason"),
    [
        ("insufficient_funds", "soft", DeclineReason.INSUFFICIENT_BALANCE),
        ("deposit_referenced_chargeback", "hard", DeclineReason.DISPUTED),
        ("three_d_secure_action_required", "three_d_secure_action_required", "needs_customer"),
        ("declined", "hard", DeclineReason.CARD_DECLINED),
        ("cannot_refund_unsettled_transactions", "recurly", DeclineReason.OTHER),
        ("a_code_from_the_future", "a_category_too", DeclineReason.OTHER),
    ],
)
def test_a_decline_says_why(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    code: str,
    category: str,
    reason: str,
) -> None:
    _decline(httpserver, code, category)
    raised = _send(credentials, refund)
    assert isinstance(raised, DeclinedError)
    assert raised.reason == reason
    assert raised.provider_code == code


@pytest.mark.parametrize("category", ["communication", "api_error", "unknown"])
def test_a_gateway_that_recurly_lost_proves_nothing(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, category: str
) -> None:
    """M5: the card's bank may have done it."""
    _decline(httpserver, "gateway_timeout", category)
    assert isinstance(_send(credentials, refund), OutcomeUnknownError)


def test_already_refunded_settles_nothing(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M6."""
    _decline(httpserver, "transaction_already_refunded", "hard")
    assert isinstance(_send(credentials, refund), AlreadyDoneError)


@pytest.mark.parametrize("status", ["a_word", "", None])
def test_a_2xx_without_a_known_status_is_unknown(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, status: str | None
) -> None:
    """M5."""
    moved: dict[str, object] = {
        "id": "r1",
        "object": "transaction",
        "type": "refund",
        "status": status,
    }
    moved |= {"amount": 10.1, "currency": "EUR", "original_transaction_id": "tx1"}
    credit = {"id": "c1", "object": "invoice", "type": "credit", "transactions": [moved]}
    httpserver.expect_request(PATH).respond_with_json(credit, status=201)
    assert isinstance(_send(credentials, refund), OutcomeUnknownError)


def test_credit_on_the_account_is_no_refund(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    credit = {"id": "c1", "object": "invoice", "type": "credit", "transactions": []}
    httpserver.expect_request(PATH).respond_with_json(credit, status=201)
    assert isinstance(_send(credentials, refund), OutcomeUnknownError)


def test_a_replayed_refusal_says_that_it_is_one(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M4: a replay proves what became of the first try."""
    httpserver.expect_request(PATH).respond_with_json(
        {"error": {"type": "validation", "message": "No."}},
        status=422,
        headers={"Idempotency-Prior": "true"},
    )
    assert _send(credentials, refund).is_replay


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"X-RateLimit-Reset": "12"}, 1, 1),
        ({}, 1, 1),
    ],
)
def test_the_wait_that_recurly_asks_for_is_handed_on(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    headers: dict[str, str],
    least: float,
    most: float,
) -> None:
    httpserver.expect_request(PATH).respond_with_data("slow", status=429, headers=headers)
    raised = _send(credentials, refund)
    assert isinstance(raised, RateLimitedError)
    assert least <= raised.retry_after <= most


def test_the_wait_until_recurlys_limit_begins_anew_is_handed_on(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    headers = {"X-RateLimit-Reset": str(int(time.time()) + 3600)}
    httpserver.expect_request(PATH).respond_with_data("slow", status=429, headers=headers)
    raised = _send(credentials, refund)
    assert isinstance(raised, RateLimitedError)
    assert 3000 <= raised.retry_after <= 3601


@pytest.mark.parametrize("status", [302, 409, 500, 503])
def test_a_read_that_fails_is_only_unavailable(
    httpserver: HTTPServer, credentials: Credentials, status: int
) -> None:
    httpserver.expect_request("/transactions").respond_with_data("", status=status)
    with pytest.raises(UnavailableError):
        ADAPTER.page(credentials, ObjectKind.CHARGE)


@pytest.mark.parametrize(
    "body", ["", "null", "<html>", '{"data": [{"id": ', "[1]", '{"data": [1]}', "{}"]
)
def test_a_list_that_is_none_is_unavailable(
    httpserver: HTTPServer, credentials: Credentials, body: str
) -> None:
    httpserver.expect_request("/transactions").respond_with_data(body)
    with pytest.raises(UnavailableError):
        ADAPTER.page(credentials, ObjectKind.CHARGE)


@pytest.mark.parametrize("key", ["", "a key", "key\r\nX: y", "keyé"])
def test_what_is_no_key_is_refused_before_it_is_sent(
    httpserver: HTTPServer, credentials: Credentials, key: str
) -> None:
    wrong = Credentials(values={"api_key": key}, api_base=credentials.api_base)
    with pytest.raises(CredentialsError):
        ADAPTER.page(wrong, ObjectKind.CHARGE)
    assert httpserver.log == []


def test_a_region_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CredentialsError) as caught:
        ADAPTER.check(Credentials(values={"api_key": "key", "region": "mars"}))
    assert caught.value.parameter == "region"


def _decline(httpserver: HTTPServer, code: str, category: str) -> None:
    told = {"code": code, "category": category, "message": "The bank said no."}
    error = {"type": "transaction", "message": "No.", "transaction_error": told}
    httpserver.expect_request(PATH).respond_with_json({"error": error}, status=422)
