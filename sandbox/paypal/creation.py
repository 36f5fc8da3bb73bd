"""Makes accounts and records for tests and for the seed."""

from sandbox.credentials import Credential, keep_credential
from sandbox.paypal.auth import PROVIDER, SCOPES, secret_of
from sandbox.paypal.billing import subscription_doc
from sandbox.paypal.context import Context, shelf_of
from sandbox.paypal.disputes import open_dispute
from sandbox.paypal.invoicing import invoice_doc
from sandbox.paypal.payments import authorization_doc, capture_doc
from sandbox.provider import Call
from sandbox.wire import Json

ANYBODY: Json = {
    "id": "ANYB2DY34567A",
    "given": "Paula",
    "surname": "Buyer",
    "email": "paula.buyer@example.com",
    "country": "DE",
}
# Older than the report's lag, so that what a test seeds is listed at once.
SEEDED_BEFORE_S = 5 * 3600
CHARGE_FIELDS = ("refund_as", "custom_id", "invoice_id", "reason", "status", "is_bare", "is_sale")


def create(call: Call, order: Json) -> Json:
    """POST accounts, seed or objects."""
    if order["_route"] == "accounts":
        return _open(call, order)
    ctx = Context(call, shelf_of(call, order["account"]))
    if order["_route"] == "seed":
        return _fill(ctx, order)
    return _one(ctx, order)


def _open(call: Call, order: Json) -> Json:
    client, granted = order["key"], order.get("permissions")
    keep_credential(
        call.db,
        PROVIDER,
        Credential(
            client,
            order["account"],
            bool(order.get("livemode")),
            None if granted is None else frozenset(granted),
            order.get("state", "active"),
        ),
    )
    made: Json = {"client_id": client, "client_secret": secret_of(client), "scopes": list(SCOPES)}
    if order.get("seed"):
        ctx = Context(call, shelf_of(call, order["account"]))
        made |= _fill(ctx, order["seed"])
    return made


def _fill(ctx: Context, order: Json) -> Json:
    ctx.silent = not order.get("events")
    payers = [
        {**ANYBODY, "id": ctx.new_payer_id(), "email": f"buyer{number}@example.com"}
        for number in range(order.get("customers", 1))
    ]
    count = order.get("charges", 0)
    start = ctx.now - SEEDED_BEFORE_S - 60 * count
    charges = []
    for number in range(count):
        created = start + 60 * number
        capture = new_payment(
            ctx,
            payers[number % len(payers)],
            minor=order.get("amount", 2000),
            currency=order.get("currency", "EUR").upper(),
            created=created,
        )
        charges.append(capture["id"])
    return {"charges": charges, "customers": [each["id"] for each in payers]}


def _one(ctx: Context, order: Json) -> Json:
    makers = {
        "charge": _charge,
        "authorization": _authorization,
        "subscription": _subscription,
        "invoice": _invoice,
    }
    return {"object": makers[order["object"]](ctx, order)}


def _charge(ctx: Context, order: Json) -> Json:
    capture = new_payment(
        ctx,
        ANYBODY | order.get("payer", {}),
        minor=order.get("amount", 2000),
        currency=order.get("currency", "EUR"),
        created=int(order.get("created", ctx.now)),
        more={name: order[name] for name in CHARGE_FIELDS if name in order},
    )
    doc = capture_doc(ctx, capture, is_whole=True)
    ctx.emit(f"PAYMENT.CAPTURE.{capture['status']}", "capture", doc)
    if order.get("disputed"):
        open_dispute(ctx, capture, reason="UNAUTHORISED", status="WAITING_FOR_SELLER_RESPONSE")
    return doc


def _authorization(ctx: Context, order: Json) -> Json:
    held = new_authorization(
        ctx,
        ANYBODY | order.get("payer", {}),
        minor=order.get("amount", 2000),
        currency=order.get("currency", "EUR"),
        created=int(order.get("created", ctx.now)),
    )
    doc = authorization_doc(ctx, held, is_whole=True)
    ctx.emit("PAYMENT.AUTHORIZATION.CREATED", "authorization", doc)
    return doc


