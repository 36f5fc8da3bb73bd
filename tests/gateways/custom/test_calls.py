"""What an answer of a tenant's own system means, and what is never called (M3, M5)."""

import json
from datetime import timedelta

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
        (404, "<html>", DeclinedError),
        (422, '{"error": "no"}', DeclinedError),
        (429, "", RateLimitedError),
    ],
)
def test_what_an_answer_means(
    httpserver: HTTPServer, status: int, body: str, error: type[GatewayError]
) -> None:
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
