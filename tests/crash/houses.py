"""What the suite knows of each provider besides `tests.services.tills`: one entry per house.

How its untouched objects are made, what is sold there, what its orders make and bill.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

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


def _recurly_sells(account: Account) -> dict[str, str]:
    plan = new(account, {"object": "plan", "amount": PLAN_MINOR})
    return {"price": f"{plan}:EUR", "coupon": new(account, {"object": "coupon"})}


def _recurly_discounted(account: Account, names: Names) -> str:
    made = account.make("subscription", events=False)
    redemptions = f"/accounts/{made['account']['id']}/coupon_redemptions/active"
    wanted = {"coupon_id": names["coupon"], "subscription_id": made["id"]}
    answer = requests.post(
        f"{account.control.api_base_of('recurly')}{redemptions}",
        json=wanted,
        auth=(account.key, ""),
        headers={"Accept": "application/vnd.recurly.v2021-02-25"},
        timeout=30,
    )
    account.control.answer(answer)
    return str(made["id"])


def _recurly_billed(account: Account) -> Billed:
    billed: Billed = {}
    for paid in account.objects("transaction"):
        for of in paid["subscription_ids"]:
            billed.setdefault(of, []).append(round(paid["amount"] * 100))
    return billed


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
    "recurly": Ways(
        orders={"paused": {"status": "paused", "remaining_pause_cycles": 3}},
        prepared={"discounted": _recurly_discounted},
        sells=_recurly_sells,
        makes={_CHARGE: "invoice", _SUBSCRIBE: "subscription"},
        billed=_recurly_billed,
    ),
    "custom": Ways(
        orders={"paused": {"status": "suspended"}, "discounted": {"coupon": "ten"}},
        sells=lambda _account: {"price": "team"},
        makes={
            _CHARGE: "charge",
            _AUTHORIZE: "charge",
            # It keeps no record of a page, only that it has made one.
            _ASK: "note",
            _SUBSCRIBE: "subscription",
        },
        first_minor=0,
    ),
}
