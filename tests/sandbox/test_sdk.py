"""The official SDK, unchanged, against the sandbox (reference 1.1)."""

import pytest
import stripe

from tests.sandbox.program import Account


@pytest.fixture
def client(account: Account) -> stripe.StripeClient:
    """A client as the product builds it, only with another address."""
    return stripe.StripeClient(account.key, base_addresses={"api": f"{account.program.url}/stripe"})


def test_it_pages_through_lists(client: stripe.StripeClient, account: Account) -> None:
    page = client.v1.charges.list({"limit": 1})
    assert [item.id for item in page.auto_paging_iter()] == account.charges[::-1]


def test_it_refunds_once_per_key(client: stripe.StripeClient, account: Account) -> None:
    order: stripe.params.RefundCreateParams = {
        "payment_intent": account.intents[0],
        "amount": 500,
        "metadata": {"operation_id": "op"},
    }
    first = client.v1.refunds.create(order, {"idempotency_key": "k"})
    again = client.v1.refunds.create(order, {"idempotency_key": "k"})
    assert first.id == again.id
    assert first.metadata is not None
    assert first.metadata["operation_id"] == "op"
    with pytest.raises(stripe.IdempotencyError):
        client.v1.refunds.create({**order, "amount": 501}, {"idempotency_key": "k"})


def test_it_raises_its_own_errors(client: stripe.StripeClient, account: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.charges.retrieve("ch_nope")
    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 404)
    wrong = stripe.StripeClient(
        "sk_test_nobody", base_addresses={"api": f"{account.program.url}/stripe"}
    )
    with pytest.raises(stripe.AuthenticationError):
        wrong.v1.charges.list()
    lacking = stripe.StripeClient(
        "rk_test_aurora_eu_readonly", base_addresses={"api": f"{account.program.url}/stripe"}
    )
    with pytest.raises(stripe.PermissionError):
        lacking.v1.refunds.create({"charge": "ch_1"})
    account.arm("rate_limited", path_regex="/charges$")
    with pytest.raises(stripe.RateLimitError):
        client.v1.charges.list()
    account.arm("answer_lost_after_effect", path_regex="/refunds$")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.refunds.create({"charge": account.charges[0]})


def test_a_conflict_surfaces_as_api_error(client: stripe.StripeClient, account: Account) -> None:
    # 1.1: "HTTP 409 with type=idempotency_error surfaces as APIError, not IdempotencyError".
    account.arm("late_effect", path_regex="/refunds$", delay_s=3)
    order: stripe.params.RefundCreateParams = {"charge": account.charges[0]}
    with pytest.raises(stripe.APIConnectionError):
        client.v1.refunds.create(order, {"idempotency_key": "late"})
    with pytest.raises(stripe.APIError) as refused:
        client.v1.refunds.create(order, {"idempotency_key": "late"})
    assert refused.value.http_status == 409


def test_it_reads_every_kind_of_object(client: stripe.StripeClient, account: Account) -> None:
    key = "sk_test_aurora_eu"
    aurora = stripe.StripeClient(key, base_addresses={"api": f"{account.program.url}/stripe"}).v1
    for service in (
        aurora.customers,
        aurora.charges,
        aurora.payment_intents,
        aurora.refunds,
        aurora.disputes,
        aurora.radar.early_fraud_warnings,
        aurora.products,
        aurora.prices,
        aurora.coupons,
        aurora.promotion_codes,
        aurora.subscriptions,
        aurora.invoices,
        aurora.invoice_payments,
        aurora.events,
        aurora.webhook_endpoints,
        aurora.balance_transactions,
    ):
        assert isinstance(service.list({"limit": 1}), stripe.ListObject)
    assert aurora.accounts.retrieve_current().id == "acct_aurora_eu"
