"""What we send, against Recurly's own OpenAPI document."""

from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, Order
from gateways.recurly import ADAPTER
from gateways.recurly.actions import on_the_wire
from gateways.recurly.check import PROBES
from gateways.recurly.reading import PATHS
from tests.gateways.recurly.specification import PATH, complaints, document, has_operation

pytestmark = pytest.mark.skipif(
    PATH is None, reason="Recurly's document is not beside the repository"
)


@pytest.mark.parametrize(("code", "minor"), [("EUR", 1010), ("JPY", 500), ("KWD", 12345)])
def test_a_refund_is_as_the_document_says(refund: Order, code: str, minor: int) -> None:
    step = ADAPTER.freeze(replace(refund, money=Money.of(minor, code)))[0]
    assert has_operation(step.method, step.path)
    body = on_the_wire(step.body)
    assert complaints("InvoiceRefund", {**body, "amount": float(str(body["amount"]))}) == []


def test_ending_a_subscription_is_as_the_document_says(refund: Order) -> None:
    order = replace(refund, action=ActionKind.CANCEL_SUBSCRIPTION, money=None)
    later = ADAPTER.freeze(replace(order, at_period_end=True))[0]
    assert has_operation(later.method, later.path)
    assert complaints("SubscriptionCancel", dict(later.body)) == []
    now = ADAPTER.freeze(order)[0]
    told = document()["paths"]["/subscriptions/{subscription_id}"]["delete"]["parameters"]
    assert now.method == "DELETE"
    assert set(now.body) <= {each["name"] for each in told if "name" in each}


def test_every_path_we_read_exists() -> None:
    for path in PATHS.values():
        assert has_operation("GET", path)
        assert has_operation("GET", f"{path}/x")
    for probe in PROBES:
        assert has_operation(probe.method.value, probe.path)
    for path in ("/sites", "/accounts/x/billing_infos", "/accounts/x/transactions"):
        assert has_operation("GET", path)


def test_every_query_we_send_is_known(httpserver: HTTPServer, credentials: Credentials) -> None:
    listed = {"object": "list", "has_more": False, "data": []}
    for path in set(PATHS.values()):
        httpserver.expect_request(path).respond_with_json(listed)
    for kind in ADAPTER.capabilities.reads:
        ADAPTER.page(credentials, kind, since=clock.now())
    for word in ("payment", "charge_invoice", "subscription", "account"):
        ADAPTER.events(credentials, since=clock.now(), cursor=f"{word}~")
    for request, _ in httpserver.log:
        assert set(request.args) <= _known(request.path)


def _known(path: str) -> set[str]:
    parameters = document()["components"]["parameters"]
    told = document()["paths"][path]["get"]["parameters"]
    return {
        each["name"] if "name" in each else parameters[each["$ref"].rpartition("/")[2]]["name"]
        for each in told
    }
