"""A PayPal account in the product: imported, refunded over `/v1`, told by webhook."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.models import Charge, MoneyRoot, Refund
from chargedesk.sync.services import start_connection
from chargedesk.tenants.models import Connection, Tenant
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from chargedesk.tenants.services.connecting import connect_gateway
from chargedesk.tenants.services.webhook_endpoints import register_webhook
from tests.conftest import Running
from tests.contracts.paypal.harness import PayPalHarness
from tests.services.sweeps import swept_until

Json = dict[str, Any]


@dataclass
class Shop:
    """A tenant with one PayPal account."""

    tenant: Tenant
    connection: Connection
    secret: str
    web_url: str
    paypal: PayPalHarness

    def post(self, path: str, form: Json, key: str = "") -> Json:
        """POST to `/v1`, which must succeed."""
        answer = requests.post(
            f"{self.web_url}/v1{path}",
            data=form,
            auth=(self.secret, ""),
            headers={"Idempotency-Key": key} if key else {},
            timeout=30,
        )
        assert answer.status_code in {200, 202}, answer.text
        body: Json = answer.json()
        return body

    def get(self, path: str) -> Json:
        """GET from `/v1`, which must succeed."""
        answer = requests.get(f"{self.web_url}/v1{path}", auth=(self.secret, ""), timeout=30)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    def seen(self, test: Callable[[], bool]) -> None:
        """Wait until the ledger shows something."""

        def shown() -> bool:
            with scoping.tenant(self.tenant.id):
                return test()

        assert swept_until(shown)


@pytest.fixture
def shop(committed_db: None, live_web: Running, worker: Running, sandbox: Running) -> Shop:
    """Imported with what it had."""
    paypal = PayPalHarness(sandbox.url)
    paypal.make_charges(4)
    tenant = Tenant.objects.create(slug=f"t-{uuid.uuid4().hex}", name="Example Ltd")
    connection = connect_gateway(
        tenant.id,
        provider="paypal",
        values=paypal.credentials().values,
        actor=SYSTEM,
        api_base=paypal.credentials().api_base,
    )
    with scoping.tenant(tenant.id):
        powers = KeyPowers(
            scopes=["read", "write", "money"], is_unlimited=True, requests_per_minute=10_000
        )
        _key, secret = create_api_key(name="own system", powers=powers, actor=SYSTEM)
    register_webhook(tenant.id, connection.id, actor=SYSTEM)
    with scoping.tenant(tenant.id):
        start_connection(connection.id)
    return Shop(tenant, connection, secret, live_web.url, paypal)


def test_imported_refunded_and_told(shop: Shop) -> None:
    shop.seen(lambda: Charge.objects.count() == 4)
    with scoping.tenant(shop.tenant.id):
        charge_id = Charge.objects.order_by("occurred_at").values_list("external_id", flat=True)[0]
    done = shop.post(
        f"/gateway/charges/{charge_id}/refund",
        {"amount": "5.00", "log_reason": "goodwill"},
        ids.new_id().hex,
    )
    assert done["action"]["state"] == "succeeded"
    assert done["charge"]["status"] == "partially refunded"
    again = shop.post(f"/gateway/charges/{charge_id}/refund", {"amount": "15.00"}, "the-rest")
    assert again["action"]["state"] == "succeeded"
    assert again["charge"]["status"] == "refunded"
    with scoping.tenant(shop.tenant.id):
        root = MoneyRoot.objects.get(external_id=charge_id)
        assert (root.captured_minor, root.refunds_minor) == (2000, 2000)
        assert root.provider_refunded_minor == root.refunds_minor, "M11"
        assert Refund.objects.exclude(intent_id=None).count() == 2

    # Made by a person at PayPal: only the webhook tells.
    with scoping.tenant(shop.tenant.id):
        other = Charge.objects.order_by("occurred_at").values_list("external_id", flat=True)[1]
    shop.paypal.act(other, "dashboard_refund", amount=700)
    shop.seen(lambda: Charge.objects.get(external_id=other).refunded_minor == 700)


def test_an_authorization_is_captured_and_another_released(shop: Shop) -> None:
    taken, released = (shop.paypal.make("authorization", amount=3000)["id"] for _ in range(2))
    shop.seen(lambda: Charge.objects.filter(external_id__in=[taken, released]).count() == 2)
    assert shop.get(f"/charges/{taken}")["methods_active"] == ["capture", "void"]
    done = shop.post(f"/gateway/charges/{taken}/capture", {"amount": "10.00"}, ids.new_id().hex)
    assert done["action"]["state"] == "succeeded"
    assert shop.get(f"/charges/{taken}")["methods_active"] == []
    shop.seen(lambda: Charge.objects.filter(captured_minor=1000).count() == 1)
    gone = shop.post(f"/gateway/charges/{released}/void", {"log_reason": "other"})
    assert gone["action"]["state"] == "succeeded"
    with scoping.tenant(shop.tenant.id):
        assert Charge.objects.get(external_id=released).status == "canceled"


def test_a_hold_is_open_again_after_its_capture_was_declined(shop: Shop) -> None:
    """The bank did not pay: the webhook says so, and the hold can be given back."""
    held = shop.paypal.make("authorization", amount=9000)["id"]
    shop.seen(lambda: Charge.objects.filter(external_id=held).exists())
    shop.post(f"/gateway/charges/{held}/capture", {"amount": "90.00"}, ids.new_id().hex)
    shop.seen(lambda: Charge.objects.filter(captured_minor=9000).count() == 1)
    with scoping.tenant(shop.tenant.id):
        capture_id = Charge.objects.get(captured_minor=9000).external_id
    # PayPal's times have whole seconds.
    time.sleep(1.1)
    shop.paypal.act(capture_id, "decline")
    shop.seen(lambda: Charge.objects.get(external_id=held).status == "authorized")
    assert shop.get(f"/charges/{held}")["methods_active"] == ["capture", "void"]
    gone = shop.post(f"/gateway/charges/{held}/void", {"log_reason": "other"}, ids.new_id().hex)
    assert gone["action"]["state"] == "succeeded"


def test_a_lost_answer_is_settled_by_the_same_key(shop: Shop) -> None:
    """M4, M7: the key lives for weeks, so the order is repeated with it, and moves nothing."""
    shop.seen(lambda: Charge.objects.count() == 4)
    with scoping.tenant(shop.tenant.id):
        charge_id = Charge.objects.values_list("external_id", flat=True)[0]
    shop.paypal.control(
        "faults",
        account=shop.paypal.account,
        method="POST",
        path_regex="/refund$",
        kind="answer_lost_after_effect",
        times=1,
    )
    done = shop.post(f"/gateway/charges/{charge_id}/refund", {"amount": "5.00"}, "lost")
    assert done["action"]["state"] in {"unknown", "succeeded"}
    effects = [each["effect"] for each in shop.paypal.journal()]
    assert effects.count("refund.created") == 1
    # The webhook of the refund that did happen carries our marker, and settles it (M11).
    path = f"/actions/{done['action']['id']}"
    assert swept_until(lambda: shop.get(path)["state"] == "succeeded")
    effects = [each["effect"] for each in shop.paypal.journal()]
    assert effects.count("refund.created") == 1
