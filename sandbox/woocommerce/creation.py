"""Opens shops and fills them for tests, and does what a person would do in their pages."""

from collections.abc import Callable
from decimal import Decimal

from sandbox.provider import Call
from sandbox.wire import Identity, Json
from sandbox.woocommerce import hooks, orders, refunds
from sandbox.woocommerce.auth import PROVIDER, keep_key
from sandbox.woocommerce.catalogue import add_coupon, add_product
from sandbox.woocommerce.money import from_minor
from sandbox.woocommerce.people import Person, add_customer
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import Shop
from sandbox.woocommerce.subscriptions import DAY, Agreement, add_subscription

MINUTE = 60
Act = Callable[[Shop, str, Json, Json], None]
SETTINGS = ("currency", "decimals", "subscriptions", "refund_list", "gateway_ms", "name")


def create(call: Call, order: Json) -> Json:
    """Carry out an order of /_control/accounts, /_control/seed or /_control/objects."""
    made = {"accounts": _open, "seed": _fill, "objects": _create}[order["_route"]](call, order)
    return dict(made)


def act(call: Call, order: Json) -> Json:
    """Do one of `_ACTS`; `amount` in minor units, `settle`: an unpaid order is paid."""
    number = str(order["object"])
    call.identity = Identity(str(order.get("account") or _owner(call, number)))
    shop = Shop(call)
    kind = next(
        k for k in ("order", "subscription", "webhook", "customer") if shop.shelf.find(k, number)
    )
    body = shop.need(kind, number)
    _ACTS[order["do"]](shop, kind, body, order)
    hooks.announce(shop)
    return {"object": shop.shelf.find(kind, number) or {}}


def _open(call: Call, order: Json) -> Json:
    account, key = str(order["account"]), str(order["key"])
    secret = str(order.get("secret") or key.replace("ck_", "cs_", 1))
    granted = order.get("permissions")
    keep_key(
        call.db,
        account,
        key,
        secret,
        permissions=None if granted is None else frozenset(granted),
        state=order.get("state", "active"),
    )
    call.identity = Identity(account)
    shop = Shop(call)
    for name in SETTINGS:
        if name in order:
            shop.set_setting(name, order[name].upper() if name == "currency" else order[name])
    filled = _fill(call, order["seed"]) if order.get("seed") else {}
    return {"account": account, "key": key, "secret": secret, **filled}


def _fill(call: Call, order: Json) -> Json:
    shop = Shop(call, silent=not order.get("events", False))
    count, total = int(order.get("customers", 1)), int(order.get("charges", 0))
    step = int(order.get("step_s", MINUTE))
    start = shop.now - total * MINUTE
    who = [
        add_customer(shop, _person(place), created=start - (count - place) * MINUTE)
        for place in range(count)
    ]
    made = [
        _order(
            shop, {**order, "created": start + place * step}, who[place % count] if who else None
        )
        for place in range(total)
    ]
    hooks.announce(shop)
    return {
        "customers": [str(each["id"]) for each in who],
        "charges": [str(each["id"]) for each in made],
    }


def _create(call: Call, order: Json) -> Json:
    shop = Shop(call, silent=not order.get("events", True))
    kind = order["object"]
    customer = shop.shelf.find("customer", str(order.get("customer", "")))
    if kind == "charge":
        body, kind = _order(shop, order, customer), "order"
    elif kind == "customer":
        created = int(order.get("created", shop.now))
        body = add_customer(shop, _person(shop.shelf.count("customer")), created=created)
    elif kind == "subscription":
        body = _subscription(shop, order, customer)
    elif kind == "product":
        body = add_product(shop, order.get("name", "Notebook"), Decimal("12.00"), shop.now)
    elif kind == "coupon":
        kind_of_discount = order.get("discount_type", "percent")
        body = add_coupon(shop, order.get("code", "off10"), "10", kind_of_discount, shop.now)
    else:
        raise ValueError("object is charge, customer, subscription, product or coupon")
    hooks.announce(shop)
    return {"object": shown(shop, kind, body)}


