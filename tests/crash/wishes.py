"""Everything that moves or promises money and can be ordered: one entry per wish.

What a wish needs of its firm's catalogue is named in braces, and filled in when it is ordered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chargedesk.kit.money import Money
from gateways import registry
from gateways.capabilities import ActionKind, Capabilities
from tests.services.tills import HOUSES

GATEWAYS = tuple(HOUSES)
ASKED_MINOR = 1500

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Wish:
    """One of the things that can be ordered; a new action of the product is one entry more.

    Attributes:
        stock: what of a firm's it is about: `paid`, `held`, `subscribed`, `paused`, `discounted`,
            `customers`, `unsent` or `invoiced`.
        path: of `/v1`, below `/v1/gateway/`; empty for what people order in the panel only. form:
            what is sent there, or typed in the panel, besides an amount.
        needs: the limit of the capability that must be there, such as `at_period_end`.
        more: the rest of the order, as the engine takes it.
        takes_amount: a part of the object's money can be asked for.
        takes_money: what it moves is captured by us.
    """

    name: str
    action: ActionKind
    stock: str
    path: str = ""
    needs: str = ""
    more: Json = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    takes_amount: bool = False
    takes_money: bool = False

    def is_offered_by(self, capabilities: Capabilities) -> bool:
        """Whether a gateway has it."""
        offered = getattr(capabilities, self.action.value, None)
        return offered is not None and (not self.needs or bool(getattr(offered, self.needs)))


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """The same with every name in braces replaced, however deep."""
    if isinstance(value, str):
        return value.format(**names)
    if isinstance(value, Mapping):
        return {name: filled(each, names) for name, each in value.items()}
    return value


_CANCEL = ActionKind.CANCEL_SUBSCRIPTION
_SUBSCRIPTION = "subscriptions/{target}/"
_SALE = "products/charge"
_ASKED = {
    "amount": Money.of(ASKED_MINOR, "EUR"),
    "details": {"description": "A new zip"},
}
_ASKING = {
    "customer[id]": "{target}",
    "amount": "15.00",
    "currency": "EUR",
    "description": "A new zip",
}

REFUND = Wish("refund", ActionKind.REFUND, "paid", "charges/{target}/refund", takes_amount=True)
CANCEL = Wish("cancel", _CANCEL, "subscribed", f"{_SUBSCRIPTION}cancel", "now")
CAPTURE = Wish(
    "capture",
    ActionKind.CAPTURE,
    "held",
    "charges/{target}/capture",
    takes_amount=True,
    takes_money=True,
)
VOID = Wish("void", ActionKind.VOID, "held", "charges/{target}/void")
CHARGE = Wish(
    "charge",
    ActionKind.CHARGE,
    "customers",
    _SALE,
    more=_ASKED,
    form={**_ASKING, "using": "card"},
    takes_money=True,
)
REQUEST_PAYMENT = Wish(
    "request payment",
    ActionKind.REQUEST_PAYMENT,
    "customers",
    _SALE,
    more=_ASKED,
    form={**_ASKING, "using": "invoice", "link_only": "true"},
)
WISHES = (
    REFUND,
    CAPTURE,
    VOID,
    CANCEL,
    Wish(
        "cancel later",
        _CANCEL,
        "subscribed",
        f"{_SUBSCRIPTION}cancel",
        "at_period_end",
        {"at_period_end": True},
        {"at_period_end": "true"},
    ),
    CHARGE,
    Wish(
        "authorize",
        ActionKind.AUTHORIZE,
        "customers",
        _SALE,
        more=_ASKED,
        form={**_ASKING, "using": "card", "capture": "false"},
    ),
    REQUEST_PAYMENT,
    Wish(
        "subscribe",
        ActionKind.CREATE_SUBSCRIPTION,
        "customers",
        _SALE,
        more={"details": {"price": "{price}", "quantity": 1}},
        form={"customer[id]": "{target}", "using": "card", "product[id]": "{price}"},
    ),
    Wish(
        "change",
        ActionKind.CHANGE_SUBSCRIPTION,
        "subscribed",
        f"{_SUBSCRIPTION}plans",
        more={"details": {"price": "{price}", "quantity": 2, "prorate": "now"}},
        form={"plans[][id]": "{price}", "plans[][quantity]": "2", "invoice": "true"},
    ),
    Wish("pause", ActionKind.PAUSE_SUBSCRIPTION, "subscribed", f"{_SUBSCRIPTION}pause"),
    Wish("resume", ActionKind.RESUME_SUBSCRIPTION, "paused", f"{_SUBSCRIPTION}resume"),
    Wish(
        "apply coupon",
        ActionKind.APPLY_COUPON,
        "subscribed",
        f"{_SUBSCRIPTION}coupon",
        more={"details": {"coupon": "{coupon}"}},
        form={"coupon": "{coupon}"},
    ),
    Wish(
        "remove coupon",
        ActionKind.REMOVE_COUPON,
        "discounted",
        f"{_SUBSCRIPTION}coupon/remove",
    ),
    Wish("send invoice", ActionKind.SEND_INVOICE, "unsent"),
    Wish("void invoice", ActionKind.VOID_INVOICE, "invoiced", form={"reason": "goodwill"}),
)


# Nobody can tell an own system's invoices and coupons: no record is kept of them that an order
# could be about, or name.
NOT_AT_AN_OWN_SYSTEM = frozenset(
    {ActionKind.SEND_INVOICE, ActionKind.VOID_INVOICE, ActionKind.APPLY_COUPON}
)


def wishes_at(gateway: str) -> tuple[Wish, ...]:
    """What the suite orders at a gateway: everything that it declares."""
    capabilities = registry.adapter(gateway).capabilities
    offered = tuple(wish for wish in WISHES if wish.is_offered_by(capabilities))
    if not HOUSES[gateway].functions:
        return offered
    return tuple(wish for wish in offered if wish.action not in NOT_AT_AN_OWN_SYSTEM)


# Every action of every gateway.
DECLARED = tuple((gateway, wish) for gateway in GATEWAYS for wish in wishes_at(gateway))
TAKING = frozenset(wish.action for wish in WISHES if wish.takes_money)
