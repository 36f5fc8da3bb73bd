"""What an answer of a tenant's own system means, and what is never called (M3, M5)."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from chargedesk.kit import clock
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Credentials, FunctionCall, Functions, Order, Outcome
from gateways.errors import (
    DeclinedError,
    GatewayError,
    InvalidOrderError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.functions import refused_url
from gateways.routing import adapter_for, routable_actions
from gateways.snapshots import RefundSnapshot
from tests.contracts.custom.harness import new_secret

CHARGE = {
    "transaction_id": "inv-1",
    "amount": "90.00",
    "amount_refunded": "0.00",
    "currency": "EUR",
    "status": "paid",
    "refunds": [],
}


def _order(url: str, *, minor: int = 2500) -> Order:
    return Order(
        action=ActionKind.REFUND,
        intent_id=new_id(),
        target_id="inv-1",
        money=Money.of(minor, "EUR"),
        function=FunctionCall(url=url, agent="Ada", subject={"charge": CHARGE}),
    )


def _sent(url: str, *, is_trusted: bool = True) -> Outcome:
    order, adapter = _order(url), adapter_for("custom", {"refund": url})
    functions = Functions(urls={"refund": url}, secret=new_secret(), is_trusted=is_trusted)
    return adapter.send(
        Credentials(values={}, functions=functions),
        order,
        adapter.freeze(order)[0],
        deadline=clock.now() + timedelta(seconds=5),
    )


def _sent_as(
    action: ActionKind, url: str, subject: Mapping[str, Any], *, target_id: str
) -> Outcome:
    order = Order(
        action=action,
        intent_id=new_id(),
        target_id=target_id,
        money=None if action is ActionKind.VOID else Money.of(2500, "EUR"),
        function=FunctionCall(url=url, agent="Ada", subject=subject),
    )
    adapter = adapter_for("custom", {action.value: url})
    functions = Functions(urls={action.value: url}, secret=new_secret(), is_trusted=True)
    return adapter.send(
        Credentials(values={}, functions=functions),
        order,
        adapter.freeze(order)[0],
        deadline=clock.now() + timedelta(seconds=5),
    )


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "", OutcomeUnknownError),
        (200, "ok", OutcomeUnknownError),
        (200, "[]", OutcomeUnknownError),
        (200, '{"error": {"message": "no"}}', OutcomeUnknownError),
        (200, '{"charge": {"transaction_id": "inv-2"}}', OutcomeUnknownError),
        (200, '{"charge": {"amount_refunded": "much"}}', OutcomeUnknownError),
        (200, '{"refund": {"status": "odd"}}', OutcomeUnknownError),
        (301, "", OutcomeUnknownError),
        (303, "{}", OutcomeUnknownError),
        (408, "{}", OutcomeUnknownError),
        (409, '{"error": {"message": "no"}}', OutcomeUnknownError),
        (500, "{}", OutcomeUnknownError),
        (503, "", OutcomeUnknownError),
        (400, '{"error": {"message": "no"}}', DeclinedError),
        (422, '{"error": "no"}', DeclinedError),
        (403, '{"error": {"code": "closed"}}', DeclinedError),
        (400, "", OutcomeUnknownError),
        (404, "<html>", OutcomeUnknownError),
        (404, '{"error": {"mess', OutcomeUnknownError),
        (403, '{"message": "Forbidden"}', OutcomeUnknownError),
        (422, "{}", OutcomeUnknownError),
        (422, '["no"]', OutcomeUnknownError),
        (422, '{"error": ""}', OutcomeUnknownError),
        (422, '{"error": null}', OutcomeUnknownError),
        (429, "", RateLimitedError),
    ],
)
def test_what_an_answer_means(
    httpserver: HTTPServer, status: int, body: str, error: type[GatewayError]
) -> None:
    """M5: a refusal is one in the guide's own form; others may be a proxy's, before or behind."""
    httpserver.expect_request("/refund").respond_with_data(body, status)
    with pytest.raises(error):
        _sent(httpserver.url_for("/refund"))
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({}, "succeeded"),
        ({"charge": {"amount_refunded": "25.00"}}, "succeeded"),
        ({"refund": {"refund_id": "back-1"}}, "succeeded"),
        ({"refund": {"refund_id": "back-1", "status": "pending"}}, "pending"),
        ({"refund": {"refund_id": "back-1", "status": "failed"}}, "failed"),
        ({"unknown": {"a": [1]}}, "succeeded"),
    ],
)
def test_a_yes(httpserver: HTTPServer, answer: dict[str, object], state: str) -> None:
    httpserver.expect_request("/refund").respond_with_json(answer)
    outcome = _sent(httpserver.url_for("/refund"))
    assert (outcome.state, outcome.money) == (state, Money.of(2500, "EUR"))
    assert outcome.carries_marker
    sent = httpserver.log[0][0]
    assert '"refund_amount": 25.00' in sent.get_data(as_text=True)
    assert sent.headers["Idempotency-Key"] == json.loads(sent.data)["idempotency_key"]


@pytest.mark.parametrize(
    "answer",
    [
        {"charge": {"refunds": [{"refund_id": "back-1", "amount": "25.00"}]}},
        {
            "charge": {"refunds": [{"refund_id": "back-1", "amount": "25.00"}]},
            "refund": {"refund_id": "back-1"},
        },
    ],
)
def test_our_refund_in_the_charge_s_list_is_one_row(
    httpserver: HTTPServer, answer: dict[str, object]
) -> None:
    """M11: without our key it is known by its id, or as the only new one of our amount."""
    httpserver.expect_request("/refund").respond_with_json(answer)
    outcome = _sent(httpserver.url_for("/refund"))
    (refund,) = [each for each in outcome.snapshots if isinstance(each, RefundSnapshot)]
    assert (refund.external_id, outcome.object_id) == ("back-1", "back-1")
    told = outcome.snapshots[0].told
    assert told is not None
    assert [each["refund_id"] for each in told["refunds"]] == ["back-1"]


@pytest.mark.parametrize(
    "answer",
    [
        {"refund": {"refund_id": "back-1", "amount": "24.00"}},
        {
            "charge": {"refunds": [{"refund_id": "back-1", "amount": "24.00"}]},
            "refund": {"refund_id": "back-1"},
        },
    ],
)
def test_a_refund_of_another_amount_is_no_success(
    httpserver: HTTPServer, answer: dict[str, object]
) -> None:
    """M12: nothing is swapped; people look at it."""
    httpserver.expect_request("/refund").respond_with_json(answer)
    with pytest.raises(OutcomeUnknownError):
        _sent(httpserver.url_for("/refund"))


@pytest.mark.parametrize(
    "answer",
    [
        {"refund": {"refund_id": "back-1", "idempotency_key": f"{new_id()}-refund"}},
        {
            "charge": {
                "refunds": [
                    {
                        "refund_id": "back-1",
                        "amount": "25.00",
                        "idempotency_key": f"{new_id()}-refund",
                    }
                ]
            },
            "refund": {"refund_id": "back-1"},
        },
    ],
)
def test_a_refund_with_another_order_s_key_is_no_success(
    httpserver: HTTPServer, answer: dict[str, object]
) -> None:
    """M7: a system that takes two like orders for one hands back the first one's refund."""
    httpserver.expect_request("/refund").respond_with_json(answer)
    with pytest.raises(OutcomeUnknownError):
        _sent(httpserver.url_for("/refund"))


