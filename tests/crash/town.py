"""Companies at every gateway: connected accounts with something of every kind to order about."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chargedesk.actions.models import ActionIntent
from chargedesk.base import scoping
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from gateways import registry
from gateways.capabilities import ActionKind, Capabilities, Proof
from gateways.contract import FrozenStep, Order
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop
from tests.services.accounts import Control
from tests.services.tills import HOUSES, House, open_till

# Every refund is at most a sixth of it, and nobody refunds one charge more than three times: even
# if each went out twice, the provider's own limit would hide none.
CHARGE_MINOR = 12_000
MOST_MINOR = CHARGE_MINOR // 6
GATEWAYS = tuple(HOUSES)
# Numbers, because one of the gateways knows nothing else.
_ANY_CHARGE, _ANY_PAYMENT = "7777777777", "8888888888"


@dataclass(frozen=True)
class Wish:
    """One of the things that can be ordered; a new action of the product is one entry more.

    Attributes:
        stock: what of a firm's it is about: `paid`, `held`, `subscribed` or `customers`.
        path: of `/v1`, below `/v1/gateway/`, empty for what no caller orders in the rounds; form:
            what is sent there besides an amount.
        needs: the limit of the capability that must be there, such as `at_period_end`.
        takes_amount: a part of the object's money can be asked for.
        takes_money: what it moves is captured by us.
    """

    name: str
    action: ActionKind
    stock: str
    path: str
    needs: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    takes_amount: bool = False
    takes_money: bool = False

    def is_offered_by(self, capabilities: Capabilities) -> bool:
        """Whether a gateway has it."""
        offered = getattr(capabilities, self.action.value, None)
        return offered is not None and (not self.needs or bool(getattr(offered, self.needs)))


_CANCEL = ActionKind.CANCEL_SUBSCRIPTION
_ASKED = {"amount": Money.of(1500, "EUR"), "details": {"description": "A new zip"}}
WISHES = (
    Wish("refund", ActionKind.REFUND, "paid", "charges/{target}/refund", takes_amount=True),
    Wish(
        "capture",
        ActionKind.CAPTURE,
        "held",
        "charges/{target}/capture",
        takes_amount=True,
        takes_money=True,
    ),
    Wish("void", ActionKind.VOID, "held", "charges/{target}/void"),
    Wish("cancel", _CANCEL, "subscribed", "subscriptions/{target}/cancel", "now"),
    Wish(
        "cancel later",
        _CANCEL,
        "subscribed",
        "subscriptions/{target}/cancel",
        "at_period_end",
        {"at_period_end": True},
        {"at_period_end": "true"},
    ),
    Wish("charge", ActionKind.CHARGE, "customers", "", more=_ASKED, takes_money=True),
    Wish("authorize", ActionKind.AUTHORIZE, "customers", "", more=_ASKED),
)


REFUND = WISHES[0]
CANCEL = next(wish for wish in WISHES if wish.name == "cancel")


def wishes_at(gateway: str) -> tuple[Wish, ...]:
    """What can be ordered at a gateway."""
    capabilities = registry.adapter(gateway).capabilities
    return tuple(wish for wish in WISHES if wish.is_offered_by(capabilities))


# Every action of every gateway.
ORDERS = tuple((gateway, wish) for gateway in GATEWAYS for wish in wishes_at(gateway))


@dataclass(frozen=True)
class Firm(Shop):
    """A shop with stocks of untouched objects, and a record of what others did at the provider."""

    house: House
    stocks: dict[str, list[str]] = field(default_factory=dict)
    # What the account's charges had taken before anybody ordered.
    taken: list[int] = field(default_factory=list)
    # By charge: refunds made in the provider's own dashboard.
    elsewhere: dict[str, int] = field(default_factory=dict)
    # Everything that was ever in a stock.
    known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What can be ordered here."""
        return wishes_at(self.house.name)

    def proof(self, intent: ActionIntent) -> Proof:
        """How an unanswered try of an order is settled here."""
        capabilities = registry.adapter(self.house.name).capabilities
        proof = capabilities.proof(ActionKind(intent.action))
        assert proof is not None
        return proof

    def read_all(self) -> None:
        """Read every object of the account into the ledger."""
        known = {each for stock in self.known.values() for each in stock}
        self.read(*sorted(known.union(self.money())))

    def read(self, *external_ids: str) -> None:
        """Read some objects into the ledger."""
        adapter = registry.adapter(self.house.name)
        credentials = gateway_credentials(self.connection)
        for external_id in external_ids:
            found = adapter.read(credentials, self.kind_of(external_id), external_id)
            with scoping.tenant(self.tenant.id):
                record_snapshots(self.connection, found)

    def kind_of(self, external_id: str) -> ObjectKind:
        """Charge, subscription or customer."""
        kinds = {"subscribed": ObjectKind.SUBSCRIPTION, "customers": ObjectKind.CUSTOMER}
        found = (kind for stock, kind in kinds.items() if external_id in self.known[stock])
        return next(found, ObjectKind.CHARGE)

    def make(self, stock: str, **wanted: Any) -> str:
        """Make an untouched object at the provider, and keep it in stock."""
        orders: dict[str, Mapping[str, Any]] = {
            "paid": {"object": "charge", "amount": CHARGE_MINOR},
            "held": {"amount": CHARGE_MINOR, **self.house.held},
            "subscribed": {"object": "subscription"},
            "customers": {"object": "customer"},
        }
        order = {"events": False, **orders[stock], **wanted}
        made = str(self.account.make(order.pop("object"), **order)["id"])
        self.keep(stock, made)
        return made

    def keep(self, stock: str, *external_ids: str) -> None:
        """Put objects in stock."""
        self.stocks.setdefault(stock, []).extend(external_ids)
        self.known[stock].update(external_ids)

    def captured_minor(self) -> int:
        """What the account's charges have taken at the provider."""
        return sum(entry["captured_minor"] for entry in self.account.money().values())

    def object_for(self, wish: Wish) -> tuple[UUID, str]:
        """Take an untouched object for a wish: our id, and the provider's."""
        if not self.stocks.get(wish.stock):
            before = self.captured_minor()
            self.read(self.make(wish.stock))
            self.taken.append(self.captured_minor() - before)
        target = self.stocks[wish.stock].pop()
        if wish.stock == "customers":
            return self.customer(target).id, target
        if wish.stock != "subscribed":
            return self.charge(target).id, target
        with scoping.tenant(self.tenant.id):
            return Subscription.objects.get(external_id=target).id, target

    def refund_elsewhere(self, charge: str, minor: int) -> None:
        """Do what a colleague does in the provider's dashboard."""
        self.account.act(charge, "dashboard_refund", amount=minor)
        self.elsewhere[charge] = self.elsewhere.get(charge, 0) + minor


