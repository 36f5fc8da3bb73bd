"""A tenant with a custom integration, and the company's own system behind it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from audit.models import AuditEvent
from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, GatewayCustomer, MoneyRoot, Refund, Subscription
from chargedesk.tenants.models import ApiKey, Connection
from chargedesk.tenants.services import connect_gateway, set_functions
from chargedesk.tenants.services.api_keys import KeyPowers, create_api_key
from chargedesk.tenants.services.members import member_actor
from gateways.capabilities import ActionKind
from gateways.functions import LOOK_UP
from tests.actions.shop import Shop
from tests.api.world import ApiClient
from tests.contracts.custom.harness import CustomHarness
from tests.services.accounts import Account, Control, new_tenant, new_user

ALL = ("refund", "capture", "void", "cancel_subscription", LOOK_UP)


@dataclass(frozen=True)
class Company:
    """Orders as the tenant's own program (`shop`), tells records with its key (`api`)."""

    shop: Shop
    system: CustomHarness
    api: ApiClient
    connection: Connection

    def tell(self, record: dict[str, Any], **more: object) -> Any:
        """Tell `/v1` of a charge or subscription as the system shows it."""
        kind = "charges" if "transaction_id" in record else "subscriptions"
        answer = self.api.post_json(f"/{kind}", {"duplicate": "update", **_told(record), **more})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def charge(self, **wanted: object) -> Charge:
        """A charge the system made and told of."""
        record = self.system.make("charge", **wanted)
        self.tell(record)
        return self.shop.charge(record["transaction_id"])

    def subscription(self) -> Subscription:
        """A running subscription the system told of."""
        record = self.system.make("subscription")
        self.tell(record)
        found: Subscription = self.row(Subscription, record["subscription_id"])
        return found

    def row(self, model: Any, external_id: str) -> Any:
        """A mirrored row as it is stored now."""
        with scoping.tenant(self.shop.tenant.id):
            return model.objects.get(external_id=external_id)

    def refunds(self, charge: Charge) -> list[Refund]:
        """The refunds of a charge that count."""
        with scoping.tenant(self.shop.tenant.id):
            rows = Refund.objects.filter(charge_id=charge.id).exclude(status="canceled")
            return list(rows.order_by("occurred_at"))

    def root(self, charge: Charge) -> MoneyRoot:
        """The money root of a charge."""
        return self.shop.root(charge.external_id)

    def order(
        self, action: ActionKind, row: Charge | GatewayCustomer | Subscription, **wish: object
    ) -> ActionIntent:
        """Order something and have it sent."""
        return self.shop.send(self.shop.order(action, row.id, **wish))

    def refund(self, charge: Charge, minor: int | None = None) -> ActionIntent:
        """Order a refund and have it sent."""
        return self.shop.send(self.shop.place(charge, minor))

    def audited(self, intent: ActionIntent) -> list[dict[str, Any]]:
        """What the audit log says of an order."""
        with scoping.tenant(self.shop.tenant.id):
            rows = AuditEvent.objects.filter(details__intent=str(intent.id))
            return [dict(each.details) for each in rows.order_by("seq")]


def open_company(sandbox_url: str, *, functions: tuple[str, ...] = ALL, **habits: str) -> Company:
    """Open a company, connect it, and give the addresses of these functions."""
    system = CustomHarness(sandbox_url, **habits)
    tenant, actor = new_tenant(), member_actor(new_user())
    connection = connect_gateway(
        tenant.id,
        provider="custom",
        values={},
        actor=actor,
        label="Own billing",
        api_base=f"{sandbox_url}/custom",
    )
    with scoping.tenant(tenant.id):
        urls = {name: system.urls[name] for name in functions}
        secret = set_functions(connection.id, urls=urls, actor=actor)
        key, api_secret = create_api_key(
            name="billing",
            powers=KeyPowers(scopes=["read", "write"], requests_per_minute=100_000),
            actor=actor,
        )
        connection = Connection.objects.get(pk=connection.id)
    assert isinstance(key, ApiKey)
    # As a person would paste it there.
    system.secret = secret
    system.control("accounts", secret=secret, **habits)
    account = Account(control=Control(sandbox_url), id=system.account, key="")
    return Company(
        shop=Shop(tenant, connection, account),
        system=system,
        api=ApiClient(api_secret),
        connection=connection,
    )


def is_unknown(intent: ActionIntent) -> bool:
    """Whether nobody knows what became of it."""
    return intent.state == IntentState.UNKNOWN


def long_ago() -> Any:
    """A first try whose key would be dead anywhere."""
    return clock.now() - timedelta(days=2)


def intent_key(intent_id: UUID) -> str:
    """The key a refund's call carries."""
    return f"{intent_id}-refund"


def _told(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}
