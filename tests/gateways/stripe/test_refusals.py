"""Every refusal of Stripe is one error of the closed list (M5, reference 4.4)."""

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
from gateways.snapshots import ObjectKind
from gateways.stripe import ADAPTER

INVALID = "invalid_request_error"
Row = tuple[int, str, str | None, type[GatewayError]]


def _send(credentials: Credentials, order: Order) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        ADAPTER.send(
            credentials,
            order,
            ADAPTER.freeze(order)[0],
            deadline=clock.now() + timedelta(seconds=5),
        )
    return caught.value


def _refuse(httpserver: HTTPServer, status: int, **error: object) -> None:
    httpserver.expect_request("/v1/refunds").respond_with_json({"error": error}, status=status)


@pytest.mark.parametrize(
    "row",
    [
        (400, INVALID, "charge_already_refunded", AlreadyDoneError),
        (400, INVALID, "parameter_invalid_integer", InvalidOrderError),
        (400, INVALID, "payment_intent_unexpected_state", InvalidOrderError),
        (400, INVALID, "lock_timeout", RateLimitedError),
        (429, INVALID, "lock_timeout", RateLimitedError),
        (429, "api_error", "rate_limit", RateLimitedError),
        (404, INVALID, "resource_missing", NotFoundError),
        (401, INVALID, None, CredentialsError),
        (403, INVALID, None, CredentialsError),
        (402, "card_error", "card_declined", DeclinedError),
        # Key misuse, and an earlier try that is still under way: nothing is proven.
        (400, "idempotency_error", None, OutcomeUnknownError),
        (409, "idempotency_error", "idempotency_key_in_use", OutcomeUnknownError),
        (409, INVALID, "lock_timeout", OutcomeUnknownError),
        (500, "api_error", None, OutcomeUnknownError),
        (503, "api_error", None, OutcomeUnknownError),
    ],
)
def test_refusal_of_a_refund(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, row: Row
) -> None:
    status, kind, code, expected = row
    _refuse(httpserver, status, type=kind, code=code, message="No.")
    error = _send(credentials, refund)
    assert type(error) is expected
    assert error.provider_message == "No."


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("amount_too_large", DeclineReason.AMOUNT_TOO_LARGE),
        ("amount_too_small", DeclineReason.AMOUNT_TOO_SMALL),
        ("balance_insufficient", DeclineReason.INSUFFICIENT_BALANCE),
        ("charge_disputed", DeclineReason.DISPUTED),
        ("charge_expired_for_capture", DeclineReason.EXPIRED),
        ("authentication_required", DeclineReason.NEEDS_CUSTOMER),
    ],
)
def test_declines_have_a_reason(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    code: str,
    reason: DeclineReason,
) -> None:
    _refuse(httpserver, 400, type=INVALID, code=code, message="No.")
    error = _send(credentials, refund)
    assert isinstance(error, DeclinedError)
    assert error.reason is reason


@pytest.mark.parametrize("body", ["", "<html>Blocked</html>", "[]", '{"error": "no"}'])
@pytest.mark.parametrize("status", [200, 302, 400, 403, 404])
def test_an_answer_nobody_can_read_proves_nothing(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, body: str, status: int
) -> None:
    """M5: also a middleman's refusal, which is not Stripe's."""
    httpserver.expect_request("/v1/refunds").respond_with_data(body, status=status)
    assert isinstance(_send(credentials, refund), OutcomeUnknownError)


@pytest.mark.parametrize(
    "changed", [{"status": "marooned"}, {"status": None}, {"id": None}, {"currency": "xxx"}, {}]
)
def test_a_refund_without_id_and_known_status_is_unknown(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, changed: dict[str, object]
) -> None:
    whole = {"id": "re_1", "object": "refund", "amount": 1000, "currency": "eur", "created": 1}
    httpserver.expect_request("/v1/refunds").respond_with_json({**whole, **changed})
    assert isinstance(_send(credentials, refund), OutcomeUnknownError)


def test_a_replayed_refusal_says_that_it_is_one(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M4: a replay proves what became of the first try."""
    httpserver.expect_request("/v1/refunds").respond_with_json(
        {"error": {"type": INVALID, "code": "charge_already_refunded"}},
        status=400,
        headers={"Idempotent-Replayed": "true", "Request-Id": "req_7"},
    )
    error = _send(credentials, refund)
    assert error.is_replay
    assert error.request_id == "req_7"


def test_the_wait_that_stripe_asks_for_is_handed_on(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    httpserver.expect_request("/v1/refunds").respond_with_data(
        "slow down", status=429, headers={"Retry-After": "7"}
    )
    error = _send(credentials, refund)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 7


def test_a_missing_permission_is_named(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    message = "Having the 'rak_charge_write' permission would allow sk_test_*****pted to continue."
    _refuse(httpserver, 403, type=INVALID, message=message)
    error = _send(credentials, refund)
    assert isinstance(error, CredentialsError)
    assert error.missing == "rak_charge_write"
    assert "sk_test" not in error.provider_message


@pytest.mark.parametrize("status", [302, 409, 500, 503])
def test_a_read_that_fails_is_only_unavailable(
    httpserver: HTTPServer, credentials: Credentials, status: int
) -> None:
    httpserver.expect_request("/v1/charges").respond_with_data("", status=status)
    with pytest.raises(UnavailableError):
        ADAPTER.page(credentials, ObjectKind.CHARGE)


@pytest.mark.parametrize("body", ["", "null", "<html>", '{"data": [{"id": ', "[1]"])
def test_a_list_that_is_none_is_unavailable(
    httpserver: HTTPServer, credentials: Credentials, body: str
) -> None:
    httpserver.expect_request("/v1/charges").respond_with_data(body)
    with pytest.raises(UnavailableError):
        ADAPTER.page(credentials, ObjectKind.CHARGE)


@pytest.mark.parametrize("key", ["", "pk_test_1", "whsec_1", "sk_test_1\r\nX: y", "sk_test_é"])
def test_what_is_no_secret_key_is_refused_before_it_is_sent(
    httpserver: HTTPServer, credentials: Credentials, key: str
) -> None:
    wrong = Credentials(values={"api_key": key}, api_base=credentials.api_base)
    with pytest.raises(CredentialsError):
        ADAPTER.page(wrong, ObjectKind.CHARGE)
    assert httpserver.log == []


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_never_goes_to_another_address(
    httpserver: HTTPServer, credentials: Credentials, key: str
) -> None:
    live = Credentials(values={"api_key": key}, api_base=credentials.api_base)
    with pytest.raises(CredentialsError):
        ADAPTER.page(live, ObjectKind.CHARGE)
    assert httpserver.log == []


def test_one_object_in_an_unknown_currency_stops_no_page(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    good = {"id": "price_1", "object": "price", "currency": "eur", "unit_amount": 100}
    strange = {**good, "id": "price_2", "currency": "xxx"}
    listed = {"object": "list", "has_more": False, "data": [strange, good]}
    httpserver.expect_request("/v1/prices").respond_with_json(listed)
    page = ADAPTER.page(credentials, ObjectKind.PRICE)
    assert [each.external_id for each in page.snapshots] == ["price_1"]
    assert page.unreadable == ("price_2",)
