"""A tenant that is connected to a Stripe account of its own in the sandbox, and its API key."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import requests

from audit.models import AuditEvent
from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection, Tenant
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from chargedesk.tenants.services.connecting import connect_gateway
from gateways import registry
from gateways.snapshots import ObjectKind

Json = dict[str, Any]


@dataclass
class Shop:
    """What a flow needs to act as this tenant's own system."""

    tenant: Tenant
    connection: Connection
    secret: str
    web_url: str
    sandbox_url: str
    account: str
    charges: list[str] = field(default_factory=list)

    def post(self, path: str, form: Json | None = None, **headers: str) -> requests.Response:
        """POST to `/v1` as an old client does."""
        return requests.post(
            f"{self.web_url}/v1{path}",
            data=form or {},
            auth=(self.secret, ""),
            headers=headers,
            timeout=30,
        )

    def post_json(self, path: str, body: Json) -> requests.Response:
        """POST a JSON body to `/v1`."""
        return requests.post(
            f"{self.web_url}/v1{path}", json=body, auth=(self.secret, ""), timeout=30
        )

    def get(self, path: str, **query: Any) -> Json:
        """GET from `/v1`, which must succeed."""
        answer = requests.get(
            f"{self.web_url}/v1{path}", params=query, auth=(self.secret, ""), timeout=30
        )
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    def control(self, method: str, name: str, order: Json | None = None, **query: str) -> Json:
        """Steer the sandbox."""
        return _control(self.sandbox_url, method, name, order, **query)

    def arm(self, kind: str, **rule: Any) -> None:
        """Arm one fault for this account only."""
        rule = {"provider": "stripe", "account": self.account, "kind": kind, "times": 1, **rule}
        self.control("POST", "faults", rule)

    def make(self, kind: str, **order: Any) -> str:
        """Make an object at the sandbox and read it as a backfill would; its id."""
        order = {"account": self.account, "provider": "stripe", "object": kind, **order}
        external_id: str = self.control("POST", "objects", order)["object"]["id"]
        read_again(self, ObjectKind(kind), external_id)
        return external_id

    def effects(self, effect: str) -> list[Json]:
        """The sandbox's journal of what really happened."""
        entries = self.control("GET", "journal", provider="stripe", account=self.account)
        return [entry for entry in entries["entries"] if entry["effect"] == effect]

    def refunded_minor(self) -> int:
        """All money refunded at the provider, over all objects of the account."""
        money = self.control("GET", "money", provider="stripe", account=self.account)
        return sum(each["refunded_minor"] for each in money["objects"].values())

    def captured_minor(self, charge_id: str) -> int:
        """What the provider says was captured of one charge."""
        money = self.control("GET", "money", provider="stripe", account=self.account)
        captured: int = money["objects"].get(charge_id, {}).get("captured_minor", 0)
        return captured

    def audited(self) -> list[str]:
        """The verbs of the tenant's audit log about actions, in order."""
        with scoping.tenant(self.tenant.id):
            rows = AuditEvent.objects.filter(verb__startswith="action.").order_by("seq")
            return list(rows.values_list("verb", flat=True))


def open_shop(web_url: str, sandbox_url: str, *, charges: int = 3) -> Shop:
    """Make the tenant, its sandbox account and its key, and read its charges."""
    mark = uuid.uuid4().hex[:12]
    order = {
        "account": f"acct_{mark}",
        "key": f"sk_test_{mark}",
        "currency": "eur",
        "seed": {"customers": 1, "currency": "eur", "charges": charges},
    }
    made = _control(sandbox_url, "POST", "accounts", order)
    tenant = Tenant.objects.create(slug=f"t-{ids.new_id().hex}", name="Example Ltd")
    connection = connect_gateway(
        tenant.id,
        provider="stripe",
        values={"api_key": f"sk_test_{mark}"},
        actor=SYSTEM,
        api_base=f"{sandbox_url}/stripe",
    )
    powers = KeyPowers(
        scopes=["read", "write", "money"], is_unlimited=True, requests_per_minute=10_000
    )
    with scoping.tenant(tenant.id):
        _key, secret = create_api_key(name="the shop's own system", powers=powers, actor=SYSTEM)
    shop = Shop(tenant, connection, secret, web_url, sandbox_url, f"acct_{mark}", made["charges"])
    for charge_id in shop.charges:
        read_again(shop, ObjectKind.CHARGE, charge_id)
    return shop


def read_again(shop: Shop, kind: ObjectKind, external_id: str) -> None:
    """Read one object and what belongs to it."""
    adapter = registry.adapter("stripe")
    snapshots = adapter.read(gateway_credentials(shop.connection), kind, external_id)
    with scoping.tenant(shop.tenant.id):
        record_snapshots(shop.connection, snapshots)


def _control(
    sandbox_url: str, method: str, name: str, order: Json | None = None, **query: str
) -> Json:
    answer = requests.request(
        method, f"{sandbox_url}/_control/{name}", json=order, params=query, timeout=30
    )
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body