def open_firm(
    control: Control,
    gateway: str = "stripe",
    *,
    paid: int = 2,
    others: int = 2,
    has_webhook: bool = True,
) -> Firm:
    """Open an account with `paid` charges and `others` authorizations and subscriptions."""
    house = HOUSES[gateway]
    account, connection = open_till(
        control, house, charges=paid, amount=CHARGE_MINOR, has_webhook=has_webhook
    )
    with scoping.tenant(connection.tenant_id):
        firm = Firm(connection.tenant, connection, account, house=house)
    firm.keep("paid", *account.charges)
    for stock in {wish.stock for wish in firm.wishes} - {"paid"}:
        for _ in range(others):
            firm.make(stock)
    firm.taken.append(firm.captured_minor())
    firm.read_all()
    return firm


def place(firm: Firm, wish: Wish, object_id: UUID, minor: int = MOST_MINOR) -> ActionIntent:
    """Order something that nobody sends until it is told to."""
    if wish.action is not ActionKind.REFUND:
        return firm.order(wish.action, object_id, **wish.more)
    with scoping.tenant(firm.tenant.id):
        charge = Charge.objects.get(pk=object_id)
    return firm.place(charge, minor)


def arm(firm: Firm, intent: ActionIntent, fault: str, *, delay_s: float = 1.0) -> str:
    """Let the one call that carries out a placed order suffer; the rule's id."""
    step = FrozenStep(**intent.steps[0])
    return _arm(firm, fault, step.method, re.escape(step.path), delay_s=delay_s)


def arm_call(firm: Firm, wish: Wish, target: str, fault: str) -> str:
    """Let the call suffer that will carry out a wish nobody has ordered yet; the rule's id."""
    is_money = wish.stock != "subscribed"
    payment = firm.root(target).external_id if is_money else ""
    step = _call(wish, firm.house.name, target, payment)
    return _arm(firm, fault, step.method, re.escape(step.path))


def arm_any(firm: Firm, fault: str, *, delay_s: float = 1.0) -> None:
    """Let whatever refund of the firm comes next suffer."""
    step = _call(REFUND, firm.house.name, _ANY_CHARGE, _ANY_PAYMENT)
    anywhere = re.sub(f"{_ANY_CHARGE}|{_ANY_PAYMENT}", "[^/]+", re.escape(step.path))
    _arm(firm, fault, step.method, anywhere, delay_s=delay_s)


def arm_lag(firm: Firm) -> None:
    """Let the provider's list of refunds lag behind when it is read next."""
    assert firm.house.lagging_list
    _arm(firm, "lookup_lag", "GET", firm.house.lagging_list)


def _call(wish: Wish, gateway: str, target: str, payment: str) -> FrozenStep:
    """The provider call that a wish becomes."""
    order = Order(
        action=wish.action,
        intent_id=new_id(),
        target_id=target,
        payment_id=payment,
        money=Money.of(100, "EUR"),
        **wish.more,
    )
    return registry.adapter(gateway).freeze(order)[0]


def _arm(firm: Firm, fault: str, method: str, path: str, *, delay_s: float = 1.0) -> str:
    return firm.account.fault(fault, method=method, path_regex=f"{path}$", times=1, delay_s=delay_s)
