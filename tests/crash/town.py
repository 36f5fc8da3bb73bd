"""Companies at every gateway: connected accounts with something of every kind to order about."""

import re
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connections

from chargedesk.actions.models import ActionIntent
from chargedesk.actions.records import tell
from chargedesk.base import scoping
from chargedesk.kit.ids import new_id
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayInvoice, Subscription
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.credentials import gateway_credentials
from gateways.capabilities import ActionKind, Proof
from gateways.contract import FrozenStep, FunctionCall, GatewayAdapter, Order
from gateways.routing import adapter_for
from gateways.snapshots import ObjectKind
from tests.actions.shop import Shop
from tests.crash.wishes import REFUND, Wish, filled, wishes_at
from tests.services.accounts import Control
from tests.services.houses import House, Ways, new
from tests.services.tills import HOUSES, open_till

# Every refund is at most a sixth of it, and nobody refunds one charge more than three times: even
# if each went out twice, the provider's own limit would hide none.
CHARGE_MINOR = 12_000
MOST_MINOR = CHARGE_MINOR // 6
# Numbers, because one of the gateways knows nothing else.
_ANY_CHARGE, _ANY_PAYMENT = "7777777777", "8888888888"
# Enough for any order to be frozen, when only the address of its call matters.
_ANY_DETAILS = {
    "payment_method": "any",
    "description": "any",
    "return_url": "http://127.0.0.1/",
    "price": "any:EUR",
    "unit_minor": 1,
    "currency": "EUR",
    "quantity": 1,
    "trial_days": 0,
    "prorate": "none",
    "coupon": "",
}
_KINDS = {
    "subscribed": ObjectKind.SUBSCRIPTION,
    "paused": ObjectKind.SUBSCRIPTION,
    "discounted": ObjectKind.SUBSCRIPTION,
    "customers": ObjectKind.CUSTOMER,
    "unsent": ObjectKind.INVOICE,
    "invoiced": ObjectKind.INVOICE,
}
_ROWS: Mapping[ObjectKind, type[Subscription | GatewayInvoice]] = {
    ObjectKind.SUBSCRIPTION: Subscription,
    ObjectKind.INVOICE: GatewayInvoice,
}
_CATALOGUE = (ObjectKind.PRODUCT, ObjectKind.PRICE, ObjectKind.COUPON)
_STOCKS: Mapping[str, Mapping[str, Any]] = {
    "paid": {"object": "charge", "amount": CHARGE_MINOR},
    "held": {"amount": CHARGE_MINOR},
    **{name: {"object": "subscription"} for name in ("subscribed", "paused", "discounted")},
    "customers": {"object": "customer"},
    **{name: {"object": "invoice"} for name in ("unsent", "invoiced")},
}