def _order(shop: Shop, order: Json, customer: Json | None) -> Json:
    currency = str(order.get("currency", shop.currency)).upper()
    status = order.get("status", "processing")
    guest = Person("Gina Guest", str(order.get("email", "guest@example.net")))
    who = guest if customer is None else _person_of(customer)
    return orders.add_order(
        shop,
        orders.Purchase(
            who=who,
            total=from_minor(int(order.get("amount", 2000)), currency),
            currency=currency,
            created=int(order.get("created", shop.now)),
            customer_id=customer["id"] if customer else 0,
            status=status,
            method=order.get("method", "stripe"),
            transaction_id=order.get("transaction_id", ""),
            is_paid=order.get("is_paid", status in {"processing", "completed"}),
            refund_as=order.get("refund_as", "succeeded"),
            subscription=int(order.get("subscription", 0)),
            meta=order.get("meta", {}),
        ),
    )


def _subscription(shop: Shop, order: Json, customer: Json | None) -> Json:
    currency = str(order.get("currency", shop.currency)).upper()
    return add_subscription(
        shop,
        Agreement(
            who=_person_of(customer) if customer else _person(0),
            total=from_minor(int(order.get("amount", 1500)), currency),
            currency=currency,
            starts=shop.now - int(order.get("age_days", 40)) * DAY,
            customer_id=customer["id"] if customer else 0,
            status=order.get("status", "active"),
            trial_days=int(order.get("trial_days", 0)),
        ),
    )


def _person(number: int) -> Person:
    return Person(f"Test Customer{number}", f"customer{number}@example.com")


def _person_of(customer: Json) -> Person:
    return Person(f"{customer['first_name']} {customer['last_name']}", customer["email"])


def _owner(call: Call, number: str) -> str:
    row = call.db.execute(
        "SELECT shelf FROM objects WHERE shelf LIKE ? AND id = ?", (f"{PROVIDER}/%", number)
    ).fetchone()
    if row is None:
        raise ValueError(f"no such object: {number}")
    return str(row[0]).partition("/")[2]


def _refund(shop: Shop, _kind: str, body: Json, order: Json) -> None:
    amount = from_minor(int(order["amount"]), body["currency"])
    refunds.give_back(shop, body, amount, str(order.get("reason", "")))


def _set_status(status: str) -> Act:
    def change(shop: Shop, kind: str, body: Json, _order: Json) -> None:
        body["status"] = status
        shop.save(kind, body)

    return change


def _delete(shop: Shop, kind: str, body: Json, _order: Json) -> None:
    shop.shelf.remove(kind, str(body["id"]))
    shop.tell(kind, "deleted", body["id"])


def _settle(shop: Shop, kind: str, body: Json, _order: Json) -> None:
    body["paid"], body["status"] = shop.now, "processing"
    shop.save(kind, body)


def _rename(shop: Shop, kind: str, body: Json, order: Json) -> None:
    body["first_name"], _, body["last_name"] = str(order["name"]).partition(" ")
    shop.save(kind, body)


def _treat(shop: Shop, kind: str, body: Json, order: Json) -> None:
    hidden = shop.shelf.hidden(kind, str(body["id"]))
    shop.shelf.set_hidden(kind, str(body["id"]), {**hidden, "refund_as": order["as"]})


def _note(shop: Shop, _kind: str, body: Json, order: Json) -> None:
    orders.add_note(shop, body, str(order["text"]))


_ACTS: dict[str, Act] = {
    "note": _note,
    "dashboard_refund": _refund,
    "cancel": _set_status("cancelled"),
    "trash": _set_status("trash"),
    "disable_webhook": _set_status("disabled"),
    "pause_webhook": _set_status("paused"),
    "delete": _delete,
    "rename": _rename,
    "settle": _settle,
    "refund_as": _treat,
}
