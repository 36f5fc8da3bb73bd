"""What the suite knows of each provider besides `tests.services.tills`: one entry per house.

How its untouched objects are made, what is sold there, what its orders make and bill.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateways.capabilities import ActionKind
from tests.services.accounts import Account

# What the plan costs that is subscribed to or changed to.
PLAN_MINOR = 3100

Json = Mapping[str, Any]
Names = Mapping[str, str]
Make = Callable[[Account, Names], str]
Billed = dict[str, list[int]]

_SUBSCRIPTION: Json = {"object": "subscription"}
_CHARGE, _AUTHORIZE = ActionKind.CHARGE, ActionKind.AUTHORIZE
_ASK, _SUBSCRIBE = ActionKind.REQUEST_PAYMENT, ActionKind.CREATE_SUBSCRIPTION


@dataclass(frozen=True)
class Ways:
    """How things are done at one provider.

    Attributes:
        orders: by stock, what the control API is told besides the usual, or instead of it.
        prepared: by stock, what makes an object where one order does not.
        sells: makes a price and a coupon, as wishes name them.
        makes: by action, the kind of stored object that carries our marker.
        first_minor: what is taken when a subscription begins.
        billed: reads what subscriptions were billed because they were changed; None where a change
            bills nothing at once.
        shows_sending: an invoice shows whether it was mailed.
    """

    orders: Mapping[str, Json] = field(default_factory=dict)
    prepared: Mapping[str, Make] = field(default_factory=dict)
    sells: Callable[[Account], dict[str, str]] = lambda _account: {}
    makes: Mapping[ActionKind, str] = field(default_factory=dict)
    first_minor: int = PLAN_MINOR
    billed: Callable[[Account], Billed] | None = None
    shows_sending: bool = False


def new(account: Account, order: Json) -> str:
    """Make an object, without news of it."""
    wanted = {"events": False, **order}
    return str(account.make(wanted.pop("object"), **wanted)["id"])


def _stripe_sells(account: Account) -> dict[str, str]:
    product = account.request("POST", "/v1/products", name="Team plan")["id"]
    costs = {"unit_amount": str(PLAN_MINOR), "currency": "eur", "recurring[interval]": "month"}
    price = account.request("POST", "/v1/prices", product=product, **costs)
    worth = {"percent_off": "10", "duration": "forever", "name": "Ten"}
    coupon = account.request("POST", "/v1/coupons", **worth)
    return {"price": str(price["id"]), "coupon": str(coupon["id"])}


def _stripe_paused(account: Account, _names: Names) -> str:
    made = new(account, _SUBSCRIPTION)
    account.request("POST", f"/v1/subscriptions/{made}", **{"pause_collection[behavior]": "void"})
    return made


def _stripe_discounted(account: Account, names: Names) -> str:
    made = new(account, _SUBSCRIPTION)
    discount = {"discounts[0][coupon]": names["coupon"]}
    account.request("POST", f"/v1/subscriptions/{made}", **discount)
    return made


def _stripe_billed(account: Account) -> Billed:
    billed: Billed = {}
    for invoice in account.objects("invoice"):
        if invoice.get("billing_reason") == "subscription_update":
            of = invoice["parent"]["subscription_details"]["subscription"]
            billed.setdefault(of, []).append(invoice["amount_paid"])
    return billed


def _braintree_sells(account: Account) -> dict[str, str]:
    return {"price": new(account, {"object": "plan", "amount": PLAN_MINOR})}


_OPEN_INVOICE: Json = {"status": "open"}
WAYS: Mapping[str, Ways] = {
    "stripe": Ways(
        orders={"unsent": _OPEN_INVOICE, "invoiced": _OPEN_INVOICE},
        prepared={"paused": _stripe_paused, "discounted": _stripe_discounted},
        sells=_stripe_sells,
        makes={
            _CHARGE: "payment_intent",
            _AUTHORIZE: "payment_intent",
            _ASK: "checkout.session",
            _SUBSCRIBE: "subscription",
        },
        billed=_stripe_billed,
    ),
    "paypal": Ways(
        orders={
            "paused": {"status": "SUSPENDED"},
            "unsent": {"status": "DRAFT"},
            "invoiced": {"status": "SENT"},
        },
        shows_sending=True,
    ),
    "braintree": Ways(
        sells=_braintree_sells,
        makes={_CHARGE: "transaction", _AUTHORIZE: "transaction", _SUBSCRIBE: "subscription"},
    ),
    "woocommerce": Ways(orders={"paused": {"status": "on-hold"}}, makes={_ASK: "order"}),
    "recurly": Ways(),
    "custom": Ways(),
}
