"""A small tenant with a key, connections and rows of every kind, written directly."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.test import Client

from audit.services import SYSTEM
from chargedesk.base import scoping
from chargedesk.kit import ids
from chargedesk.ledger.models import (
    Charge,
    Customer,
    GatewayCustomer,
    GatewayInvoice,
    MoneyRoot,
    Price,
    Product,
    Refund,
    Subscription,
)
from chargedesk.ledger.models.mirrored import Mirrored, mirrored_id
from chargedesk.tenants.models import ApiKey, Connection, ConnectionKind, Tenant
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key

Row = TypeVar("Row", bound=Mirrored)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class World:
    """One tenant; `secret` opens `/v1` with all scopes."""

    tenant: Tenant
    secret: str
    key: ApiKey
    connections: list[Connection] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """The first gateway account."""
        return self.connections[0]

    def add_key(self, **fields: Any) -> str:
        """Make another key and return its secret."""
        return _key(self.tenant, **fields)[0]

    def add_connection(self, provider: str = "stripe") -> Connection:
        """Connect another gateway account."""
        with scoping.tenant(self.tenant.id):
            connection = Connection.objects.create(
                tenant=self.tenant,
                kind=ConnectionKind.GATEWAY,
                provider=provider,
                label=f"{provider} {len(self.connections) + 1}",
                account_id=f"acct_{ids.new_id().hex}",
                credentials=b"sealed",
            )
        self.connections.append(connection)
        return connection

    def add_customer(self, external_id: str, **fields: Any) -> GatewayCustomer:
        """A gateway customer and the person behind it."""
        with scoping.tenant(self.tenant.id):
            person = Customer.objects.create(
                tenant=self.tenant,
                name=fields.get("name", ""),
                email=fields.get("email", ""),
                created_at=START,
            )
            return self._mirror(
                GatewayCustomer,
                "customer",
                external_id,
                customer=person,
                home=person,
                **fields,
            )

    def add_charge(self, external_id: str, **fields: Any) -> Charge:
        """A paid charge of 34.00 EUR with a root of its own."""
        amount = fields.get("amount_minor", 3400)
        currency = fields.setdefault("currency", "EUR")
        refunded = fields.get("refunded_minor", 0)
        captured = fields.setdefault("captured_minor", amount)
        with scoping.tenant(self.tenant.id):
            root = self._mirror(
                MoneyRoot,
                "root",
                f"root_{external_id}",
                connection=fields.get("connection"),
                currency=currency,
                amount_minor=amount,
                captured_minor=captured,
                provider_refunded_minor=refunded,
                refunds_minor=refunded,
            )
            values = {"status": "succeeded", "amount_minor": amount, **fields}
            return self._mirror(Charge, "charge", external_id, root=root, **values)

    def add_refund(self, charge: Charge, external_id: str, **fields: Any) -> Refund:
        """A refund of a charge."""
        with scoping.tenant(self.tenant.id):
            values = {"status": "succeeded", "amount_minor": 100, **fields}
            return self._mirror(
                Refund,
                "refund",
                external_id,
                root_id=charge.root_id,
                charge=charge,
                currency=charge.currency,
                **values,
            )

    def add_subscription(self, external_id: str, **fields: Any) -> Subscription:
        """An active monthly subscription."""
        values = {
            "status": "active",
            "amount_minor": 900,
            "currency": "EUR",
            "interval": "month",
            **fields,
        }
        with scoping.tenant(self.tenant.id):
            return self._mirror(Subscription, "subscription", external_id, **values)

    def add_product(self, external_id: str, **fields: Any) -> Product:
        """A product with one monthly price."""
        with scoping.tenant(self.tenant.id):
            product = self._mirror(
                Product, "product", external_id, **{"name": "Plan Tre", **fields}
            )
            self._mirror(
                Price,
                "price",
                f"price_{external_id}",
                product=product,
                amount_minor=900,
                currency="EUR",
                interval="month",
                connection=fields.get("connection"),
            )
        return product

    def add_invoice(self, external_id: str, **fields: Any) -> GatewayInvoice:
        """An open invoice of 12.00 EUR."""
        values = {
            "status": "open",
            "total_minor": 1200,
            "due_minor": 1200,
            "currency": "EUR",
            **fields,
        }
        with scoping.tenant(self.tenant.id):
            return self._mirror(GatewayInvoice, "invoice", external_id, **values)

    def _mirror(self, model: type[Row], kind: str, external_id: str, **fields: Any) -> Row:
        connection = fields.pop("connection", None) or self.connection
        defaults = {"as_of": START, "occurred_at": START, "recorded_at": START}
        row = model(
            id=mirrored_id(connection.id, kind, external_id),
            tenant=self.tenant,
            connection=connection,
            external_id=external_id,
            **{**defaults, **fields},
        )
        row.save(force_insert=True)
        return row

    def client(self, secret: str | None = None) -> "ApiClient":
        """A caller with this tenant's key, or another."""
        return ApiClient(self.secret if secret is None else secret)


def make_world(**key_fields: Any) -> World:
    """A tenant of its own, with one Stripe account."""
    tenant = Tenant.objects.create(slug=f"t-{ids.new_id().hex}", name="Example Ltd")
    secret, key = _key(tenant, **key_fields)
    world = World(tenant, secret, key)
    world.add_connection()
    return world


def _key(tenant: Tenant, **fields: Any) -> tuple[str, ApiKey]:
    powers = {"scopes": ["read", "write", "money"], "requests_per_minute": 100_000, **fields}
    ended = {name: powers.pop(name) for name in ("expires_at", "revoked_at") if name in powers}
    with scoping.tenant(tenant.id):
        key, secret = create_api_key(
            name="the shop's own system", powers=KeyPowers(**powers), actor=SYSTEM
        )
        if ended:
            ApiKey.objects.filter(id=key.id).update(**ended)
    return secret, key


def later(days: float) -> datetime:
    """A moment after the world's beginning."""
    return START + timedelta(days=days)


class ApiClient:
    """Calls `/v1` as an old client does: Basic, form bodies."""

    def __init__(self, secret: str) -> None:
        basic = base64.b64encode(f"{secret}:ignored".encode()).decode()
        self.headers = {"Authorization": f"Basic {basic}"} if secret else {}
        self.django = Client(raise_request_exception=False)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        """GET, returning Django's response."""
        return self.django.get(f"/v1{path}", query or {}, headers={**self.headers, **headers})

    def post(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> Any:
        """POST a form."""
        return self.django.post(
            f"/v1{path}",
            urlencode(form or {}, doseq=True),
            content_type="application/x-www-form-urlencoded",
            headers={**self.headers, **headers},
        )

    def post_json(self, path: str, body: Any, **headers: str) -> Any:
        """POST a JSON body."""
        return self.django.post(
            f"/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={**self.headers, **headers},
        )
