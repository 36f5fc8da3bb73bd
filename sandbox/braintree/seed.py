"""Fills the merchant that always exists; the profile `demo` gives it a year of history."""

import random
import sqlite3

from sandbox.braintree import disputes, shapes, subscriptions, transactions
from sandbox.braintree.context import INDEXED, PROVIDER, Context, instant, seeded_ids, shelf_name
from sandbox.credentials import Credential, keep_credential
from sandbox.jobs import schedule
from sandbox.provider import Call
from sandbox.seed.people import residents
from sandbox.seed.stories import ELSEWHERE, STORIES
from sandbox.shelf import Shelf
from sandbox.store import keep_setting
from sandbox.wire import Identity, Json, Request

MERCHANT = "aurora_braintree"
PUBLIC, PRIVATE = "aurora_public", "aurora_private"
READ_ONLY = "aurora_reader:aurora_reader_private"
REVOKED = "aurora_old:aurora_old_private"
YEAR = 365 * shapes.DAY
CUSTOMERS, SALES, SUBSCRIBERS = 90, 420, 25
# These people of the demo inbox pay through two gateways.
TWO_GATEWAYS = ("two_accounts", "double_charge", "part_refunded", "annual_surprise")
UNIT = {"JPY": 100, "KWD": 1000}
PLANS = (
    ("starter_monthly", "Starter", "9.00", 1),
    ("team_monthly", "Team", "29.00", 1),
    ("team_yearly", "Team, yearly", "290.00", 12),
)


def fill(db: sqlite3.Connection, profile: str, now: float) -> None:
    """Open the merchant; the profile `demo` also writes its past."""
    keep_credential(db, PROVIDER, Credential(f"{PUBLIC}:{PRIVATE}", MERCHANT))
    reader = Credential(READ_ONLY, MERCHANT, permissions=frozenset({"read"}))
    keep_credential(db, PROVIDER, reader)
    keep_credential(db, PROVIDER, Credential(REVOKED, MERCHANT, state="revoked"))
    keep_setting(db, name=f"{PROVIDER}.currency.{MERCHANT}", value="EUR")
    if profile == "demo":
        # S311: everybody shall see the same invented past.
        rng = random.Random(MERCHANT)  # noqa: S311
        call = Call(Request("POST", "", "", {}, b""), Identity(MERCHANT), db, now)
        shelf = Shelf(db, shelf_name(MERCHANT), INDEXED)
        ctx = Context(call, shelf, new_id=seeded_ids(rng), silent=True)
        _write_catalogue(ctx)
        people = _write_people(ctx, rng)
        for _ in range(SALES):
            _write_sale(ctx, rng, people)
        _write_subscriptions(ctx, rng, people)
        _write_story(ctx)


def _write_catalogue(ctx: Context) -> None:
    created = ctx.now - YEAR
    times = {"created": created, "created_at": instant(created), "updated_at": instant(created)}
    for plan_id, name, price, months in PLANS:
        plan: Json = {
            "id": plan_id,
            "name": name,
            "description": f"{name} plan",
            "price": price,
            "currency_iso_code": "EUR",
            "billing_frequency": months,
            "billing_day_of_month": None,
            "number_of_billing_cycles": None,
            "trial_period": False,
            "trial_duration": None,
            "trial_duration_unit": None,
            "add_ons": [],
            "discounts": [],
            **times,
        }
        ctx.shelf.add("plan", plan)
    discount: Json = {
        "id": "welcome_5",
        "name": "Welcome",
        "description": "Five off for three months",
        "amount": "5.00",
        "kind": "discount",
        "never_expires": False,
        "number_of_billing_cycles": 3,
        **times,
    }
    ctx.shelf.add("discount", discount)


def _write_people(ctx: Context, rng: random.Random) -> list[Json]:
    told = [each for each in STORIES if each.slug in TWO_GATEWAYS]
    people = [shapes.Person(each.name, each.email, each.country) for each in told]
    people += [
        shapes.Person(each.name, each.email, each.country)
        for each in residents(rng, CUSTOMERS, home="DE")
    ]
    made = [
        shapes.customer(ctx, each, ctx.now - rng.randint(30, 365) * shapes.DAY) for each in people
    ]
    for who in made[: len(told)]:
        for number in range(3):
            created = ctx.now - (5 + 20 * number) * shapes.DAY - 600
            shapes.sale(ctx, who, shapes.Sale(4900 + 100 * number, "EUR", created))
    return made


