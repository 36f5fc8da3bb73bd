"""What the shared suites know of Stripe."""

from gateways.capabilities import ActionKind
from tests.contracts.stripe.harness import LATE
from tests.services.accounts import Account
from tests.services.houses import PLAN_MINOR, Billed, House, Json, Keys, Names, Ways, new

_SUBSCRIPTION: Json = {"object": "subscription"}
_OPEN_INVOICE: Json = {"status": "open"}


def _keys(mark: str) -> Keys:
    key = f"sk_test_{mark}"
    return Keys(f"acct_{mark}", {"key": key}, {"api_key": key})


def _sells(account: Account) -> dict[str, str]:
    product = account.request("POST", "/v1/products", name="Team plan")["id"]
    costs = {"unit_amount": str(PLAN_MINOR), "currency": "eur", "recurring[interval]": "month"}
    price = account.request("POST", "/v1/prices", product=product, **costs)
    worth = {"percent_off": "10", "duration": "forever", "name": "Ten"}
    coupon = account.request("POST", "/v1/coupons", **worth)
    return {"price": str(price["id"]), "coupon": str(coupon["id"])}


def _paused(account: Account, _names: Names) -> str:
    made = new(account, _SUBSCRIPTION)
    account.request("POST", f"/v1/subscriptions/{made}", **{"pause_collection[behavior]": "void"})
    return made


def _discounted(account: Account, names: Names) -> str:
    made = new(account, _SUBSCRIPTION)
    discount = {"discounts[0][coupon]": names["coupon"]}
    account.request("POST", f"/v1/subscriptions/{made}", **discount)
    return made


def _billed(account: Account) -> Billed:
    billed: Billed = {}
    for invoice in account.objects("invoice"):
        if invoice.get("billing_reason") == "subscription_update":
            of = invoice["parent"]["subscription_details"]["subscription"]
            billed.setdefault(of, []).append(invoice["amount_paid"])
    return billed


HOUSE = House(
    "stripe",
    _keys,
    held={"object": "charge", "outcome": "uncaptured"},
    late=LATE,
    lagging_list="/v1/refunds",
    ways=Ways(
        orders={"unsent": _OPEN_INVOICE, "invoiced": _OPEN_INVOICE},
        prepared={"paused": _paused, "discounted": _discounted},
        sells=_sells,
        makes={
            ActionKind.CHARGE: "payment_intent",
            ActionKind.AUTHORIZE: "payment_intent",
            ActionKind.REQUEST_PAYMENT: "checkout.session",
            ActionKind.CREATE_SUBSCRIPTION: "subscription",
        },
        billed=_billed,
    ),
    marks=dict.fromkeys(
        (ActionKind.REFUND, ActionKind.CHARGE),
        (
            "gateways.stripe.looking.carries_marker",
            "gateways.stripe.outcomes.carries_marker",
            "gateways.stripe.mapping.payments.marker",
        ),
    ),
)