@dataclass(frozen=True)
class Firm(Shop):
    """A shop with stocks of untouched objects, and a record of what others did at the provider."""

    house: House
    stocks: dict[str, list[str]] = field(default_factory=dict)
    # What the account's charges had taken that nobody ordered here.
    taken: list[int] = field(default_factory=list)
    # What an untouched object takes, by stock.
    worth: dict[str, int] = field(default_factory=dict)
    # By charge: refunds made in the provider's own dashboard.
    elsewhere: dict[str, int] = field(default_factory=dict)
    # What wishes name in braces: the ids of a price and a coupon.
    names: dict[str, str] = field(default_factory=dict)
    # Everything that was ever in a stock.
    known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def ways(self) -> Ways:
        """How things are done at its provider."""
        return self.house.ways

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What can be ordered here."""
        return wishes_at(self.house.name)

    @property
    def adapter(self) -> GatewayAdapter:
        """The gateway as this connection has it."""
        return adapter_for(self.connection.provider, self.connection.functions)

    def proof(self, intent: ActionIntent) -> Proof:
        """How an unanswered try of an order is settled here."""
        proof = self.adapter.capabilities.proof(ActionKind(intent.action))
        assert proof is not None
        return proof

    def read_all(self) -> None:
        """Read every object of the account that moves money or was ordered about, or made."""
        with scoping.tenant(self.tenant.id):
            begun = ActionIntent.objects.filter(action=ActionKind.CREATE_SUBSCRIPTION)
            self.known["subscribed"].update(begun.values_list("result_id", flat=True))
        self.known["subscribed"].discard("")
        known = {each for stock in self.known.values() for each in stock}
        self.read(*sorted(known.union(self.money())))

    def read(self, *external_ids: str) -> None:
        """Read some objects into the ledger."""
        credentials = gateway_credentials(self.connection)
        for external_id in external_ids:
            found = self.adapter.read(credentials, self.kind_of(external_id), external_id)
            with scoping.tenant(self.tenant.id):
                record_snapshots(self.connection, found)

    def kind_of(self, external_id: str) -> ObjectKind:
        """Charge, subscription, customer or invoice."""
        found = (kind for stock, kind in _KINDS.items() if external_id in self.known[stock])
        return next(found, ObjectKind.CHARGE)

    def make(self, stock: str, **wanted: Any) -> str:
        """Make an untouched object at the provider, and keep it in stock.

        `wanted`: what it shall be like, where nothing more than making it is to be done.
        """
        # Measured once, before anybody orders: later the difference could be somebody's order.
        is_known = stock in self.worth and not wanted
        before = 0 if is_known else self.captured_minor()
        made = self._made(stock, wanted)
        worth = self.worth[stock] if is_known else self.captured_minor() - before
        if not wanted:
            self.worth[stock] = worth
        self.taken.append(worth)
        self.keep(stock, made)
        return made

    def _made(self, stock: str, wanted: Mapping[str, Any]) -> str:
        prepare = None if wanted else self.ways.prepared.get(stock)
        if prepare:
            return prepare(self.account, self.names)
        held = self.house.held if stock == "held" else {}
        usual = {**_STOCKS[stock], **held, **self.ways.orders.get(stock, {})}
        return new(self.account, {**usual, **wanted})

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
            self.read(self.make(wish.stock))
        target = self.stocks[wish.stock].pop()
        return self.id_of(target), target

    def id_of(self, target: str) -> UUID:
        """Our id of what the provider calls so."""
        kind = self.kind_of(target)
        if kind is ObjectKind.CHARGE:
            return self.charge(target).id
        if kind is ObjectKind.CUSTOMER:
            return self.customer(target).id
        with scoping.tenant(self.tenant.id):
            return _ROWS[kind].objects.get(external_id=target).id

    def refund_elsewhere(self, charge: str, minor: int) -> None:
        """Do what a colleague does in the provider's dashboard."""
        self.account.act(charge, "dashboard_refund", amount=minor)
        self.elsewhere[charge] = self.elsewhere.get(charge, 0) + minor


def open_firms(control: Control, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, Firm]:
    """Open a firm at each of these gateways at once; `wanted`: what `open_firm` takes."""

    def opened(gateway: str) -> Firm:
        try:
            return open_firm(control, gateway, **wanted[gateway])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(wanted)) as pool:
        return dict(zip(wanted, pool.map(opened, wanted), strict=True))


def open_firm(
    control: Control,
    gateway: str = "stripe",
    *,
    paid: int = 2,
    others: Mapping[str, int] | int = 2,
    has_webhook: bool = True,
    has_catalogue: bool = True,
) -> Firm:
    """Open an account with `paid` charges, and `others` of each other stock, or as many as named.

    Without a catalogue nothing can be subscribed to.
    """
    house = HOUSES[gateway]
    account, connection = open_till(
        control, house, charges=paid, amount=CHARGE_MINOR, has_webhook=has_webhook
    )
    with scoping.tenant(connection.tenant_id):
        firm = Firm(connection.tenant, connection, account, house=house)
    firm.keep("paid", *account.charges)
    firm.taken.append(firm.captured_minor())
    firm.worth["paid"] = CHARGE_MINOR
    stocks = {wish.stock for wish in firm.wishes} - {"paid"}
    if has_catalogue:
        _open_catalogue(firm)
    for stock in sorted(stocks):
        for _ in range(others if isinstance(others, int) else others.get(stock, 0)):
            firm.make(stock)
    firm.read_all()
    return firm


