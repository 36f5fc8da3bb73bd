"""The demo's history at PayPal: two accounts, and people who also pay through Stripe."""

import random
import sqlite3

from sandbox.credentials import Credential, keep_credential
from sandbox.paypal.auth import PROVIDER, SCOPES
from sandbox.paypal.context import Context, shelf_of
from sandbox.paypal.creation import (
    new_authorization,
    new_payment,
    new_plan,
    new_subscription,
)
from sandbox.paypal.disputes import open_dispute, resolve_dispute
from sandbox.paypal.payments import make_refund
from sandbox.paypal.signing import make_certificates
from sandbox.provider import Call
from sandbox.seed.people import residents
from sandbox.seed.stories import ELSEWHERE, STORIES
from sandbox.wire import Identity, Json, Request

DAY = 86_400
EU, US = "AUR2RA5EU7K9M", "AUR2RA5US7K9M"
READS = frozenset(name for name in SCOPES if "read" in name and "write" not in name) | {
    "payments/payment/authcapture",
    "payments/payment",
    "subscriptions",
    "applications/webhooks",
}
CLIENTS = (
    Credential("client_aurora_eu", EU),
    Credential("client_aurora_us", US),
    Credential("client_aurora_eu_readonly", EU, permissions=READS),
    Credential("client_revoked", EU, state="revoked"),
)
# These people of the demo inbox pay here as well: the same e-mail, another gateway.
TWO_GATEWAYS = (
    "anna.rossi@example.com",
    "emma.johnson@example.net",
    "greta.lindqvist@example.net",
    "sofia.garcia@example.com",
)
CURRENCIES = {EU: ("EUR", "EUR", "EUR", "GBP", "HUF", "JPY"), US: ("USD", "USD", "TWD")}
PRICES = {"HUF": 100_00, "TWD": 100_00, "JPY": 100}


def fill(db: sqlite3.Connection, profile: str, now: float) -> None:
    """Make keys and certificates; with `demo` a history too."""
    make_certificates(db)
    for client in CLIENTS:
        keep_credential(db, PROVIDER, client)
    if profile != "demo":
        return
    for account in (EU, US):
        _history(db, account, now)


def _history(db: sqlite3.Connection, account: str, now: float) -> None:
    rng = random.Random(f"paypal {account}")  # noqa: S311  a repeatable history
    call = Call(Request("POST", "", "", {}, b""), Identity(account), db, now)
    ctx = Context(call, shelf_of(call), rng=rng, silent=True)
    people = [_payer(ctx, each.name, each.email, each.country) for each in residents(rng, 60)]
    plans = [
        new_plan(ctx, name="Aurora Plus", minor=1900, currency=CURRENCIES[account][0]),
        new_plan(
            ctx,
            name="Aurora Yearly",
            minor=19_000,
            currency=CURRENCIES[account][0],
            unit="YEAR",
        ),
        new_plan(
            ctx, name="Aurora Trial", minor=900, currency=CURRENCIES[account][0], trial_days=14
        ),
    ]
    for _ in range(240):
        _payment(ctx, rng.choice(people), now)
    for number, payer in enumerate(people[:24]):
        _subscription(ctx, payer, plans[number % 3], now, number)
    for number in range(6):
        _invoice(ctx, people[30 + number], now, number)
    if account == EU:
        _stories(ctx, now)


def _payment(ctx: Context, payer: Json, now: float) -> None:
    rng = ctx.rng or random.Random(0)  # noqa: S311
    currency = rng.choice(CURRENCIES[ctx.shelf.name.partition("/")[2]])
    minor = rng.randint(5, 250) * PRICES.get(currency, 100)
    created = int(now) - DAY // 4 - rng.randint(0, 400 * DAY)
    fate = rng.random()
    if fate < 0.03:  # noqa: PLR2004  a few are still held
        new_authorization(
            ctx, payer, minor=minor, currency=currency, created=int(now) - rng.randint(1, 20) * DAY
        )
        return
    status = "PENDING" if fate < 0.05 else "DECLINED" if fate < 0.08 else "COMPLETED"  # noqa: PLR2004
    capture = new_payment(
        ctx, payer, minor=minor, currency=currency, created=created, more={"status": status}
    )
    if status == "COMPLETED" and fate > 0.9:  # noqa: PLR2004  a tenth went back
        _refund(ctx, capture, minor if fate > 0.95 else _half(minor, currency))  # noqa: PLR2004
    elif status == "COMPLETED" and fate > 0.88:  # noqa: PLR2004
        dispute = open_dispute(
            ctx,
            capture,
            reason="MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            status="WAITING_FOR_SELLER_RESPONSE",
        )
        if fate > 0.89:  # noqa: PLR2004
            resolve_dispute(ctx, dispute, outcome="RESOLVED_SELLER_FAVOUR")