def test_a_charge_with_another_order_s_key_is_no_success(httpserver: HTTPServer) -> None:
    """M7: only our key settles, also if the rest is as ordered."""
    made = {"transaction_id": "inv-9", "idempotency_key": f"{new_id()}-charge"}
    httpserver.expect_request("/charge").respond_with_json({"charge": made})
    customer = {"customer": {"customer_id": "cus-1"}}
    with pytest.raises(OutcomeUnknownError):
        _sent_as(ActionKind.CHARGE, httpserver.url_for("/charge"), customer, target_id="cus-1")


@pytest.mark.parametrize("answer", [{"currency": "USD"}, {"amount": "25", "currency": "JPY"}])
def test_a_refund_in_another_currency_is_no_success(
    httpserver: HTTPServer, answer: dict[str, str]
) -> None:
    """M12: the same number of another currency is another amount."""
    httpserver.expect_request("/refund").respond_with_json({"refund": answer})
    with pytest.raises(OutcomeUnknownError):
        _sent(httpserver.url_for("/refund"))


@pytest.mark.parametrize(
    "charge",
    [
        {"status": "paid", "amount_captured": "80.00"},
        {"amount_captured": "5.00"},
        {"status": "authorized"},
        {"status": "void"},
        {"currency": "USD"},
    ],
)
def test_a_capture_that_tells_of_something_else_is_no_success(
    httpserver: HTTPServer, charge: dict[str, str]
) -> None:
    """M12: nothing is swapped; an answer that contradicts itself proves nothing (M5)."""
    httpserver.expect_request("/capture").respond_with_json({"charge": charge})
    held = {"charge": {**CHARGE, "status": "authorized"}}
    with pytest.raises(OutcomeUnknownError):
        _sent_as(ActionKind.CAPTURE, httpserver.url_for("/capture"), held, target_id="inv-1")


