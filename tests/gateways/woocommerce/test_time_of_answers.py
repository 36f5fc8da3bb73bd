"""Which of two pictures is newer when a shop's clock shows whole seconds only (M18)."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from gateways.contract import Credentials, Order
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.client import API, change, get
from gateways.woocommerce.mapping.values import marked_reason
from tests.gateways.woocommerce.recorded import recorded

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_answer_to_a_write_is_newer_than_the_read_before_it(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Else what a refund answers with would be ignored as old news."""
    httpserver.expect_request(f"{API}/orders/12").respond_with_handler(_after(0.1))
    before = get(credentials, "/orders/12")
    answer = change(credentials, "PUT", "/orders/12", deadline=time.monotonic() + 5, body={})
    assert answer.as_of > before.as_of


def test_a_read_is_older_by_the_time_it_took(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    httpserver.expect_request(f"{API}/orders/12").respond_with_handler(_after(0.2))
    assert get(credentials, "/orders/12").as_of <= NOON - timedelta(seconds=0.2)


def test_the_order_after_a_refund_is_no_older_than_before_it(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """However long that last read took: else the refunded order would be shown unrefunded."""
    order = recorded("order_processing", id=12, total="20.00", currency="EUR", refunds=[])
    row = recorded(
        "refund_by_gateway", amount="10.00", reason=marked_reason(refund.intent_id, "Goodwill")
    )
    shown = {"id": row["id"], "reason": row["reason"], "total": "-10.00"}
    answers = (
        ("GET", "", 0.0, order),
        ("GET", "", 0.0, order),
        ("POST", "/refunds", 0.0, row),
        ("GET", "", 0.4, {**order, "refunds": [shown]}),
    )
    for method, end, wait_s, body in answers:
        asked = httpserver.expect_ordered_request(f"{API}/orders/12{end}", method=method)
        asked.respond_with_handler(_after(wait_s, json.dumps(body)))
    before = get(credentials, "/orders/12")
    (step,) = ADAPTER.freeze(refund)
    deadline = clock.now() + timedelta(seconds=10)
    outcome = ADAPTER.send(credentials, refund, step, deadline=deadline)
    (charge,) = [each for each in outcome.snapshots if each.external_id == "12"]
    assert charge.as_of >= before.as_of


def _after(wait_s: float, body: str = '{"id": 12}') -> Callable[[Request], Response]:
    """An answer that takes its time, always dated in the same second."""

    def answer(_: Request) -> Response:
        time.sleep(wait_s)
        headers = {"Date": "Sun, 01 Mar 2026 12:00:00 GMT"}
        return Response(body, headers=headers, mimetype="application/json")

    return answer