def _invoice(ctx: Context, order: Json) -> Json:
    number = ctx.shelf.count("invoice") + 1
    invoice: Json = {
        "id": ctx.new_id(4, 4, 4, 4, prefix="INV2-"),
        "number": f"T-{number:04}",
        "status": order.get("status", "SENT"),
        "currency": order.get("currency", "EUR"),
        "minor": order.get("amount", 12_000),
        "payer": ANYBODY | order.get("payer", {}),
        "created": ctx.now,
        "due": ctx.now + 30 * 86_400,
    }
    ctx.shelf.add("invoice", invoice)
    return invoice_doc(ctx, invoice)


def _subscription(ctx: Context, order: Json) -> Json:
    plans = ctx.shelf.all("plan")
    plan = plans[0] if plans else new_plan(ctx, name="Basic", minor=1900, currency="EUR")
    agreement = new_subscription(
        ctx,
        ANYBODY | order.get("payer", {}),
        plan,
        created=int(order.get("created", ctx.now - 86_400)),
        more={
            "status": order.get("status", "ACTIVE"),
            "is_sale": bool(order.get("is_sale")),
        },
    )
    return subscription_doc(ctx, agreement, has_plan=False)


def new_payment(
    ctx: Context,
    payer: Json,
    *,
    minor: int,
    currency: str,
    created: int,
    more: Json | None = None,
) -> Json:
    """Write a capture, with the order it was paid on unless `is_bare` (subscriptions, invoices)."""
    base: Json = {
        "status": "COMPLETED",
        "created": created,
        "updated": created,
        "minor": minor,
        "currency": currency,
        "payer": payer,
        **(more or {}),
    }
    capture = {**base, "id": ctx.new_id()}
    if not base.get("is_bare"):
        order = {**base, "id": ctx.new_id(), "intent": "CAPTURE", "status": "COMPLETED"}
        capture["order"] = order["id"]
        ctx.shelf.add("order", order)
    ctx.shelf.add("capture", capture)
    return capture


def new_authorization(
    ctx: Context, payer: Json, *, minor: int, currency: str, created: int
) -> Json:
    """Write an authorization with its order."""
    base: Json = {
        "created": created,
        "updated": created,
        "minor": minor,
        "currency": currency,
        "payer": payer,
    }
    order = {**base, "id": ctx.new_id(), "intent": "AUTHORIZE", "status": "COMPLETED"}
    held = {**base, "id": ctx.new_id(), "order": order["id"], "status": "CREATED"}
    ctx.shelf.add("order", order)
    ctx.shelf.add("authorization", held)
    return held


def new_plan(ctx: Context, *, name: str, minor: int, currency: str, **more: object) -> Json:
    """Write a product and a plan for it."""
    created = ctx.now - 400 * 86_400
    product = {
        "id": ctx.new_id(prefix="PROD-"),
        "created": created,
        "name": name,
        "description": f"{name}, by subscription",
    }
    plan: Json = {
        "id": ctx.new_id(24, prefix="P-"),
        "created": created,
        "product": product["id"],
        "name": name,
        "minor": minor,
        "currency": currency,
        "unit": "MONTH",
        **more,
    }
    ctx.shelf.add("product", product)
    ctx.shelf.add("plan", plan)
    return plan


def new_subscription(
    ctx: Context, payer: Json, plan: Json, *, created: int, more: Json | None = None
) -> Json:
    """Write a subscription and its first payment."""
    agreement: Json = {
        "id": ctx.new_id(12, prefix="I-"),
        "created": created,
        "updated": created,
        "changed": created,
        "paid_at": created,
        "plan": plan["id"],
        "payer": payer,
        "status": "ACTIVE",
        **(more or {}),
    }
    ctx.shelf.add("subscription", agreement)
    if not agreement.get("in_trial"):
        new_payment(
            ctx,
            payer,
            minor=plan["minor"],
            currency=plan["currency"],
            created=created,
            more={
                "is_bare": True,
                "is_sale": agreement.get("is_sale", False),
                "subscription": agreement["id"],
                "description": plan["name"],
            },
        )
    return agreement
