"""Each of Braintree's answers becomes one error of the closed list (reference 4.4, M5)."""

import re
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from gateways.braintree import ADAPTER
from gateways.contract import Credentials, Order, Outcome
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

BASE = "/merchants/merchant1/transactions"


def _send(credentials: Credentials, order: Order) -> Outcome:
    deadline = clock.now() + timedelta(seconds=5)
    return ADAPTER.send(credentials, order, ADAPTER.freeze(order)[0], deadline=deadline)


def _refusal(*codes: str, more: str = "") -> str:
    errors = "".join(
        f'<error><code>{code}</code><attribute type="symbol">base</attribute>'
        "<message>No.</message></error>"
        for code in codes
    )
    return (
        '<api-error-response><errors><errors type="array"/><transaction>'
        f'<errors type="array">{errors}</errors></transaction></errors>'
        f"<params/><message>No.</message>{more}</api-error-response>"
    )


def _answer(httpserver: HTTPServer, body: str, status: int, **headers: str) -> None:
    httpserver.expect_request(f"{BASE}/sale1/refund", method="POST").respond_with_data(
        body, status=status, headers=headers
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("91505", DeclinedError),
        ("91506", DeclinedError),
        ("91512", AlreadyDoneError),
        ("91521", DeclinedError),
        ("91547", DeclinedError),
        ("91504", InvalidOrderError),
        ("81503", InvalidOrderError),
        ("99999", InvalidOrderError),
        ("915200", DeclinedError),
        ("915232", OutcomeUnknownError),
        ("915233", OutcomeUnknownError),
        ("915235", OutcomeUnknownError),
    ],
)
def test_numbered_refusals(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    code: str,
    error: type[GatewayError],
) -> None:
    _answer(httpserver, _refusal(code), 422)
    with pytest.raises(error) as caught:
        _send(credentials, refund)
    assert not caught.value.is_replay
    if error is not OutcomeUnknownError:
        assert caught.value.provider_code == code


@pytest.mark.parametrize(
    "answer",
    [_refusal("915231", "91506"), _refusal("915231", more="<transaction><id>x</id></transaction>")],
)
def test_only_the_key_s_own_refusal_is_sent_again_without_it(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, answer: str
) -> None:
    """M3, M4: what refuses more than the key may have looked at the order; once is enough then."""
    _answer(httpserver, answer, 422)
    with pytest.raises(GatewayError):
        _send(credentials, refund)
    assert len(httpserver.log) == 1


def test_without_a_key_it_is_sent_once_more_and_no_more(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M3, M5: whatever becomes of the second request, there is no third."""
    _answer(httpserver, _refusal("915231"), 422)
    with pytest.raises(DeclinedError) as caught:
        _send(credentials, refund)
    assert caught.value.provider_code == "915231"
    first, second = (request.get_data(as_text=True) for request, _ in httpserver.log)
    assert "api_request_key" in first
    assert "api_request_key" not in second
    assert re.sub("<api_request_key>.*?</api_request_key>", "", first) == second


def test_an_open_key_outweighs_every_other_code(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M4: whatever else is said, the request that had the key first may have happened."""
    _answer(httpserver, _refusal("91512", "915233"), 422)
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund)


def test_a_failed_key_tells_of_the_first_request(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M4: the only refusal that is about an earlier try."""
    _answer(httpserver, _refusal("915234"), 422)
    with pytest.raises(DeclinedError) as caught:
        _send(credentials, refund)
    assert caught.value.is_replay


def test_a_declined_transaction_says_why(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    declined = (
        "<transaction><id>x</id><status>processor_declined</status>"
        "<processor-response-text>Closed Card</processor-response-text></transaction>"
    )
    _answer(httpserver, _refusal(more=declined), 422)
    with pytest.raises(DeclinedError) as caught:
        _send(credentials, refund)
    assert caught.value.reason is DeclineReason.CARD_DECLINED
    assert caught.value.provider_message == "Closed Card"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidOrderError),
        (401, CredentialsError),
        (403, CredentialsError),
        (404, NotFoundError),
        (408, OutcomeUnknownError),
        (422, OutcomeUnknownError),
        (426, InvalidOrderError),
        (500, OutcomeUnknownError),
        (502, OutcomeUnknownError),
        (503, OutcomeUnknownError),
        (504, OutcomeUnknownError),
        (302, OutcomeUnknownError),
    ],
)
def test_bare_statuses_after_a_change(
    httpserver: HTTPServer,
    credentials: Credentials,
    refund: Order,
    status: int,
    error: type[GatewayError],
) -> None:
    _answer(httpserver, "", status)
    with pytest.raises(error):
        _send(credentials, refund)


@pytest.mark.parametrize("status", [408, 500, 503, 504])
def test_after_a_read_nothing_can_have_happened(
    httpserver: HTTPServer, credentials: Credentials, status: int
) -> None:
    """Reference 1.3: "A search that times out server side": narrow the window and repeat."""
    httpserver.expect_request(f"{BASE}/advanced_search_ids").respond_with_data("", status=status)
    with pytest.raises(UnavailableError):
        ADAPTER.page(credentials, ObjectKind.CHARGE)


def test_a_missing_right_is_named(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    _answer(httpserver, "", 403)
    with pytest.raises(CredentialsError) as caught:
        _send(credentials, refund)
    assert caught.value.missing == "refund transactions"


@pytest.mark.parametrize(("said", "wait"), [("7", 7.0), ("", 1.0), ("soon", 1.0), ("0", 1.0)])
def test_braintree_is_given_the_time_it_asks_for(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, said: str, wait: float
) -> None:
    _answer(httpserver, "", 429, **{"Retry-After": said})
    with pytest.raises(RateLimitedError) as caught:
        _send(credentials, refund)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<transaction>",
        "<other/>",
        "{}",
        "<transaction/>",
        "<transaction><id>r1</id><type>credit</type><status>settled</status></transaction>",
        "<transaction><id>r1</id><type>credit</type><status>new_word</status><amount>10.00</amount>"
        "<refunded-transaction-id>sale1</refunded-transaction-id>"
        "<currency-iso-code>EUR</currency-iso-code></transaction>",
        "<transaction><id>r1</id><type>credit</type><status>settled</status><amount>10.00</amount>"
        "<refunded-transaction-id>another</refunded-transaction-id>"
        "<currency-iso-code>EUR</currency-iso-code></transaction>",
        "<transaction><id>sale1</id><type>sale</type><status>settled</status>"
        "<amount>10.00</amount><currency-iso-code>EUR</currency-iso-code></transaction>",
    ],
)
def test_a_2xx_without_the_refund_is_unknown(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, body: str
) -> None:
    """M5."""
    _answer(httpserver, body, 201)
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", "qa"),
        ("environment", ""),
        ("environment", "production"),
        ("merchant_id", ""),
        ("merchant_id", "../x"),
        ("private_key", "schlüssel"),
        ("public_key", "a\nb"),
    ],
)
def test_what_cannot_be_keys_is_never_sent(
    httpserver: HTTPServer, credentials: Credentials, name: str, value: str
) -> None:
    """A production key never goes to another address."""
    wrong = Credentials(values={**credentials.values, name: value}, api_base=credentials.api_base)
    with pytest.raises(CredentialsError) as caught:
        ADAPTER.check(wrong)
    assert caught.value.parameter == name
    assert not httpserver.log
