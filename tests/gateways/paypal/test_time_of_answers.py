"""Which of two pictures is newer when PayPal's clock shows whole seconds only (M18)."""

import time
from datetime import timedelta

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from chargedesk.kit import clock
from gateways.capabilities import ActionKind
from gateways.contract import Credentials
from gateways.paypal.client import call, get
from tests.contracts.paypal.harness import PayPalHarness

SAME_SECOND = "Sun, 01 Mar 2026 12:00:00 GMT"


def _slow_when_written(request: Request) -> Response:
    if request.method == "POST":
        time.sleep(0.1)
    return Response("{}", headers={"Date": SAME_SECOND}, mimetype="application/json")


def test_the_answer_to_a_write_is_newer_than_the_read_before_it(
    httpserver: HTTPServer, credentials: Credentials
) -> None:
    """Else the object a refund answers with would be ignored as old news, and shown unrefunded."""
    httpserver.expect_request("/v2/refunds").respond_with_handler(_slow_when_written)
    before = get(credentials, "/v2/refunds")
    answer = call(credentials, "POST", "/v2/refunds", body={})
    assert answer.as_of > before.as_of


def test_the_charge_after_a_refund_is_newer_than_before_it(paypal: PayPalHarness) -> None:
    """Each action tells in its answer how the payment stands then."""
    for action in filter(paypal.adapter.capabilities.proof, ActionKind):
        order = paypal.make_order(action)
        before = paypal.adapter.read_before_money(paypal.credentials(), order)[0]
        (step,) = paypal.adapter.freeze(order)
        deadline = clock.now() + timedelta(seconds=10)
        outcome = paypal.adapter.send(paypal.credentials(), order, step, deadline=deadline)
        after = [each for each in outcome.snapshots if each.external_id == before.external_id]
        assert after
        assert all(each.as_of >= before.as_of for each in after), action
