"""What the REST API shows of what a shop has stored."""

from collections.abc import Callable

from sandbox.shelf import Match
from sandbox.wire import Json
from sandbox.woocommerce.shop import Shop, dates

_INTERNAL = frozenset(
    {"created", "modified", "paid", "completed", "expires", "starts", "trial_ends", "next_payment"}
    | {"last_payment", "cancelled", "ends", "subscription", "registered"}
)


def shown(shop: Shop, kind: str, body: Json) -> Json:
    """One object as the API answers it."""
    plain = {name: value for name, value in body.items() if name not in _INTERNAL}
    links = {
        "self": [{"href": f"https://{shop.account}.example/wp-json/wc/v3/{kind}s/{body['id']}"}]
    }
    return {**plain, **_EXTRA.get(kind, _dated)(shop, body), "_links": links}


def _dated(_shop: Shop, body: Json) -> Json:
    return dates(date_created=body["created"], date_modified=body["modified"])


def _order(shop: Shop, body: Json) -> Json:
    refunds = shop.all("refund", Match("parent_id", (str(body["id"]),)))
    return {
        **_dated(shop, body),
        **dates(date_paid=body["paid"], date_completed=body["completed"]),
        "needs_payment": not body["paid"] and body["status"] in {"pending", "failed"},
        "refunds": [
            {"id": each["id"], "reason": each["reason"], "total": _negative(each["amount"])}
            for each in refunds
        ],
    }


def _negative(amount: str) -> str:
    # Without an amount only the sign is left (reference A5).
    return f"-{amount}"


def _refund(_shop: Shop, body: Json) -> Json:
    return dates(date_created=body["created"])


def _coupon(shop: Shop, body: Json) -> Json:
    return {**_dated(shop, body), **dates(date_expires=body.get("expires"))}


def _subscription(shop: Shop, body: Json) -> Json:
    return {
        **_dated(shop, body),
        **dates(
            start_date=body["starts"],
            trial_end_date=body["trial_ends"],
            next_payment_date=body["next_payment"],
            last_payment_date=body["last_payment"],
            cancelled_date=body["cancelled"],
            end_date=body["ends"],
        ),
    }


def _bare(_shop: Shop, _body: Json) -> Json:
    return {}


_EXTRA: dict[str, Callable[[Shop, Json], Json]] = {
    "order": _order,
    "refund": _refund,
    "coupon": _coupon,
    "subscription": _subscription,
    "payment_gateway": _bare,
}
