"""The signed context of the generic helpdesk: what is accepted, and what is not."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest

from chargedesk.kit import clock
from helpdesk_apps.contract import HelpdeskCredentials, InboundRequest, Note, TicketContext
from helpdesk_apps.errors import (
    ContextError,
    HelpdeskCredentialsError,
    HelpdeskRefusedError,
    HelpdeskUnavailableError,
    HelpdeskUnsupportedError,
    IdentityError,
)
from helpdesk_apps.generic import ADAPTER
from helpdesk_apps.generic.signing import check_signature, signature

SECRET = "s" * 40
CREDENTIALS = HelpdeskCredentials(values={"secret": SECRET})
CONTEXT = {
    "ticket": {"id": 4711, "language": "it"},
    "agent": {"email": "Anna@Shop.example", "name": "Anna"},
    "customer": {"email": "Mia@Mail.example", "name": "Mia", "email_verified": True},
    "language": "en",
}


def _call(
    said: object = CONTEXT,
    /,
    *,
    age: timedelta = timedelta(),
    secret: str = SECRET,
    **changes: str,
) -> TicketContext:
    now = clock.now()
    text = said if isinstance(said, str) else json.dumps(said)
    timestamp = int((now - age).timestamp())
    form = {
        "context": text,
        "timestamp": str(timestamp),
        "signature": signature(secret, timestamp=timestamp, payload=text.encode()),
    } | changes
    request = InboundRequest(
        method="POST",
        path="/embed/",
        query="",
        headers={},
        body=urlencode(form).encode(),
        received_at=now,
    )
    return ADAPTER.verify_caller(CREDENTIALS, request)


def test_signed_context_is_read() -> None:
    """Addresses are compared in lower case; numbers may stand for ids."""
    context = _call()
    assert context.ticket_id == "4711"
    assert context.agent_email == "anna@shop.example"
    assert context.customer_email == "mia@mail.example"
    assert context.is_customer_verified
    assert context.ticket_language == "it"


@pytest.mark.parametrize("claim", ["yes", 1, "true", None])
def test_only_a_plain_true_verifies_the_customer(claim: object) -> None:
    """A sloppy claim is a claim."""
    customer = {"email": "mia@mail.example", "email_verified": claim}
    assert not _call(CONTEXT | {"customer": customer}).is_customer_verified


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "x" * 40},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6)},
        {"signature": ""},
        {"signature": "ü"},
        {"timestamp": "1e9"},
        {"timestamp": "9" * 400},
        {"context": '{"agent": {"email": "owner@shop.example"}}'},
    ],
)
def test_untrusted_callers_are_refused(changes: dict[str, Any]) -> None:
    """Another secret, a replay after five minutes, a tampered part."""
    with pytest.raises(IdentityError):
        _call(**changes)


@pytest.mark.parametrize(
    "said", ["[]", "{", "1", '{"agent": []}', '{"agent": {"email": {}}}', '"' + "x" * 9000 + '"']
)
def test_unreadable_context_is_said(said: str) -> None:
    """Signed nonsense is still nonsense."""
    with pytest.raises(ContextError):
        _call(said)


def test_note_is_signed_and_repeatable() -> None:
    """A note carries its key, and our signature over the exact bytes."""
    with _Desk(201) as desk:
        note_id = ADAPTER.add_note(desk.credentials, _note())
    assert note_id == "n-1"
    headers, body = desk.received[0]
    assert json.loads(body)["key"] == "k-1"
    check_signature(
        SECRET,
        timestamp=headers["X-ChargeDesk-Timestamp"],
        payload=body,
        signed=headers["X-ChargeDesk-Signature"],
        now=clock.now(),
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, HelpdeskCredentialsError),
        (404, HelpdeskRefusedError),
        (302, HelpdeskRefusedError),
        (429, HelpdeskUnavailableError),
        (503, HelpdeskUnavailableError),
    ],
)
def test_each_refusal_has_its_error(status: int, error: type[Exception]) -> None:
    """Every error class is reachable."""
    with _Desk(status) as desk, pytest.raises(error):
        ADAPTER.add_note(desk.credentials, _note())


def test_note_without_an_address_is_unsupported() -> None:
    """Nothing is sent nowhere."""
    with pytest.raises(HelpdeskUnsupportedError):
        ADAPTER.add_note(CREDENTIALS, _note())


def test_webhook_is_verified_and_parsed() -> None:
    """One signed event."""
    body = json.dumps(
        {
            "id": "e1",
            "type": "reply",
            "ticket_id": "7",
            "occurred_at": "2026-11-22T10:00:00+00:00",
        }
    ).encode()
    now = clock.now()
    stamp = int(now.timestamp())
    headers = {
        "x-chargedesk-timestamp": str(stamp),
        "x-chargedesk-signature": signature(SECRET, timestamp=stamp, payload=body),
    }
    request = InboundRequest(
        method="POST", path="/", query="", headers=headers, body=body, received_at=now
    )
    (event,) = ADAPTER.parse_webhook(CREDENTIALS, request)
    assert (event.event_id, event.ticket_id) == ("e1", "7")


def _note() -> Note:
    return Note(key="k-1", ticket_id="7", text="Refunded", author_email="anna@shop.example")


class _Desk:
    """A helpdesk on loopback that answers every POST with one status."""

    def __init__(self, status: int) -> None:
        self.received: list[tuple[Any, bytes]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.headers, body))
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                self.wfile.write(b'{"id": "n-1"}')

            def log_message(self, *_args: Any) -> None:
                """Stay quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def credentials(self) -> HelpdeskCredentials:
        """A connection whose notes come here."""
        url = f"http://127.0.0.1:{self._server.server_port}/notes"
        return HelpdeskCredentials(values={"secret": SECRET, "note_url": url})

    def __enter__(self) -> "_Desk":
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
