"""Creates accounts, customers, charges and subscriptions for tests, through the control API."""

import random
from typing import Any

from sandbox.credentials import Credential, keep_credential
from sandbox.provider import Call
from sandbox.stripe import accounts, billing_shapes, shapes
from sandbox.stripe.acts import account_context
from sandbox.stripe.bills import Part, Wanted, compose
from sandbox.stripe.cards import method_of
from sandbox.stripe.context import PROVIDER, Context, random_id
from sandbox.stripe.history import DAY, Historian, Term
from sandbox.stripe.ledger import record_payment
from sandbox.wire import Identity, Json

MINUTE = 60
METHOD_FIELDS = frozenset({"method", "brand", "last4"})
DECLINE = ("card_declined", "insufficient_funds", "Your card has insufficient funds.")


def create(call: Call, order: Json) -> Json:
    """Carry out an order of /_control/accounts, /_control/seed or /_control/objects."""
    return {"accounts": open_account, "seed": fill_account, "objects": create_object}[
        order["_route"]
    ](call, order)


def open_account(call: Call, order: Json) -> Json:
    """Open an account with a key of its own, and fill it if asked to."""
    account, livemode = str(order["account"]), bool(order.get("livemode"))
    granted = order.get("permissions")
    key = Credential(
        str(order["key"]),
        account,
        livemode,
        None if granted is None else frozenset(granted),
        order.get("state", "active"),
    )
    keep_credential(call.db, PROVIDER, key)
    if "currency" in order:
        accounts.set_currency(call.db, account, order["currency"])
    call.identity = Identity(account, livemode)
    made = fill_account(call, order["seed"]) if order.get("seed") else {}
    return {"account": account, "key": key.secret, **made}


def fill_account(call: Call, order: Json) -> Json:
    """Create `customers` customers and `charges` charges, oldest first, a minute apart."""
    ctx = account_context(call)
    ctx.silent = not order.get("events", False)
    count = int(order.get("customers", 1))
    first = ctx.shelf.count("customer")
    who = [create_customer(ctx, {"number": first + place}) for place in range(count)]
    total = int(order.get("charges", 0))
    start = ctx.now - total * MINUTE
    made = [
        create_charge(
            ctx,
            {
                **order,
                "customer": who[place % count] if who else None,
                "created": start + place * MINUTE,
            },
        )
        for place in range(total)
    ]
    return {
        "customers": [body["id"] for body in who],
        "charges": [body["id"] for body in made],
        "payment_intents": [body["payment_intent"] for body in made],
    }


def create_object(call: Call, order: Json) -> Json:
    """Create one customer or charge with given properties."""
    ctx = account_context(call)
    ctx.silent = not order.get("events", True)
    if order["object"] == "customer":
        return {"object": create_customer(ctx, order)}
    customer = order.get("customer")
    if isinstance(customer, str):
        customer = ctx.need("customer", customer)
    if order["object"] == "payment_method":
        return {"object": create_method(ctx, {**order, "customer": customer})}
    if order["object"] == "invoice":
        return {"object": create_invoice(ctx, {**order, "customer": customer})}
    if order["object"] == "subscription":
        return {"object": create_subscription(ctx, {**order, "customer": customer})}
    if order["object"] != "charge":
        raise ValueError("object is customer, payment_method, charge, subscription or invoice")
    return {"object": create_charge(ctx, {**order, "customer": customer})}


def create_customer(ctx: Context, order: Json) -> Json:
    """Create one customer."""
    number = order["number"] if "number" in order else ctx.shelf.count("customer")
    person = shapes.Person(
        order.get("name", f"Test Customer {number}"),
        order.get("email", f"customer{number}@example.com"),
        order.get("currency"),
        metadata=order.get("metadata", {}),
    )
    created = int(order.get("created", ctx.now))
    body = shapes.customer(ctx.new_id("cus_")[:18], created, person, livemode=ctx.livemode)
    card = shapes.Method(
        ctx.new_id("pm_1"), order.get("brand", "visa"), order.get("last4", "4242"), "DE"
    )
    body["invoice_settings"]["default_payment_method"] = card.id
    ctx.shelf.add("customer", body)
    _keep_method(ctx, card, body, created)
    ctx.emit("customer.created", body)
    return body


def create_method(ctx: Context, order: Json) -> Json:
    """Create one card, or with `method` sepa_debit an account, of a customer."""
    made = _method(ctx, {"last4": "4242", **order}, order["customer"], ctx.now)
    return ctx.need("payment_method", made.id)


