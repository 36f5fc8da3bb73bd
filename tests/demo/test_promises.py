"""What scripts rely on in the loaded demo (design 7): the file, the gateways, enough to refund."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import requests

from chargedesk.base import scoping
from chargedesk.demo.tickets import tickets_of
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, GatewayCustomer, Subscription
from chargedesk.tenants.models import Connection, Tenant
from gateways import registry
from tests.browser.demo import Demo, load_demo
from tests.conftest import Running
from tests.services.ground import Ground

GATEWAYS = {"stripe", "paypal", "braintree", "woocommerce", "recurly", "custom"}
TWO_DECIMALS = ("EUR", "USD", "GBP")
# Younger than PayPal's limit for refunds, so that nothing ages out while the demo runs.
YOUNG = timedelta(days=170)


@pytest.fixture(scope="module")
def demo(ground: Ground, live_web: Running, worker: Running, sandbox: Running) -> Demo:
    """The demo, loaded through the real adapters."""
    return load_demo(ground)


@pytest.fixture
def tenant_id(committed_db: None, demo: Demo) -> UUID:
    """The first demo tenant."""
    return Tenant.objects.get(slug=demo.aurora["slug"]).id


def _paid(tenant_id: UUID) -> list[Charge]:
    """All that was paid and is counted, newest first."""
    with scoping.tenant(tenant_id):
        found = Charge.objects.select_related("connection", "root").filter(captured_minor__gt=0)
        return list(found.order_by("-occurred_at"))


def _is_refundable(charge: Charge, least_minor: int = 1) -> bool:
    left = charge.captured_minor - charge.refunded_minor
    is_own = charge.root is not None and charge.root.parent_id is None
    return is_own and charge.currency in TWO_DECIMALS and left >= least_minor


def test_the_file_names_every_connection_and_its_secret(demo: Demo) -> None:
    connections: list[dict[str, Any]] = demo.aurora["connections"]
    assert {each["gateway"] for each in connections} == GATEWAYS
    assert all(each["webhook_secret"] for each in connections)
    for each in connections:
        assert each["webhook_url"].endswith(f"/webhooks/{each['gateway']}/{each['id']}/")


def test_enough_of_the_newest_can_be_refunded_at_stripe(tenant_id: UUID) -> None:
    """Design 7: 200 of 5.00 or more among the newest 500 paid, counted over all gateways."""
    newest = _paid(tenant_id)[:500]
    ours = [each for each in newest if each.connection.provider == "stripe"]
    assert sum(_is_refundable(each, 500) for each in ours) >= 200


def test_every_gateway_has_enough_to_refund(tenant_id: UUID) -> None:
    """Issue 3: at least 20 in a currency of two decimals."""
    since = clock.now() - YOUNG
    young = [each for each in _paid(tenant_id) if each.occurred_at > since]
    counted = Counter(each.connection.provider for each in young if _is_refundable(each))
    assert {name for name, count in counted.items() if count >= 20} == GATEWAYS


def test_somebody_pays_through_each_gateway_and_is_one_person(tenant_id: UUID) -> None:
    with scoping.tenant(tenant_id):
        records = GatewayCustomer.objects.filter(email="emma.johnson@example.net")
        assert {each.connection.provider for each in records.select_related("connection")} == (
            GATEWAYS
        )
        assert records.values("customer_id").distinct().count() == 1


def test_each_gateway_has_a_ticket_of_its_own(tenant_id: UUID, demo: Demo) -> None:
    emails = [each.email for each in tickets_of("aurora")]
    with scoping.tenant(tenant_id):
        rows = GatewayCustomer.objects.filter(email__in=emails).select_related("connection")
        gateways: dict[str, set[str]] = {}
        for each in rows:
            gateways.setdefault(each.email, set()).add(each.connection.provider)
    alone = {next(iter(each)) for each in gateways.values() if len(each) == 1}
    assert alone == GATEWAYS
    assert set(gateways) <= set(demo.aurora["sample_customers"])


def test_news_of_every_gateway_comes_by_webhook(
    tenant_id: UUID, demo: Demo, ground: Ground
) -> None:
    """Registered by API, or pasted as a person would; a second load changes nothing."""
    before = demo.aurora["connections"]
    assert load_demo(ground).aurora["connections"] == before
    with scoping.tenant(tenant_id):
        for each in Connection.objects.filter(kind="gateway"):
            reads = registry.adapter(each.provider).capabilities
            assert bool(each.webhook_id) == reads.registers_webhooks, each.label
            assert each.webhook_secrets, each.label


def test_one_action_of_a_gateway_goes_to_the_companys_own_system(
    tenant_id: UUID, demo: Demo
) -> None:
    """A membership ends at Recurly, but by the company's own system, when the panel orders it."""
    with scoping.tenant(tenant_id):
        (routed,) = Connection.objects.filter(provider="recurly")
        running = Subscription.objects.filter(
            connection=routed, status="active", cancels_at_period_end=False, cancel_at=None
        ).first()
    assert list(routed.functions) == ["cancel_subscription"]
    assert running is not None
    answer = requests.post(
        f"{demo.plain['base_url']}/v1/gateway/subscriptions/{running.external_id}/cancel",
        data={"at_period_end": "1"},
        auth=(demo.aurora["api_key"], ""),
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["action"]["state"] == "succeeded"
    assert answer.json()["subscription"]["status"] == "pending_cancel"
    journal = requests.get(
        f"{demo.plain['sandbox_url']}/_control/journal", params={"provider": "custom"}, timeout=30
    ).json()["entries"]
    assert running.external_id in journal[-1]["ids"]


def test_a_repair_of_the_own_system_is_refunded_there(tenant_id: UUID, demo: Demo) -> None:
    """Ticket 1059: told by `/v1`, refunded by a signed call."""
    with scoping.tenant(tenant_id):
        repair = Charge.objects.filter(
            connection__provider="custom", gateway_customer__email="rosa.lindgren@example.com"
        ).latest("occurred_at")
    answer = requests.post(
        f"{demo.plain['base_url']}/v1/gateway/charges/{repair.id}/refund",
        data={"log_reason": "requested_by_customer"},
        auth=(demo.aurora["api_key"], ""),
        timeout=30,
    )
    assert answer.json()["charge"]["status"] == "refunded", answer.text