def _half(minor: int, currency: str) -> int:
    step = PRICES.get(currency, 100)
    return max(step, minor // 2 // step * step)


def _refund(ctx: Context, capture: Json, minor: int) -> None:
    past = Call(
        ctx.call.request, ctx.call.identity, ctx.call.db, capture["created"] + ctx.call.now % 7200
    )
    make_refund(Context(past, ctx.shelf, rng=ctx.rng, silent=True), capture, minor)


def _subscription(ctx: Context, payer: Json, plan: Json, now: float, number: int) -> None:
    states = ("ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "CANCELLED", "EXPIRED")
    more: Json = {"status": states[number % len(states)]}
    if plan.get("trial_days"):
        more["in_trial"] = number % 2 == 0
    if more["status"] == "ACTIVE" and number % 7 == 0:
        more |= {"failed": 1, "owed": plan["minor"]}
    new_subscription(ctx, payer, plan, created=int(now) - (3 + number) * DAY, more=more)


def _invoice(ctx: Context, payer: Json, now: float, number: int) -> None:
    states = ("PAID", "SENT", "DRAFT", "PARTIALLY_PAID", "CANCELLED", "REFUNDED")
    created = int(now) - (10 + number) * DAY
    invoice: Json = {
        "id": ctx.new_id(4, 4, 4, 4, prefix="INV2-"),
        "created": created,
        "due": created + 30 * DAY,
        "number": f"{number + 1:04d}",
        "status": states[number],
        "minor": 12_000,
        "currency": CURRENCIES[ctx.shelf.name.partition("/")[2]][0],
        "payer": payer,
    }
    if states[number] in {"PAID", "PARTIALLY_PAID", "REFUNDED"}:
        invoice["paid"] = 12_000 if states[number] != "PARTIALLY_PAID" else 5_000
        capture = new_payment(
            ctx,
            payer,
            minor=invoice["paid"],
            currency=invoice["currency"],
            created=created + 3600,
            more={"is_bare": True, "invoice": invoice["id"], "invoice_id": invoice["number"]},
        )
        invoice["capture"] = capture["id"]
    ctx.shelf.add("invoice", invoice)


def _stories(ctx: Context, now: float) -> None:
    known = {each.email: each for each in STORIES}
    for number, email in enumerate(TWO_GATEWAYS):
        story = known[email]
        payer = _payer(ctx, story.name, story.email, story.country)
        for age in (2, 33, 64):
            capture = new_payment(
                ctx,
                payer,
                minor=2_900 + 1_000 * number,
                currency="EUR",
                created=int(now) - (age + number) * DAY,
                more={"description": "Aurora order"},
            )
        if number == 0:
            _refund(ctx, capture, 1_000)
    story = ELSEWHERE[PROVIDER]
    payer = _payer(ctx, story.name, story.email, story.country)
    for days, minor, what in ((4, 6_400, "Rain jacket"), (95, 2_900, "Scarf")):
        new_payment(
            ctx,
            payer,
            minor=minor,
            currency="EUR",
            created=int(now) - days * DAY,
            more={"description": what},
        )


def _payer(ctx: Context, name: str, email: str, country: str) -> Json:
    given, _, surname = name.partition(" ")
    return {
        "id": ctx.new_payer_id(),
        "given": given,
        "surname": surname,
        "email": email,
        "country": country,
    }
