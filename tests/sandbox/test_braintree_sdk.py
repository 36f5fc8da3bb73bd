"""The official SDK, unchanged, talks to the sandbox's Braintree and reads its XML (reference 9)."""

import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import braintree
import pytest

from tests.sandbox.program import Json, Program
from tests.sandbox.receiver import Receiver

PUBLIC, PRIVATE = "aurora_public", "aurora_private"


class _Configuration(braintree.Configuration):  # type: ignore[misc]
    """Below the sandbox's base path."""

    def base_url(self) -> str:
        return f"{super().base_url()}/braintree"


def _gateway(program: Program, merchant: str, public: str, private: str) -> Any:
    address = urlsplit(program.url)
    host, port = str(address.hostname), str(address.port)
    environment = braintree.Environment("loopback", host, port, "", False, None)  # noqa: FBT003
    config = _Configuration(
        environment=environment, merchant_id=merchant, public_key=public, private_key=private
    )
    return braintree.BraintreeGateway(config)


@pytest.fixture
def demo_gateway(demo: Program) -> Any:
    """The merchant of the demo."""
    return _gateway(demo, "aurora_braintree", PUBLIC, PRIVATE)


@pytest.fixture
def own(program: Program) -> tuple[Any, str]:
    """A merchant of the test's own, and its name."""
    mark = uuid.uuid4().hex[:12]
    name = f"merchant{mark}"
    order = {"provider": "braintree", "account": name, "key": f"public{mark}:private{mark}"}
    program.control("POST", "accounts", order)
    return _gateway(program, name, f"public{mark}", f"private{mark}"), name


def _make(program: Program, name: str, kind: str, **wanted: object) -> Json:
    order = {"provider": "braintree", "account": name, "object": kind, **wanted}
    made: Json = program.control("POST", "objects", order)["object"]
    return made


def test_the_demo_has_a_life_to_read(demo_gateway: Any) -> None:
    """Issue 3: "Each gateway has at least 20 refundable charges in a two-decimal currency"."""
    sales = list(demo_gateway.transaction.search(braintree.TransactionSearch.type == "sale"))
    settled = [each for each in sales if each.status == "settled" and not each.refund_ids]
    assert len(sales) > 300
    assert sum(each.currency_iso_code in {"EUR", "USD", "GBP"} for each in settled) >= 20
    assert {"JPY", "KWD"} <= {each.currency_iso_code for each in sales}
    assert all(isinstance(each.amount, Decimal) for each in sales)
    assert any(each.disputes for each in sales)
    credits_ = list(demo_gateway.transaction.search(braintree.TransactionSearch.type == "credit"))
    assert all(each.refunded_transaction_id for each in credits_)


def test_people_of_the_demo_pay_through_two_gateways(demo_gateway: Any) -> None:
    emails = {each.email for each in demo_gateway.customer.all()}
    assert {"emma.johnson@example.net", "anna.rossi@example.com"} <= emails


def test_every_kind_is_read_by_the_sdk(demo_gateway: Any) -> None:
    who = next(iter(demo_gateway.customer.all()))
    assert demo_gateway.customer.find(who.id).payment_methods[0].last_4 == "1111"
    assert demo_gateway.payment_method.find(who.payment_methods[0].token).customer_id == who.id
    found = demo_gateway.subscription.search(
        braintree.SubscriptionSearch.status.in_list(["Active", "Past Due"])
    )
    subscription = next(iter(found))
    assert demo_gateway.subscription.find(subscription.id).price == subscription.price
    assert {each.id for each in demo_gateway.plan.all()} >= {"team_monthly"}
    assert [each.id for each in demo_gateway.discount.all()] == ["welcome_5"]
    accounts = demo_gateway.merchant_account.all().merchant_accounts.items
    assert {each.currency_iso_code for each in accounts} >= {"EUR", "JPY"}
    since = braintree.DisputeSearch.received_date >= "2000-01-01"
    disputes = list(demo_gateway.dispute.search(since).disputes.items)
    assert demo_gateway.dispute.find(disputes[0].id).status == disputes[0].status
    assert demo_gateway.client_token.generate({"customer_id": who.id})


def test_the_sdk_refunds_voids_and_cancels(program: Program, own: tuple[Any, str]) -> None:
    gateway, name = own
    sale = _make(program, name, "charge")["id"]
    options = {"amount": Decimal("5.00"), "order_id": "ours", "api_request_key": "k1"}
    refunded = gateway.transaction.refund(sale, options)
    assert refunded.is_success
    assert gateway.transaction.find(sale).refund_ids == [refunded.transaction.id]
    refused = gateway.transaction.refund(sale, "50.00")
    assert not refused.is_success
    assert [each.code for each in refused.errors.deep_errors] == ["91521"]
    held = _make(program, name, "charge", outcome="uncaptured")["id"]
    assert gateway.transaction.void(held, {"api_request_key": "k2"}).transaction.status == "voided"
    running = _make(program, name, "subscription")["id"]
    assert gateway.subscription.cancel(running).subscription.status == "Canceled"
    again = gateway.subscription.cancel(running)
    assert [each.code for each in again.errors.deep_errors] == ["81905"]


def test_notifications_are_signed_as_the_sdk_expects(
    program: Program, receiver: Receiver, own: tuple[Any, str]
) -> None:
    # 3.3: "HMAC-SHA1 with key = SHA-1 digest (raw bytes) of the private key".
    gateway, name = own
    keys = f"{gateway.config.public_key}:{gateway.config.private_key}"
    order = {"account": name, "key": keys, "webhook_url": receiver.url}
    program.control("POST", "accounts", {"provider": "braintree", **order})
    sale = _make(program, name, "charge")["id"]
    program.control("POST", "act", {"provider": "braintree", "object": sale, "do": "dispute"})
    receiver.wait_for(1)
    form = {key: values[0] for key, values in parse_qs(receiver.bodies[0].decode()).items()}
    told = gateway.webhook_notification.parse(form["bt_signature"], form["bt_payload"])
    assert told.kind == "dispute_opened"
    assert told.dispute.transaction_details.id == sale
