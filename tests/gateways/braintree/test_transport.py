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
from gateways.braintree import ADAPTER
from gateways.contract import Credentials, Order, Outcome
from gateways.errors import OutcomeUnknownError, UnavailableError
from gateways.snapshots import ObjectKind
from tests.gateways.braintree.conftest import KEYS

HEAD = b"HTTP/1.1 201 OK\r\nContent-Type: application/xml\r\nContent-Length: 1000\r\n\r\n"


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
        yield Credentials(values=KEYS, api_base=f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        listener.close()
        thread.join(timeout=5)


def _send(credentials: Credentials, order: Order, *, within: float) -> Outcome:
    deadline = clock.now() + timedelta(seconds=within)
    return ADAPTER.send(credentials, order, ADAPTER.freeze(order)[0], deadline=deadline)


def _trickle(caller: socket.socket) -> None:
    for byte in HEAD + b"<" * 1000:
        caller.sendall(bytes([byte]))
        time.sleep(0.05)


def _trickle_body(caller: socket.socket) -> None:
    caller.sendall(HEAD)
    for _ in range(100):
        caller.sendall(b"<")
        time.sleep(0.05)


@pytest.mark.parametrize("talk", [_trickle, _trickle_body])
def test_a_trickle_cannot_stretch_the_deadline(
    refund: Order, talk: Callable[[socket.socket], None]
) -> None:
    """M3: the SDK's own transport would count its timeout anew for each read."""
    with _server(talk) as credentials:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknownError):
            _send(credentials, refund, within=0.6)
        # The trickle itself takes five seconds; a busy machine may be late.
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", HEAD, HEAD + b"<transaction>"])
def test_a_broken_answer_is_unknown(refund: Order, said: bytes) -> None:
    with (
        _server(lambda caller: caller.sendall(said)) as credentials,
        pytest.raises(OutcomeUnknownError),
    ):
        _send(credentials, refund, within=5)


def test_what_cannot_be_reached_was_not_sent(refund: Order) -> None:
    for address in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        nowhere = Credentials(values=KEYS, api_base=address)
        with pytest.raises(UnavailableError):
            _send(nowhere, refund, within=5)


def test_an_address_may_have_a_path(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/braintree/merchants/merchant1/plans/").respond_with_data(
        '<plans type="array"/>', headers={"Content-Type": "application/xml"}
    )
    below = Credentials(values=KEYS, api_base=httpserver.url_for("/braintree"))
    assert ADAPTER.page(below, ObjectKind.PRICE).snapshots == ()
    headers = httpserver.log[0][0].headers
    assert headers["X-ApiVersion"] == "6"
    assert headers["Authorization"].startswith("Basic ")
