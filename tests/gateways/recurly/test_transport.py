"""One call, one deadline, and the knowledge whether a byte left (M3, M5)."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from gateways.contract import Credentials, Order, Outcome
from gateways.errors import OutcomeUnknownError, UnavailableError
from gateways.recurly import ADAPTER
from gateways.snapshots import ObjectKind

HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def _server(talk: Callable[[socket.socket], None]) -> Iterator[Credentials]:
    """A server on the loopback that treats its one caller as `talk` says."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.recv(65536)
            try:
                talk(caller)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Credentials(values={"api_key": "rawkey"}, api_base=address)
    finally:
        listener.close()
        thread.join(timeout=5)


def _send(credentials: Credentials, order: Order, *, within: float) -> Outcome:
    step = ADAPTER.freeze(order)[0]
    deadline = clock.now() + timedelta(seconds=within)
    return ADAPTER.send(credentials, order, step, deadline=deadline)


def _trickle(caller: socket.socket) -> None:
    for byte in HEAD + b"{" * 1000:
        caller.sendall(bytes([byte]))
        time.sleep(0.05)


def _trickle_body(caller: socket.socket) -> None:
    caller.sendall(HEAD)
    for _ in range(100):
        caller.sendall(b"{")
        time.sleep(0.05)


@pytest.mark.parametrize("talk", [_trickle, _trickle_body])
def test_a_trickle_cannot_stretch_the_deadline(
    refund: Order, talk: Callable[[socket.socket], None]
) -> None:
    """M3: every byte is in time, the whole is not."""
    with _server(talk) as credentials:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknownError):
            _send(credentials, refund, within=0.6)
        # The trickle itself takes five seconds; a busy machine may be late.
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", HEAD, HEAD + b"{"])
def test_a_broken_answer_is_unknown(refund: Order, said: bytes) -> None:
    with (
        _server(lambda caller: caller.sendall(said)) as credentials,
        pytest.raises(OutcomeUnknownError),
    ):
        _send(credentials, refund, within=5)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://127.0.0.1:0"]
)
def test_what_cannot_be_reached_was_not_sent(refund: Order, address: str) -> None:
    nowhere = Credentials(values={"api_key": "rawkey"}, api_base=address)
    with pytest.raises(UnavailableError):
        _send(nowhere, refund, within=5)


def test_a_tls_failure_was_not_sent(refund: Order) -> None:
    with _server(lambda caller: caller.sendall(b"HTTP/1.1 400 Plain\r\n\r\n")) as credentials:
        secure = credentials.api_base.replace("http://", "https://")
        with pytest.raises(UnavailableError):
            _send(Credentials(values=credentials.values, api_base=secure), refund, within=5)


def test_a_redirect_is_not_followed(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """A key never goes where an answer points to."""
    httpserver.expect_request("/invoices/inv1/refund").respond_with_data(
        "", status=307, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund, within=5)
    assert [request.path for request, _ in httpserver.log] == ["/invoices/inv1/refund"]


@pytest.mark.parametrize(
    "link",
    ["https://elsewhere.example/transactions?cursor=1", "//elsewhere/transactions", "/sites"],
)
def test_a_list_goes_on_at_recurly_only(
    httpserver: HTTPServer, credentials: Credentials, link: str
) -> None:
    listed = {"object": "list", "has_more": True, "next": link, "data": []}
    httpserver.expect_request("/transactions").respond_with_json(listed)
    page = ADAPTER.page(credentials, ObjectKind.CHARGE)
    with pytest.raises(UnavailableError):
        ADAPTER.page(credentials, ObjectKind.CHARGE, cursor=page.next_cursor)
    assert len(httpserver.log) == 1


def test_a_whole_address_is_followed_too(httpserver: HTTPServer, credentials: Credentials) -> None:
    link = f"{credentials.api_base}/transactions?cursor=abc&limit=200"
    listed = {"object": "list", "has_more": False, "next": None, "data": []}
    httpserver.expect_request(
        "/transactions", query_string="cursor=abc&limit=200"
    ).respond_with_json(listed)
    assert ADAPTER.page(credentials, ObjectKind.CHARGE, cursor=link).snapshots == ()


def test_one_try_is_one_request_with_version_key_and_exact_number(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M3: no retry below the engine, not even where the provider asks for one."""
    httpserver.expect_request("/invoices/inv1/refund").respond_with_data(
        "{}", status=500, headers={"Recurly-Should-Retry": "true"}
    )
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund, within=5)
    assert len(httpserver.log) == 1
    request = httpserver.log[0][0]
    assert request.headers["Accept"] == "application/vnd.recurly.v2021-02-25"
    assert request.headers["Idempotency-Key"] == f"{refund.intent_id}-refund"
    assert request.authorization is not None
    assert (request.authorization.username, request.authorization.password) == ("scriptedkey", "")
    assert b'"amount":10.10,' in request.data
    assert f"Refund reference: {refund.intent_id}".encode() in request.data
