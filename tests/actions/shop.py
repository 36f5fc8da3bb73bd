"""A tenant of the test's own: a connected account, its charges, and people who order."""

from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID, uuid4

from audit.services import Actor
from chargedesk.actions.execution import execute
from chargedesk.actions.models import ActionIntent
from chargedesk.actions.recovery import recover
from chargedesk.actions.requests import ActionRequest, Requester
from chargedesk.actions.services import refresh_for_preview, request_action
from chargedesk.actions.settlement import store
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayCustomer, MoneyRoot
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.models import Connection, Tenant
from chargedesk.tenants.roles import Role
from chargedesk.tenants.services import add_member
from chargedesk.tenants.services.members import member_actor
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.services.accounts import Account, Control, connect, new_tenant, new_user, open_account

_NEVER_S = 86_400


@dataclass(frozen=True)
class Shop:
    """One tenant with one gateway account."""

    tenant: Tenant
    connection: Connection
    account: Account

    def sync(self, *more: ObjectKind) -> None:
        """Read the account's payments and charges into the ledger, as a backfill would."""
        adapter = registry.adapter(self.connection.provider)
        credentials = gateway_credentials(self.connection)
        for kind in (ObjectKind.PAYMENT, ObjectKind.CHARGE, ObjectKind.SUBSCRIPTION, *more):
            page = adapter.page(credentials, kind)
            with scoping.tenant(self.tenant.id):
                record_snapshots(self.connection, page.snapshots)

    def sync_refunds(self) -> None:
        """Read the account's refunds and settle what they tell of, as sync does."""
        adapter = registry.adapter(self.connection.provider)
        page = adapter.page(gateway_credentials(self.connection), ObjectKind.REFUND)
        with scoping.tenant(self.tenant.id):
            store(self.connection, page.snapshots)

    def charge(self, external_id: str) -> Charge:
        """A charge as the ledger has it."""
        with scoping.tenant(self.tenant.id):
            return Charge.objects.get(external_id=external_id)

    def root(self, external_id: str) -> MoneyRoot:
        """The money root of a charge."""
        with scoping.tenant(self.tenant.id):
            return MoneyRoot.objects.get(pk=Charge.objects.get(external_id=external_id).root_id)

    def customer(self, external_id: str) -> GatewayCustomer:
        """A customer as the ledger has it, with the cards on file just read."""
        with scoping.tenant(self.tenant.id):
            row = GatewayCustomer.objects.get(external_id=external_id)
        refresh_for_preview(self.tenant.id, ActionKind.CHARGE, row.id)
        with scoping.tenant(self.tenant.id):
            return GatewayCustomer.objects.get(pk=row.id)

    def intent(self, intent_id: UUID) -> ActionIntent:
        """An intent as it is stored now."""
        with scoping.tenant(self.tenant.id):
            return ActionIntent.objects.get(pk=intent_id)

    def refund(self, charge: Charge, minor: int | None = None, **wish: object) -> ActionIntent:
        """Order a refund as the owner's own system: without limits, approval or delay."""
        requester = wish.pop("requester", None) or self.system()
        return request_action(
            ActionRequest(
                tenant_id=self.tenant.id,
                action=ActionKind.REFUND,
                object_id=charge.id,
                amount=None if minor is None else Money.of(minor, charge.currency),
                requester=requester,  # type: ignore[arg-type]
                **{"client_key": str(uuid4()), "reason": "requested_by_customer", **wish},  # type: ignore[arg-type]
            )
        )

    def place(self, charge: Charge, minor: int | None = None, **wish: object) -> ActionIntent:
        """Order a refund that no worker sends by itself; `send` does, when the test wants."""
        requester = cast(Requester, wish.pop("requester", None) or self.system())
        requester = replace(requester, undo_seconds=_NEVER_S)
        return self.refund(charge, minor, requester=requester, **wish)

    def order(self, action: ActionKind, object_id: UUID, **wish: object) -> ActionIntent:
        """Order something else than a refund, sent by `send` only."""
        requester = cast(Requester, wish.pop("requester", None) or self.system())
        return request_action(
            ActionRequest(
                tenant_id=self.tenant.id,
                action=action,
                object_id=object_id,
                requester=replace(requester, undo_seconds=_NEVER_S),
                **{"client_key": str(uuid4()), **wish},  # type: ignore[arg-type]
            )
        )

    def send(self, intent: ActionIntent) -> ActionIntent:
        """Do what a worker does with an order that is due; return how it then stands."""
        self.change(intent, not_before=clock.now())
        execute(self.tenant.id, intent.id)
        return self.intent(intent.id)

    def find_out(self, intent: ActionIntent) -> ActionIntent:
        """Do what a worker does with an open order that is due to be looked up."""
        self.change(intent, next_look_up_at=clock.now())
        recover(self.tenant.id, intent.id)
        return self.intent(intent.id)

    def change(self, intent: ActionIntent, **columns: object) -> None:
        """Let time pass for an intent, by moving what it remembers of it."""
        with scoping.tenant(self.tenant.id):
            ActionIntent.objects.filter(pk=intent.id).update(**columns)

    def person(self, role: Role = Role.AGENT, *, name: str = "") -> Requester:
        """A new member with a role, as a requester."""
        with scoping.tenant(self.tenant.id):
            member = add_member(new_user(), role=role, actor=member_actor(new_user()))
        actor = Actor(kind="member", id=str(member.id), label=name or str(member.user))
        return Requester(actor=actor, credential=f"member:{member.id}", role=role)

    def system(self) -> Requester:
        """A program of the tenant's own."""
        actor = Actor(kind="program", id="tests", label="tests")
        return Requester(actor=actor, credential="key:tests", role=Role.OWNER, is_unlimited=True)

    def money(self) -> dict[str, dict[str, object]]:
        """The provider's own account of the money of this account, by object."""
        return self.account.money()

    def refunds_made(self) -> list[dict[str, object]]:
        """The journal's entries of refunds that really happened."""
        return [call for call in self.account.calls() if call["effect"] == "refund.created"]


def open_shop(sandbox_url: str, *, charges: int = 3, **seed: Any) -> Shop:
    """Open an account with paid charges, connect it, and read it into the ledger."""
    account = open_account(Control(sandbox_url), customers=2, charges=charges, **seed)
    tenant = new_tenant()
    shop = Shop(tenant, connect(account, tenant), account)
    shop.sync()
    return shop