def _write_story(ctx: Context) -> None:
    story = ELSEWHERE[PROVIDER]
    person = shapes.Person(story.name, story.email, story.country)
    who = shapes.customer(ctx, person, ctx.now - 200 * shapes.DAY)
    for days, minor, order_id in ((6, 11900, "AUR-90417"), (70, 4500, "AUR-88120")):
        created = ctx.now - days * shapes.DAY
        shapes.sale(ctx, who, shapes.Sale(minor, "EUR", created, order_id=order_id))


def _write_sale(ctx: Context, rng: random.Random, people: list[Json]) -> None:
    who = rng.choice(people)
    created = ctx.now - int(YEAR * rng.random() ** 2) - 600
    currency = rng.choices(("EUR", "USD", "GBP", "JPY", "KWD"), (70, 15, 10, 3, 2))[0]
    amount = rng.randint(6, 300) * UNIT.get(currency, 100)
    fate = rng.random()
    age = ctx.now - created
    status = "settled" if age > 2 * shapes.DAY else "submitted_for_settlement"
    response = ("1000", "Approved")
    if fate < 0.05:  # noqa: PLR2004  one in twenty is declined
        status, response = "processor_declined", ("2000", "Do Not Honor")
    elif fate < 0.08 and age < 6 * shapes.DAY:  # noqa: PLR2004
        status = "authorized"
    method = "paypal_account" if rng.random() < 0.15 else "credit_card"  # noqa: PLR2004
    order_id = f"AUR-{rng.randint(10000, 99999)}"
    wanted = shapes.Sale(amount, currency, created, status, method, order_id, response)
    body = shapes.sale(ctx, who, wanted)
    _schedule(ctx, body)
    if status == "settled" and 0.08 <= fate < 0.13:  # noqa: PLR2004
        _write_refund(ctx, rng, body, amount)
    elif status == "settled" and 0.13 <= fate < 0.145:  # noqa: PLR2004
        _write_dispute(ctx, rng, body)


def _schedule(ctx: Context, body: Json) -> None:
    """Let what was submitted settle, and what is held run out, in its own time."""
    due = {
        "submitted_for_settlement": ("settle", 2 * shapes.DAY + 600),
        "authorized": ("expire", shapes.HOLD),
    }.get(body["status"])
    if due:
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=body["created"] + due[1],
            name=due[0],
            object_id=body["id"],
        )


def _write_refund(ctx: Context, rng: random.Random, of: Json, amount: int) -> None:
    part = amount if rng.random() < 0.6 else max(amount // 3, 1)  # noqa: PLR2004
    created = min(of["created"] + rng.randint(2, 9) * shapes.DAY, ctx.now - 600)
    wanted = shapes.Sale(part, of["currency_iso_code"], created, order_id=of["order_id"])
    shapes.refund(ctx, of, wanted)


def _write_dispute(ctx: Context, rng: random.Random, of: Json) -> None:
    moment = min(of["created"] + rng.randint(3, 20) * shapes.DAY, ctx.now - shapes.DAY)
    call = Call(ctx.call.request, ctx.call.identity, ctx.call.db, moment)
    then = Context(call, ctx.shelf, new_id=ctx.new_id, silent=True)
    body = disputes.open_dispute(then, of, reason=rng.choice(("fraud", "product_not_received")))
    if ctx.now - moment > 20 * shapes.DAY:
        disputes.turn(then, body, rng.choice(("won", "lost")))


def _write_subscriptions(ctx: Context, rng: random.Random, people: list[Json]) -> None:
    states, weights = ("Active", "Past Due", "Canceled", "Expired"), (7, 1, 2, 1)
    for who in rng.sample(people, SUBSCRIBERS):
        plan_id, _, price, _ = rng.choice(PLANS)
        amount = int(price.replace(".", ""))
        status = rng.choices(states, weights)[0]
        term = subscriptions.Term(
            amount,
            "EUR",
            status,
            plan_id,
            rng.randint(20, 300) * shapes.DAY,
            rng.random() < 0.1,  # noqa: PLR2004
        )
        body = subscriptions.create(ctx, who, term)
        if body["current_billing_cycle"]:
            _write_payment(ctx, who, body, amount)


def _write_payment(ctx: Context, who: Json, of: Json, amount: int) -> None:
    created = ctx.now - 10 * shapes.DAY
    wanted = shapes.Sale(amount, "EUR", created, subscription_id=of["id"], plan_id=of["plan_id"])
    paid = shapes.sale(ctx, who, wanted)
    of["transactions"] = [transactions.shown(ctx, paid)]
    ctx.shelf.save("subscription", of)
