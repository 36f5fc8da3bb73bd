"""Whether an order's payment plug-in can refund: asked, and not guessed when nobody tells."""

from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from gateways.contract import Credentials, FunctionCall, Order
from gateways.errors import DeclinedError
from gateways.woocommerce import ADAPTER
from gateways.woocommerce.client import API
from tests.gateways.woocommerce.recorded import recorded

REMOVED = {
    "code": "woocommerce_rest_payment_gateway_invalid",
    "message": "Resource does not exist.",
    "data": {"status": 404},
}
NO_ROUTE = {"code": "rest_no_route", "message": "No route.", "data": {"status": 404}}
DENIED = {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 403}}


def _read(
    server: HTTPServer, credentials: Credentials, order: Order, answer: tuple[object, int]
) -> int:
    """What is read before money; how often the plug-in was asked for."""
    paid = recorded("order_processing", id=12, refunds=[], payment_method="stripe")
    server.expect_request(f"{API}/orders/12").respond_with_json(paid)
    asked = f"{API}/payment_gateways/stripe"
    server.expect_request(asked).respond_with_json(answer[0], status=answer[1])
    ADAPTER.read_before_money(credentials, order)
    return sum(request.path == asked for request, _ in server.log)


@pytest.mark.parametrize(
    "answer",
    [
        ({"id": "stripe", "method_supports": ["products", "refunds"]}, 200),
        (NO_ROUTE, 404),
        (DENIED, 403),
        ({"code": "rest_forbidden", "message": "No.", "data": {"status": 404}}, 404),
        ({"id": "stripe"}, 200),
        ({"code": "internal_server_error", "message": "<p>Critical</p>"}, 500),
    ],
)
def test_only_a_clear_no_refuses(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, answer: tuple[object, int]
) -> None:
    """Keys without that right, and shops without that route or with a broken one."""
    assert _read(httpserver, credentials, refund, answer) == 1


@pytest.mark.parametrize(
    "answer", [(REMOVED, 404), ({"id": "stripe", "method_supports": ["products"]}, 200)]
)
def test_a_clear_no_refuses(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, answer: tuple[object, int]
) -> None:
    with pytest.raises(DeclinedError, match="by hand"):
        _read(httpserver, credentials, refund, answer)


@pytest.mark.parametrize(
    "changed", [{"money": None}, {"function": FunctionCall(url="https://own.example/refund")}]
)
def test_where_the_shop_gives_nothing_back_it_is_not_asked(
    httpserver: HTTPServer, credentials: Credentials, refund: Order, changed: dict[str, Any]
) -> None:
    """For a preview nothing is ordered yet, and a tenant's own system needs no plug-in."""
    order = replace(refund, **changed)
    assert _read(httpserver, credentials, order, (REMOVED, 404)) == 0
