"""Subscriptions, brought by a plug-in that not every shop has (reference A6)."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.shelf import Match
from sandbox.wire import Json
from sandbox.woocommerce.errors import critical, no_route
from sandbox.woocommerce.lists import collection
from sandbox.woocommerce.people import Person, address, line
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import Result, Shop

DAY = 86400
MONTH = 30 * DAY
# What may become what; everything else is an exception nobody caught.
_ALLOWED = {
    "cancelled": {"pending", "active", "on-hold", "pending-cancel"},
    "pending-cancel": {"active", "on-hold"},
    "on-hold": {"pending", "active"},
    "active": {"pending", "on-hold"},
}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What somebody subscribed to."""

    who: Person
    total: Decimal
    currency: str
    starts: int
    customer_id: int = 0
    status: str = "active"
    trial_days: int = 0
    period: str = "month"
    plan: str = "Club membership"
    product_id: int = 0


def add_subscription(shop: Shop, wanted: Agreement) -> Json:
    """Write a subscription down."""
    is_over = wanted.status in {"cancelled", "expired"}
    passed = max(0, shop.now - wanted.starts) // MONTH
    last = wanted.starts + passed * MONTH
    following = last + MONTH
    trial_ends = wanted.starts + wanted.trial_days * DAY if wanted.trial_days else None
    body: Json = {
        "id": shop.new_id(),
        "created": wanted.starts,
        "parent_id": 0,
        "status": wanted.status,
        "currency": wanted.currency,
        "version": "10.9.1",
        "total": shop.written(wanted.total),
        "customer_id": wanted.customer_id,
        "order_key": "wc_order_subscription",
        "billing": address(wanted.who),
        "shipping": address(wanted.who),
        "payment_method": "stripe",
        "payment_method_title": "Credit card",
        "number": "",
        "meta_data": [],
        "line_items": [
            line(shop, wanted.plan, wanted.total, product_id=wanted.product_id),
        ],
        "coupon_lines": [],
        "billing_period": wanted.period,
        "billing_interval": "1",
        "starts": wanted.starts,
        "trial_ends": trial_ends,
        "last_payment": last,
        "next_payment": None if is_over or wanted.status == "pending-cancel" else following,
        "cancelled": last if wanted.status in {"cancelled", "pending-cancel"} else None,
        "ends": last if is_over else following if wanted.status == "pending-cancel" else None,
    }
    body["number"] = str(body["id"])
    return shop.add("subscription", body)


def listed(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /subscriptions."""
    _insist_on_plugin(shop)
    return collection(shop, "subscription", shop.all("subscription"))


def retrieved(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /subscriptions/{id}."""
    _insist_on_plugin(shop)
    return Result(shown(shop, "subscription", shop.need("subscription", args[0])), ids=args)


def orders_of(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /subscriptions/{id}/orders."""
    _insist_on_plugin(shop)
    shop.need("subscription", args[0])
    return collection(shop, "order", shop.all("order", Match("subscription", (args[0],))))


def updated(shop: Shop, args: tuple[str, ...]) -> Result:
    """PUT /subscriptions/{id}: `transition_status` obeys the rules, `status` skips them."""
    _insist_on_plugin(shop)
    body = shop.need("subscription", args[0])
    wanted = shop.params.get("transition_status")
    if wanted is not None:
        _transition(shop, body, str(wanted))
    body["status"] = shop.params.get("status", body["status"])
    kept = {each["key"]: each for each in body["meta_data"]}
    for each in shop.params.get("meta_data", ()):
        kept[each["key"]] = {"id": len(kept) + 1, **each}
    body["meta_data"] = list(kept.values())
    shop.save("subscription", body)
    is_over = body["status"] in {"cancelled", "pending-cancel"} and wanted
    effect = "subscription.canceled" if is_over else "subscription.updated"
    return Result(shown(shop, "subscription", body), effect, args)


def _transition(shop: Shop, body: Json, wanted: str) -> None:
    if body["status"] not in _ALLOWED.get(wanted, ()):
        raise critical()
    if wanted in {"cancelled", "pending-cancel"}:
        body["cancelled"] = shop.now
        body["ends"] = body["next_payment"] if wanted == "pending-cancel" else shop.now
        body["next_payment"] = None
    body["status"] = wanted


def _insist_on_plugin(shop: Shop) -> None:
    if not has_plugin(shop):
        raise no_route()


def has_plugin(shop: Shop) -> bool:
    """Whether this shop bought the plug-in."""
    return shop.setting("subscriptions", "1") == "1"