def _open_catalogue(firm: Firm) -> None:
    """Offer what is sold there, and read it as a backfill would; an own system tells it."""
    firm.names.update(firm.ways.sells(firm.account))
    if not firm.names:
        return
    if firm.adapter.capabilities.takes_records:
        name = firm.names["price"]
        told = {"product_id": name, "amount": "31.00", "currency": "EUR", "interval": "month"}
        with scoping.tenant(firm.tenant.id):
            tell(firm.connection, ObjectKind.PRODUCT, name, told)
    for kind in firm.adapter.capabilities.reads.intersection(_CATALOGUE):
        found = firm.adapter.page(gateway_credentials(firm.connection), kind).snapshots
        with scoping.tenant(firm.tenant.id):
            record_snapshots(firm.connection, found)


def place(firm: Firm, wish: Wish, object_id: UUID, minor: int = MOST_MINOR) -> ActionIntent:
    """Order something that nobody sends until it is told to."""
    if wish.action is not ActionKind.REFUND:
        return firm.order(wish.action, object_id, **filled(wish.more, firm.names))
    with scoping.tenant(firm.tenant.id):
        charge = Charge.objects.get(pk=object_id)
    return firm.place(charge, minor)


def arm(firm: Firm, intent: ActionIntent, fault: str, *, delay_s: float = 1.0) -> str:
    """Let the one call that carries out a placed order suffer; the rule's id."""
    step = FrozenStep(**intent.steps[0])
    return _arm(firm, fault, step.method, re.escape(step.path), delay_s=delay_s)


def arm_call(firm: Firm, wish: Wish, target: str, fault: str) -> str:
    """Let the call suffer that will carry out a wish nobody has ordered yet; the rule's id."""
    is_money = firm.kind_of(target) is ObjectKind.CHARGE
    payment = firm.root(target).external_id if is_money else ""
    step = _call(firm, wish, target, payment)
    return _arm(firm, fault, step.method, re.escape(step.path))


def arm_any(firm: Firm, fault: str, *, delay_s: float = 1.0) -> None:
    """Let whatever refund of the firm comes next suffer."""
    step = _call(firm, REFUND, _ANY_CHARGE, _ANY_PAYMENT)
    anywhere = re.sub(f"{_ANY_CHARGE}|{_ANY_PAYMENT}", "[^/]+", re.escape(step.path))
    _arm(firm, fault, step.method, anywhere, delay_s=delay_s)


def arm_lag(firm: Firm) -> None:
    """Let the provider's list of refunds lag behind when it is read next."""
    assert firm.house.lagging_list
    _arm(firm, "lookup_lag", "GET", firm.house.lagging_list)


def _call(firm: Firm, wish: Wish, target: str, payment: str) -> FrozenStep:
    """The provider call that a wish becomes."""
    url = firm.connection.functions.get(wish.action.value, "")
    order = Order(
        action=wish.action,
        intent_id=new_id(),
        target_id=target,
        payment_id=payment,
        money=Money.of(100, "EUR"),
        at_period_end=bool(wish.more.get("at_period_end")),
        details={**_ANY_DETAILS, **_details_of(firm, target)},
        function=FunctionCall(url=url) if url else None,
    )
    return firm.adapter.freeze(order)[0]


def _details_of(firm: Firm, target: str) -> dict[str, str]:
    """What stands in addresses of orders about a subscription."""
    with scoping.tenant(firm.tenant.id):
        rows = Subscription.objects.select_related("gateway_customer")
        found = rows.filter(external_id=target).first()
        if found is None:
            return {}
        owner, discounts = found.gateway_customer, found.discounts
        return {
            "item": target,
            "pause": found.pause or "whole",
            "coupon": "any",
            "customer": owner.external_id if owner else "",
            "discount": discounts[0]["external_id"] if discounts else "any",
        }


def _arm(firm: Firm, fault: str, method: str, path: str, *, delay_s: float = 1.0) -> str:
    return firm.account.fault(fault, method=method, path_regex=f"{path}$", times=1, delay_s=delay_s)