@pytest.mark.parametrize(
    "charge", [None, {"status": "paid"}, {"description": "Paid"}, {"amount_captured": "25.00"}]
)
def test_a_capture_that_tells_less_is_one(
    httpserver: HTTPServer, charge: dict[str, str] | None
) -> None:
    """What an answer leaves out is as it was ordered."""
    httpserver.expect_request("/capture").respond_with_json({"charge": charge} if charge else {})
    held = {"charge": {**CHARGE, "status": "authorized"}}
    outcome = _sent_as(ActionKind.CAPTURE, httpserver.url_for("/capture"), held, target_id="inv-1")
    assert (outcome.state, outcome.money) == ("succeeded", Money.of(2500, "EUR"))


def test_a_void_that_tells_of_a_paid_charge_is_no_success(httpserver: HTTPServer) -> None:
    """M6: by its state a void is known."""
    httpserver.expect_request("/void").respond_with_json({"charge": {"status": "paid"}})
    held = {"charge": {**CHARGE, "status": "authorized"}}
    with pytest.raises(OutcomeUnknownError):
        _sent_as(ActionKind.VOID, httpserver.url_for("/void"), held, target_id="inv-1")


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/refund", "https://localhost/refund", "https://10.1.2.3/refund"),
        *("https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:127.0.0.1]/"),
        *("http://billing.example/refund", "https://a:b@billing.example/", "/refund"),
    ],
)
def test_no_address_inside_our_own_network_is_called(url: str) -> None:
    """Nor plain http, where it is not a local setting."""
    with pytest.raises(InvalidOrderError):
        _sent(url, is_trusted=False)


def test_an_address_that_nobody_listens_at_was_not_reached() -> None:
    with pytest.raises(UnavailableError):
        _sent("http://127.0.0.1:9/refund")


@pytest.mark.parametrize(
    "url", ["", "refund", "https://", "ftp://a.example", "https://a.example/#x", "https://a b/"]
)
def test_what_is_no_address(url: str) -> None:
    assert refused_url(url, is_trusted=True)


def test_actions_that_an_address_may_be_given_for() -> None:
    for provider in ("custom", "stripe"):
        assert {"refund", "capture", "void", "cancel_subscription"} <= set(
            routable_actions(provider)
        )


def test_an_adapter_offers_what_has_an_address() -> None:
    capabilities = adapter_for("custom", {"refund": "https://a.example"}).capabilities
    assert capabilities.refund is not None
    assert not capabilities.refund.proof.looks_up
    assert capabilities.void is None
    stripe = adapter_for("stripe", {"refund": "https://a.example"}).capabilities
    assert stripe.refund is not None
    assert stripe.refund.proof.key_life is None
    assert stripe.refund.proof.looks_up
    assert stripe.void is not None
    assert stripe.void.proof.key_life is not None