def create_charge(ctx: Context, order: Json) -> Json:
    """Create one charge: `outcome` is succeeded, uncaptured, pending or failed."""
    outcome = order.get("outcome", "succeeded")
    created, who = int(order.get("created", ctx.now)), order.get("customer")
    pay = shapes.Payment(
        int(order.get("amount", 2000)),
        order.get("currency", "eur"),
        created,
        _method(ctx, order, who, created),
        outcome,
        order.get("description", "Test order"),
        failure=_failure(order) if outcome == "failed" else None,
        metadata=order.get("metadata", {}),
    )
    paid = record_payment(ctx, pay, who, with_intent=order.get("with_intent", True))
    if "refund_as" in order:
        ctx.shelf.set_hidden("charge", paid.charge["id"], {"refund_as": order["refund_as"]})
    events = {"failed": "charge.failed", "pending": "charge.pending"}
    ctx.emit(events.get(outcome, "charge.succeeded"), paid.charge)
    if paid.intent and outcome == "succeeded":
        ctx.emit("payment_intent.succeeded", paid.intent)
    return paid.charge


def _method(ctx: Context, order: Json, who: Json | None, created: int) -> shapes.Method:
    """Take the customer's card, or make the method the order describes."""
    usual = (who or {}).get("invoice_settings", {}).get("default_payment_method")
    if usual and not METHOD_FIELDS & set(order):
        return method_of(ctx, usual)
    brand: Any = None if order.get("method") == "sepa_debit" else order.get("brand", "visa")
    made = shapes.Method(ctx.new_id("pm_1"), brand, order.get("last4", "4242"), "DE")
    _keep_method(ctx, made, who, created)
    return made


def _keep_method(ctx: Context, method: shapes.Method, who: Json | None, created: int) -> None:
    body = shapes.payment_method(method, created, who, livemode=ctx.livemode)
    ctx.shelf.add("payment_method", body)


def create_subscription(ctx: Context, order: Json) -> Json:
    """Create one subscription with its product, price, invoices and payments.

    Takes `status`, `amount`, `currency`, `interval` (month, year), `age_days`, `trial_days` and
    `ends_early`; without a customer it makes one. The customer gets a new card for it.
    """
    # S311: nothing secret hangs on invented card numbers.
    book = Historian(ctx, random.Random(random_id("")))  # noqa: S311
    who = order["customer"] or create_customer(ctx, {})
    book.add_card(who)
    days, trial = int(order.get("age_days", 10)), int(order.get("trial_days", 0))
    term = Term(
        _create_price(ctx, order),
        ctx.now - days * DAY,
        order.get("status", "active"),
        trial_days=trial,
        ends_early=bool(order.get("ends_early")),
    )
    body = book.subscribe(who, term)
    ctx.shelf.save("customer", who)
    return body


def create_invoice(ctx: Context, order: Json) -> Json:
    """Create one invoice to be mailed: `status` is draft or open, `amount` of a made-up price."""
    who = order["customer"] or create_customer(ctx, {})
    price, status = _create_price(ctx, order), order.get("status", "open")
    contract = billing_shapes.Contract(who["id"], price, ctx.now, ctx.now, ctx.now)
    subject = billing_shapes.subscription("", "", contract, livemode=ctx.livemode)
    part = Part(
        order.get("description", "Consulting"), price["unit_amount"], (ctx.now,) * 2, price, 1
    )
    wanted = Wanted(who, subject, (part,), "manual", (ctx.now, ctx.now), status)
    body = compose(ctx, wanted, ctx.new_id("in_1"))
    body.update(collection_method="send_invoice", parent=None, due_date=ctx.now + 14 * DAY)
    for line in body["lines"]["data"]:
        line.update(parent=None, subscription=None)
    who["next_invoice_sequence"] += 1
    ctx.shelf.save("customer", who)
    ctx.shelf.add("invoice", body)
    ctx.emit("invoice.created", body)
    return body


def _create_price(ctx: Context, order: Json) -> Json:
    product = billing_shapes.product(
        ctx.new_id("prod_")[:19],
        ctx.now,
        order.get("product", "Test plan"),
        "",
        livemode=ctx.livemode,
    )
    ctx.shelf.add("product", product)
    tariff = billing_shapes.Tariff(
        product["id"],
        int(order.get("amount", 2000)),
        order.get("currency", "eur"),
        order.get("interval", "month"),
        order.get("product", "Test plan"),
    )
    body = billing_shapes.price(ctx.new_id("price_1"), ctx.now, tariff, livemode=ctx.livemode)
    ctx.shelf.add("price", body)
    return body


def _failure(order: Json) -> tuple[str, str, str]:
    decline = order.get("decline_code")
    return ("card_declined", decline, "Your card was declined.") if decline else DECLINE
