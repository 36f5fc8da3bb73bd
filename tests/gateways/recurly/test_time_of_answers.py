"""Which of two pictures is newer when Recurly's clock shows whole seconds only (M18)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from gateways.contract import Credentials, Order
from gateways.recurly import ADAPTER
from gateways.recurly.client import Method, call, get
from gateways.recurly.documents import written
from tests.gateways.recurly.recorded import recorded

SAME_SECOND = "Sun, 01 Mar 2026 12:00:00 GMT"


def _slow_when_written(request: Request) -> Response:
    if request.method == "POST":
        time.sleep(0.1)
    return Response('{"id": "x"}', headers={"Date": SAME_SECOND}, mimetype="application/json")


def test_the_answer_to_a_write_is_newer_than_the_read_before_it(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Else what a refund answers with would be ignored as old news, and shown unrefunded."""
    httpserver.expect_request("/invoices/x").respond_with_handler(_slow_when_written)
    before = get(credentials, "/invoices/x")
    answer = call(credentials, Method.POST, "/invoices/x", params={}, deadline=time.monotonic() + 5)
    assert answer.as_of > before.as_of


def test_a_read_is_older_by_the_time_it_took(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    def slow(_: Request) -> Response:
        time.sleep(0.2)
        return Response("{}", headers={"Date": SAME_SECOND})

    httpserver.expect_request("/invoices/x").respond_with_handler(slow)
    shown = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert get(credentials, "/invoices/x").as_of <= shown - timedelta(seconds=0.2)


def test_a_replay_shows_the_past(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """What it says was true when the first answer was made."""
    credit = recorded("invoice_credit")
    answer = _replaying(written(credit))
    httpserver.expect_request("/invoices/inv1/refund").respond_with_handler(answer)
    step = ADAPTER.freeze(refund)[0]
    deadline = clock.now() + timedelta(seconds=5)
    outcome = ADAPTER.send(credentials, refund, step, deadline=deadline)
    assert outcome.is_replay
    assert outcome.snapshots[0].as_of == datetime.fromisoformat(credit["updated_at"])


def _replaying(body: str) -> Callable[[Request], Response]:
    headers = {"Date": SAME_SECOND, "Idempotency-Prior": "true"}
    return lambda _: Response(body, status=201, headers=headers)
