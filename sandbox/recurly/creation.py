"""Creates sites, accounts, payments, plans and subscriptions for tests, by the control API."""

from sandbox.credentials import Credential, keep_credential
from sandbox.provider import Call
from sandbox.recurly import history, shapes
from sandbox.recurly.context import PROVIDER, Context, context_of, random_id, shelf_name
from sandbox.shelf import Shelf
from sandbox.wire import Json

MINUTE = 60
FEATURES = ["credit_memos", "manual_invoicing"]


def create(call: Call, order: Json) -> Json:
    """Carry out an order of /_control/accounts, /_control/seed or /_control/objects."""
    if order["_route"] == "accounts":
        return open_site(call, order)
    ctx = context_of(call, shelf_name(str(order["account"])))
    return fill(ctx, order) if order["_route"] == "seed" else create_object(ctx, order)


def open_site(call: Call, order: Json) -> Json:
    """Open a site with a key of its own, and fill it if asked to."""
    account = str(order["account"])
    granted = order.get("permissions")
    key = Credential(
        str(order["key"]),
        account,
        permissions=None if granted is None else frozenset(granted),
        state=order.get("state", "active"),
    )
    keep_credential(call.db, PROVIDER, key)
    ctx = context_of(call, shelf_name(account))
    if Shelf(call.db, ctx.shelf.name, {}).find("site", account) is None:
        currency = str(order.get("currency", "EUR")).upper()
        features = order.get("features", FEATURES)
        body = shapes.site(account, currency=currency, features=features, created=ctx.now)
        ctx.add("site", body)
    made = fill(ctx, order["seed"]) if order.get("seed") else {}
    return {"account": account, "key": key.secret, **made}


def fill(ctx: Context, order: Json) -> Json:
    """Create `customers` accounts and `charges` payments, oldest first, a minute apart."""
    ctx.silent = not order.get("events", False)
    count, total = int(order.get("customers", 1)), int(order.get("charges", 0))
    start = ctx.now - total * MINUTE
    who = [_person(ctx, {"created": start}) for _ in range(count)]
    made = [
        _charge(ctx, {**order, "created": start + place * MINUTE}, who[place % count])
        for place in range(total)
    ]
    return {
        "customers": [each["id"] for each in who],
        "charges": [each["id"] for each in made],
        "invoices": [each["invoice"]["id"] for each in made],
    }


def create_object(ctx: Context, order: Json) -> Json:
    """Create one customer, charge, plan, coupon, subscription or webhook endpoint."""
    ctx.silent = not order.get("events", True)
    owner = ctx.need("account", order["customer"]) if order.get("customer") else None
    makers = {"plan": _plan, "coupon": _coupon, "endpoint": _endpoint, "customer": _person}
    kind = order["object"]
    if kind in makers:
        body = makers[kind](ctx, order)
    elif kind == "charge":
        body = _charge(ctx, order, owner or _person(ctx, {}))
    elif kind == "subscription":
        body = _subscription(ctx, order, owner or _person(ctx, {}))
    else:
        raise ValueError("object is customer, charge, plan, coupon, subscription or endpoint")
    return {"object": body, "events": ctx.events}


def _person(ctx: Context, order: Json) -> Json:
    number = ctx.shelf.count("account")
    person = shapes.Person(
        order.get("name", f"Test Customer{number}"),
        order.get("email", f"customer{number}@example.com"),
    )
    created = int(order.get("created", ctx.now))
    return history.open_account(ctx, person, created, last_four=order.get("last4", "1111"))


def _charge(ctx: Context, order: Json, owner: Json) -> Json:
    status = order.get("outcome", "success")
    deal = shapes.Deal(
        int(order.get("amount", 2000)),
        str(order.get("currency", "EUR")).upper(),
        int(order.get("created", ctx.now)),
        status,
        description=order.get("description", "Test order"),
        status_code="insufficient_funds" if status == "declined" else "",
        gateway=order.get("gateway", ""),
        reference=order.get("gateway_reference", ""),
    )
    body = history.pay(ctx, owner, deal, settled=order.get("settled", True))
    if "refund_as" in order:
        hidden = ctx.shelf.hidden("transaction", body["id"])
        changed = {**hidden, "refund_as": order["refund_as"]}
        ctx.shelf.set_hidden("transaction", body["id"], changed)
    return body


def _plan(ctx: Context, order: Json) -> Json:
    code = order.get("code", f"plan-{random_id()}")
    currency = str(order.get("currency", "EUR")).upper()
    prices = {currency: int(order.get("amount", 2000))}
    body = shapes.plan(ctx, code, code.title(), prices, ctx.now)
    body["currencies"][0]["setup_fee"] = shapes.major(int(order.get("setup_fee", 0)), currency)
    return ctx.add("plan", body)


def _coupon(ctx: Context, order: Json) -> Json:
    discount = {"type": "percent", "percent": int(order.get("percent", 10))}
    code = order.get("code", f"coupon-{random_id()}")
    return ctx.add("coupon", shapes.coupon(ctx, code, discount, ctx.now, state="redeemable"))


def _subscription(ctx: Context, order: Json, owner: Json) -> Json:
    plan = ctx.need("plan", order["plan"]) if order.get("plan") else _plan(ctx, order)
    currency = plan["currencies"][0]["currency"]
    created = ctx.now - int(order.get("age_days", 10)) * shapes.DAY
    body = shapes.subscription(ctx, owner, plan, currency, created)
    body["state"] = order.get("status", "active")
    body["remaining_pause_cycles"] = order.get("remaining_pause_cycles")
    ctx.add("subscription", body)
    ctx.emit("subscription", "created", body)
    return body


def _endpoint(ctx: Context, order: Json) -> Json:
    """What a person does in Recurly's admin: add an address (or change it), and copy its secret."""
    for known in ctx.shelf.all("endpoint"):
        if order.get("secret") in known["secrets"]:
            known["url"] = order["url"]
            ctx.shelf.save("endpoint", known)
            return known
    body = {
        "id": ctx.new_id(),
        "url": order["url"],
        "secrets": [order.get("secret") or f"secret{random_id()}"],
    }
    return ctx.add("endpoint", body)
