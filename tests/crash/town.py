"""Companies of the crash suite: connected accounts with something of every kind to order about."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chargedesk.base import scoping
from chargedesk.ledger.models import Charge, Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop
from tests.crash.arena import Arena
from tests.services.accounts import connect, new_tenant, open_account

# Every refund is at most a sixth of it, and nobody refunds one charge more than three times: even
# if each went out twice, the provider's own limit would hide none.
CHARGE_MINOR = 12_000
MOST_MINOR = CHARGE_MINOR // 6
READ = (ObjectKind.PAYMENT, ObjectKind.CHARGE, ObjectKind.REFUND, ObjectKind.SUBSCRIPTION)


@dataclass(frozen=True)
class Wish:
    """One of the five things that can be ordered; `method` and `path` of its provider call."""

    name: str
    action: ActionKind
    method: str
    path: str
    more: dict[str, Any] = field(default_factory=dict)


WISHES = (
    Wish("refund", ActionKind.REFUND, "POST", "/refunds$"),
    Wish("capture", ActionKind.CAPTURE, "POST", "{payment}/capture$"),
    Wish("void", ActionKind.VOID, "POST", "{payment}/cancel$"),
    Wish("cancel", ActionKind.CANCEL_SUBSCRIPTION, "DELETE", "{target}$"),
    Wish(
        "cancel later",
        ActionKind.CANCEL_SUBSCRIPTION,
        "POST",
        "{target}$",
        {"at_period_end": True},
    ),
)


@dataclass(frozen=True)
class Firm(Shop):
    """A shop with stocks of untouched objects, and a record of what others did at the provider."""

    paid: list[str] = field(default_factory=list)
    authorized: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[str] = field(default_factory=list)
    # By charge: refunds made in the provider's own dashboard.
    elsewhere: dict[str, int] = field(default_factory=dict)

    def read_all(self) -> None:
        """Read every object of the account into the ledger, page by page."""
        adapter = registry.adapter(self.connection.provider)
        credentials = gateway_credentials(self.connection)
        for kind in READ:
            cursor, is_first = "", True
            while cursor or is_first:
                page = adapter.page(credentials, kind, cursor=cursor)
                with scoping.tenant(self.tenant.id):
                    record_snapshots(self.connection, page.snapshots)
                cursor, is_first = page.next_cursor, False

    def object_for(self, wish: Wish) -> tuple[UUID, str, str]:
        """Take an untouched object for a wish: our id, the provider's id, its payment's id."""
        if wish.action is ActionKind.CANCEL_SUBSCRIPTION:
            target = self.subscriptions.pop()
            with scoping.tenant(self.tenant.id):
                return Subscription.objects.get(external_id=target).id, target, target
        if wish.action is ActionKind.REFUND:
            target = self.paid.pop()
            return self.charge(target).id, target, ""
        made = self.authorized.pop()
        return self.charge(made["id"]).id, made["id"], made["payment_intent"]

    def refund_elsewhere(self, charge: str, minor: int) -> None:
        """Do what a colleague does in the provider's dashboard."""
        self.account.act(charge, "dashboard_refund", amount=minor)
        self.elsewhere[charge] = self.elsewhere.get(charge, 0) + minor


def open_firm(arena: Arena, *, paid: int = 2, others: int = 2, has_webhook: bool = True) -> Firm:
    """Open an account with `paid` charges and `others` authorizations and subscriptions."""
    account = open_account(arena.control, customers=2, charges=paid, amount=CHARGE_MINOR)
    authorized = [
        account.make("charge", outcome="uncaptured", amount=CHARGE_MINOR, events=False)
        for _ in range(others)
    ]
    subscribed = [account.make("subscription", events=False) for _ in range(others)]
    tenant = new_tenant()
    firm = Firm(
        tenant,
        connect(account, tenant, has_webhook=has_webhook),
        account,
        paid=list(account.charges),
        authorized=authorized,
        subscriptions=[body["id"] for body in subscribed],
    )
    firm.read_all()
    return firm


def place(firm: Firm, wish: Wish, object_id: UUID, minor: int = MOST_MINOR) -> Any:
    """Order something that nobody sends until it is told to."""
    if wish.action is not ActionKind.REFUND:
        return firm.order(wish.action, object_id, **wish.more)
    with scoping.tenant(firm.tenant.id):
        charge = Charge.objects.get(pk=object_id)
    return firm.place(charge, minor)
