"""Which of two pictures is newer when Braintree's clock shows whole seconds only (M18)."""

import time
from datetime import UTC, datetime, timedelta

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from gateways.braintree import ADAPTER
from gateways.braintree.client import get
from gateways.braintree.reading import transaction
from gateways.contract import Credentials, Order
from gateways.snapshots import ChargeSnapshot

BASE = "/merchants/merchant1/transactions"
SAME_SECOND = "Sun, 01 Mar 2026 12:00:00 GMT"
SECOND = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _xml(body: str) -> Response:
    return Response(body, headers={"Date": SAME_SECOND}, mimetype="application/xml")


def _transaction(external_id: str, kind: str, updated_at: str, more: str = "") -> str:
    return (
        f"<transaction><id>{external_id}</id><type>{kind}</type><status>settled</status>"
        "<amount>10.00</amount><currency-iso-code>EUR</currency-iso-code>"
        f'<updated-at type="datetime">{updated_at}</updated-at>{more}</transaction>'
    )


def _refund(updated_at: str) -> str:
    of = "<refunded-transaction-id>sale1</refunded-transaction-id>"
    return _transaction("refund1", "credit", updated_at, of)


def _serve(httpserver: HTTPServer, *, updated_at: str) -> None:
    named = '<refund-ids type="array"><item>refund1</item></refund-ids>'
    sale = _transaction("sale1", "sale", "2026-03-01T11:00:00Z", named)

    def slow(_: Request) -> Response:
        time.sleep(0.1)
        return _xml(_refund(updated_at))

    reads: list[Request] = []

    def slower_each_time(request: Request) -> Response:
        # The read after the refund takes longer than the one before it.
        time.sleep(0.1 * len(reads))
        reads.append(request)
        return _xml(sale)

    httpserver.expect_request(f"{BASE}/sale1/refund").respond_with_handler(slow)
    httpserver.expect_request(f"{BASE}/sale1").respond_with_handler(slower_each_time)
    httpserver.expect_request(f"{BASE}/refund1").respond_with_data(
        _refund(updated_at), headers={"Date": SAME_SECOND}
    )


def test_the_answer_to_a_refund_is_newer_than_the_read_before_it(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """Else the sale would be ignored as old news, and shown unrefunded."""
    _serve(httpserver, updated_at="2026-03-01T12:00:00Z")
    before = transaction(credentials, "sale1")
    step = ADAPTER.freeze(refund)[0]
    deadline = clock.now() + timedelta(seconds=5)
    outcome = ADAPTER.send(credentials, refund, step, deadline=deadline)
    assert all(each.as_of > before.as_of for each in outcome.snapshots)
    sale = next(each for each in outcome.snapshots if isinstance(each, ChargeSnapshot))
    assert sale.refunded_minor == 1000


def test_a_repeated_key_answers_with_the_past(
    httpserver: HTTPServer, credentials: Credentials, refund: Order
) -> None:
    """Nothing marks a replay, so the object's own time of change dates it."""
    httpserver.expect_request(f"{BASE}/sale1/refund").respond_with_data(
        _refund("2026-02-20T09:00:00Z"), headers={"Date": SAME_SECOND}
    )
    step = ADAPTER.freeze(refund)[0]
    deadline = clock.now() + timedelta(seconds=5)
    outcome = ADAPTER.send(credentials, refund, step, deadline=deadline)
    assert [each.as_of for each in outcome.snapshots] == [datetime(2026, 2, 20, 9, tzinfo=UTC)]


def test_a_read_is_dated_by_its_answer_minus_its_duration(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    httpserver.expect_request("/merchants/merchant1/plans/").respond_with_data(
        '<plans type="array"/>', headers={"Date": SAME_SECOND}
    )
    assert SECOND - timedelta(seconds=5) < get(credentials, "/plans/").as_of < SECOND
