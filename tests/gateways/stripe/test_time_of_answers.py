"""Which of two pictures is newer when Stripe's clock shows whole seconds only (M18)."""

import time

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateways.contract import Credentials
from gateways.stripe.client import Method, call, get

SAME_SECOND = "Sun, 01 Mar 2026 12:00:00 GMT"


def _slow_when_written(request: Request) -> Response:
    if request.method == "POST":
        time.sleep(0.1)
    return Response("{}", headers={"Date": SAME_SECOND}, mimetype="application/json")


def test_the_answer_to_a_write_is_newer_than_the_read_before_it(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Else the object a refund answers with would be ignored as old news, and shown unrefunded."""
    httpserver.expect_request("/v1/refunds").respond_with_handler(_slow_when_written)
    before = get(credentials, "/v1/refunds")
    answer = call(
        credentials,
        Method.POST,
        "/v1/refunds",
        params={},
        deadline=time.monotonic() + 5,
    )
    assert answer.as_of > before.as_of
