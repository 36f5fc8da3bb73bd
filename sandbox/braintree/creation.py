"""Makes accounts, customers, sales and subscriptions for tests, by order of the control API."""

from collections.abc import Callable

from sandbox.braintree import shapes, subscriptions
from sandbox.braintree.amounts import written
from sandbox.braintree.context import HOOK, INDEXED, PROVIDER, Context, instant, shelf_name
from sandbox.credentials import Credential, keep_credential
from sandbox.provider import Call
from sandbox.shelf import Shelf
from sandbox.store import keep_setting
from sandbox.wire import Json

OUTCOMES = {
    "succeeded": "settled",
    "uncaptured": "authorized",
    "pending": "authorizing",
    "failed": "processor_declined",
}
REFUSED = ("2000", "Do Not Honor")


def create(call: Call, order: Json) -> Json:
    """Carry out one order; it names the merchant in `account`."""
    if not call.identity.account:
        raise ValueError("account is missing")
    shelf = Shelf(call.db, shelf_name(call.identity.account), INDEXED)
    return ROUTES[order["_route"]](Context(call, shelf), order)


def _account(ctx: Context, order: Json) -> Json:
    granted = order.get("permissions")
    credential = Credential(
        order["key"],
        ctx.account,
        permissions=None if granted is None else frozenset(granted),
        state=order.get("state", "active"),
    )
    keep_credential(ctx.call.db, PROVIDER, credential)
    currency = str(order.get("currency") or "EUR").upper()
    keep_setting(ctx.call.db, name=f"{PROVIDER}.currency.{ctx.account}", value=currency)
    if "webhook_url" in order:
        _paste(ctx, order["webhook_url"])
    seeded = _seed(ctx, {"currency": currency, **order["seed"]}) if order.get("seed") else {}
    return {"account": ctx.account, **seeded}


def _seed(ctx: Context, order: Json) -> Json:
    count = int(order.get("charges", 0))
    made = [_customer(ctx, {"age": 60 * (count + 1)}) for _ in range(int(order["customers"]))]
    charges = []
    for number in range(count):
        wanted = {**order, "customer": made[number % len(made)]["id"], "age": 60 * (count - number)}
        charges.append(_charge(ctx, wanted)["id"])
    everything = [each["id"] for each in ctx.shelf.all("transaction") if each["type"] == "sale"]
    return {"customers": [each["id"] for each in made], "charges": everything or charges}


def _endpoint(ctx: Context, order: Json) -> Json:
    """What a person does in the control panel: paste an address; here there is room for one."""
    _paste(ctx, order["url"])
    return {"url": order["url"]}


def _paste(ctx: Context, url: str) -> None:
    keep_setting(ctx.call.db, name=f"{PROVIDER}.{HOOK}.{ctx.account}", value=url)


def _object(ctx: Context, order: Json) -> Json:
    return {"object": MAKERS[order["object"]](ctx, order)}


def _customer(ctx: Context, order: Json) -> Json:
    name = order.get("name", "Robin Sample")
    person = shapes.Person(name, order.get("email", "robin.sample@example.com"))
    created = ctx.now - int(order.get("age", 0))
    return shapes.customer(ctx, person, created, str(order.get("last4", "1111")))


def _charge(ctx: Context, order: Json) -> Json:
    outcome = order.get("outcome", "succeeded")
    currency = order.get("currency") or ctx.setting(f"currency.{ctx.account}", "EUR")
    known = order.get("customer")
    is_guest = bool(order.get("guest"))
    who = None if is_guest else ctx.need("customer", known) if known else _customer(ctx, order)
    wanted = shapes.Sale(
        int(order.get("amount", 2000)),
        str(currency).upper(),
        ctx.now - int(order.get("age", 0)),
        str(OUTCOMES.get(outcome, outcome)),
        method=str(order.get("method", "credit_card")),
        order_id=order.get("order_id"),
        response=REFUSED if outcome == "failed" else ("1000", "Approved"),
    )
    return shapes.sale(ctx, who, wanted)


def _subscription(ctx: Context, order: Json) -> Json:
    known = order.get("customer")
    who = ctx.need("customer", known) if known else _customer(ctx, order)
    currency = str(order.get("currency") or ctx.setting(f"currency.{ctx.account}", "EUR"))
    term = subscriptions.Term(
        int(order.get("amount", 1900)),
        currency.upper(),
        order.get("status", "Active"),
        trial=bool(order.get("trial")),
    )
    return subscriptions.create(ctx, who, term)


def _plan(ctx: Context, order: Json) -> Json:
    currency = str(order.get("currency") or ctx.setting(f"currency.{ctx.account}", "EUR"))
    plan: Json = {
        "id": order.get("id") or f"plan_{ctx.new_id()}",
        "name": order.get("name", "Team plan"),
        "description": "Team plan",
        "price": written(int(order.get("amount", 1900)), currency.upper()),
        "currency_iso_code": currency.upper(),
        "billing_frequency": int(order.get("months", 1)),
        "billing_day_of_month": None,
        "number_of_billing_cycles": None,
        "trial_period": False,
        "trial_duration": None,
        "trial_duration_unit": None,
        "created": ctx.now,
        "created_at": instant(ctx.now),
        "updated_at": instant(ctx.now),
        "add_ons": [],
        "discounts": [],
    }
    ctx.shelf.add("plan", plan)
    return plan


MAKERS: dict[str, Callable[[Context, Json], Json]] = {
    "customer": _customer,
    "charge": _charge,
    "subscription": _subscription,
    "plan": _plan,
    "endpoint": _endpoint,
}
ROUTES: dict[str, Callable[[Context, Json], Json]] = {
    "accounts": _account,
    "seed": _seed,
    "objects": _object,
}
