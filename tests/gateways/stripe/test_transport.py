"""One call, one deadline, and the knowledge whether a byte left (M3, M5)."""

import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from gateways.contract import Credentials, Order, Outcome
from gateways.errors import OutcomeUnknownError, UnavailableError
from gateways.snapshots import ObjectKind
from gateways.stripe import ADAPTER, transport

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


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
        yield Credentials(values={"api_key": "sk_test_raw"}, api_base=address)
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


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", HEAD, HEAD + b"{", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_a_broken_answer_is_unknown(refund: Order, said: bytes) -> None:
    with (
        _server(lambda caller: caller.sendall(said)) as credentials,
        pytest.raises(OutcomeUnknownError),
    ):
        _send(credentials, refund, within=5)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://[::1]:9", "http://127.0.0.1:0"],
)
def test_what_cannot_be_reached_was_not_sent(refund: Order, address: str) -> None:
    nowhere = Credentials(values={"api_key": "sk_test_raw"}, api_base=address)
    with pytest.raises(UnavailableError):
        _send(nowhere, refund, within=5)


def test_a_tls_failure_was_not_sent(refund: Order) -> None:
    with _server(lambda caller: caller.sendall(b"HTTP/1.1 400 Plain\r\n\r\n")) as credentials:
        secure = credentials.api_base.replace("http://", "https://")
        with pytest.raises(UnavailableError):
            _send(Credentials(values=credentials.values, api_base=secure), refund, within=5)


def test_a_server_that_says_nothing_during_tls_was_not_sent(refund: Order) -> None:
    is_over = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        is_over.wait(5)

    with _server(say_nothing) as credentials:
        secure = credentials.api_base.replace("http://", "https://")
        started = time.monotonic()
        with pytest.raises(UnavailableError):
            _send(Credentials(values=credentials.values, api_base=secure), refund, within=0.5)
        took_s = time.monotonic() - started
        is_over.set()
    # The silence itself takes five seconds; a busy machine may be late.
    assert took_s < 4


def test_a_redirect_is_not_followed(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """A key never goes where an answer points to."""
    httpserver.expect_request("/v1/refunds").respond_with_data(
        "", status=307, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund, within=5)
    assert [request.path for request, _ in httpserver.log] == ["/v1/refunds"]


def test_one_try_is_one_request(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """M3: no retry by SDK or transport, not even where the provider asks for one."""
    httpserver.expect_request("/v1/refunds").respond_with_data(
        "{}", status=500, headers={"Stripe-Should-Retry": "true"}
    )
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund, within=5)
    assert len(httpserver.log) == 1


def test_a_call_carries_version_key_and_marker(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    httpserver.expect_request("/v1/refunds").respond_with_data("", status=500)
    with pytest.raises(OutcomeUnknownError):
        _send(credentials, refund, within=5)
    request = httpserver.log[0][0]
    assert request.headers["Stripe-Version"] == "2026-10-28.endive"
    assert request.headers["Idempotency-Key"] == f"{refund.intent_id}-refund"
    assert request.form["metadata[chargedesk_intent]"] == str(refund.intent_id)
    assert request.form["amount"] == "1000"
    assert request.form["charge"] == "ch_1"
    assert "telemetry" not in request.headers["X-Stripe-Client-User-Agent"]


def test_a_child_of_fork_does_not_talk_over_its_parents_connection(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    httpserver.expect_request("/v1/refunds").respond_with_json({"data": [], "has_more": False})
    ADAPTER.page(credentials, ObjectKind.REFUND)
    assert transport._pool.cache_info().currsize
    child = os.fork()
    if child == 0:
        os._exit(transport._pool.cache_info().currsize)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_threads_share_the_adapter(httpserver: HTTPServer, credentials: Credentials) -> None:
    """Each thread gets the answer to its own question."""

    def answer(request: Request) -> Response:
        time.sleep(0.01)
        product = {"id": request.path.rpartition("/")[2], "object": "product", "name": "It"}
        return Response(json.dumps(product))

    httpserver.expect_request(re.compile("/v1/products/.*")).respond_with_handler(answer)
    wanted = [f"prod_{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda name: ADAPTER.read(credentials, ObjectKind.PRODUCT, name), wanted)
    assert [each[0].external_id for each in found] == wanted
