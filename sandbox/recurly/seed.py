"""Fills the site that always exists; the profile `demo` gives it a history of a year."""

import random
import sqlite3
from dataclasses import replace

from sandbox.credentials import Credential, keep_credential
from sandbox.provider import Call
from sandbox.recurly import history, shapes
from sandbox.recurly.context import PROVIDER, Context, shelf_name
from sandbox.recurly.creation import FEATURES
from sandbox.seed.people import residents
from sandbox.seed.purchases import Paid, paid_behind
from sandbox.seed.stories import ELSEWHERE, EU, STORIES, Story
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json, Request

SITE = "aurorarecurly"
KEYS = (
    Credential("recurlyaurora", SITE),
    Credential("recurlyaurorareadonly", SITE, permissions=frozenset({"read"})),
    Credential("recurlyrevoked", SITE, state="revoked"),
)
# They pay the shop through Stripe, and paid once through Recurly, long ago.
BOTH_WAYS = frozenset({"two_accounts", "double_charge", "part_refunded", "yen", "dinar"})
ONCE = {"yen": (3200, "JPY"), "dinar": (9500, "KWD")}
CURRENCIES = {"EUR": 80, "GBP": 12, "JPY": 5, "KWD": 3}
YEAR = 365 * shapes.DAY
# In these days before the start nothing is refunded, so that enough is left to try things on.
CALM = 12 * shapes.DAY
PEOPLE, PAYMENTS, SUBSCRIBERS = 60, 260, 34
PLANS = {
    "starter": {"EUR": 900, "GBP": 800},
    "team": {"EUR": 4900, "GBP": 4500},
    "business-year": {"EUR": 99000, "GBP": 89000},
}
STATES = ("active", "active", "active", "active", "canceled", "expired", "paused", "future")
LOCALES = {
    "de": "de-DE",
    "en": "en-US",
    "en-GB": "en-GB",
    "es": "es-ES",
    "fr": "fr-FR",
    "it": "it-IT",
    "ja": "ja-JP",
    "pl": "pl-PL",
    "pt-BR": "pt-BR",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def fill(db: sqlite3.Connection, profile: str, now: float) -> None:
    """Open the site; the profile `demo` also writes its past."""
    for key in KEYS:
        keep_credential(db, PROVIDER, key)
    # S311: everybody shall see the same invented past.
    rng = random.Random(SITE)  # noqa: S311
    call = Call(Request("POST", "", "", {}, b""), Identity(SITE), db, now)
    shelf = Shelf(db, shelf_name(SITE), {})
    ctx = Context(call, shelf, new_id=lambda: "".join(rng.choices(_LETTERS, k=13)), silent=True)
    created = int(now) - YEAR
    ctx.add("site", shapes.site(SITE, currency="EUR", features=FEATURES, created=created))
    if profile == "demo":
        _write(ctx, rng)


def _write(ctx: Context, rng: random.Random) -> None:
    plans = [
        ctx.add("plan", shapes.plan(ctx, code, code.title(), prices, ctx.now - YEAR))
        for code, prices in PLANS.items()
    ]
    _write_coupons(ctx)
    people = _people(ctx, rng)
    for story in STORIES:
        if story.slug in BOTH_WAYS and story.account == EU:
            _write_once(ctx, story)
    for who in rng.sample(people, SUBSCRIBERS):
        _subscribe(ctx, rng, who, rng.choice(plans))
    for _ in range(PAYMENTS):
        _purchase(ctx, rng, rng.choice(people))
    for paid in paid_behind(ctx.call.db, ctx.call.now, place=1):
        _paid_behind(ctx, paid)
    _write_story(ctx, plans)


def _write_coupons(ctx: Context) -> None:
    percent = {"type": "percent", "percent": 20}
    fixed = {"type": "fixed", "currencies": [{"currency": "EUR", "amount": 5.0}]}
    created = ctx.now - YEAR
    ctx.add("coupon", shapes.coupon(ctx, "welcome-20", percent, created, state="redeemable"))
    ctx.add("coupon", shapes.coupon(ctx, "five-off", fixed, created, state="expired"))


def _people(ctx: Context, rng: random.Random) -> list[Json]:
    found = [
        shapes.Person(each.name, each.email, each.country, each.city, _locale(each.locale))
        for each in residents(rng, PEOPLE, home="DE")
    ]
    unique = {each.email: each for each in found}
    return [
        history.open_account(ctx, each, ctx.now - rng.randint(30, 365) * shapes.DAY)
        for each in unique.values()
    ]


def _write_once(ctx: Context, story: Story) -> None:
    """Long enough ago that what the story tells of, elsewhere, stays the newest."""
    person = shapes.Person(story.name, story.email, story.country, locale=_locale(story.locale))
    who = history.open_account(ctx, person, ctx.now - 200 * shapes.DAY)
    amount, currency = ONCE.get(story.slug, (2900, "EUR"))
    deal = shapes.Deal(
        amount, currency, ctx.now - 48 * shapes.DAY, "success", description="Aurora membership"
    )
    history.pay(ctx, who, deal)


def _write_story(ctx: Context, plans: list[Json]) -> None:
    story = ELSEWHERE[PROVIDER]
    person = shapes.Person(story.name, story.email, story.country, locale=_locale(story.locale))
    who = history.open_account(ctx, person, ctx.now - 66 * shapes.DAY)
    plan = next(each for each in plans if each["code"] == "team")
    created = ctx.now - 5 * shapes.DAY
    body = shapes.subscription(ctx, who, plan, "GBP", created)
    ctx.add("subscription", body)
    for days in (66, 35, 5):
        history.pay(ctx, who, _renewal(body, plan, ctx.now - days * shapes.DAY))


def _renewal(subscription: Json, plan: Json, created: int) -> shapes.Deal:
    currency = subscription["currency"]
    return shapes.Deal(
        shapes.minor(subscription["unit_amount"], currency),
        currency,
        created,
        origin="recurring",
        description=plan["name"],
        subscription=subscription,
    )


def _locale(word: str) -> str:
    """Recurly knows some locales only."""
    return LOCALES.get(word, "en-US")


def _subscribe(ctx: Context, rng: random.Random, who: Json, plan: Json) -> None:
    state = rng.choice(STATES)
    created = ctx.now - rng.randint(1, 25) * shapes.DAY
    body = shapes.subscription(ctx, who, plan, rng.choice(("EUR", "GBP")), created)
    body["state"] = state
    if state == "canceled":
        body.update(canceled_at=body["updated_at"], expires_at=body["current_period_ends_at"])
    ctx.add("subscription", body)
    if state == "future" or (body["trial_ends_at"] or "") > body["created_at"]:
        return
    history.pay(ctx, who, _renewal(body, plan, created))


def _paid_behind(ctx: Context, paid: Paid) -> None:
    """An invoice whose money the gateway behind Recurly took; the transaction names it there."""
    who = shapes.Person(paid.name, paid.email, paid.country)
    known = [each for each in ctx.shelf.all("account") if each["email"] == paid.email]
    owner = known[0] if known else history.open_account(ctx, who, paid.created - 60)
    deal = shapes.Deal(
        paid.minor,
        paid.currency,
        paid.created + 1,
        description="Aurora order",
        gateway=paid.gateway,
        reference=paid.id,
    )
    history.pay(ctx, owner, deal)


def _purchase(ctx: Context, rng: random.Random, who: Json) -> None:
    # The square weights towards today.
    created = ctx.now - int(YEAR * rng.random() ** 2) - 60
    currency = rng.choices(list(CURRENCIES), list(CURRENCIES.values()))[0]
    amount = rng.randint(8, 240) * 10 ** shapes.exponent(currency)
    fate = rng.random()
    status = "declined" if fate < 0.06 else "success"  # noqa: PLR2004  some cards are bad
    code = "insufficient_funds" if status == "declined" else ""
    deal = shapes.Deal(
        amount, currency, created, status, description="Aurora add-on", status_code=code
    )
    body = history.pay(ctx, who, deal)
    age = ctx.now - created
    if status != "success" or age < CALM:
        return
    later = min(created + rng.randint(1, 9) * shapes.DAY, ctx.now - 60)
    past = replace(ctx, call=replace(ctx.call, now=float(later)))
    if fate < 0.14:  # noqa: PLR2004  some want their money back
        bill = past.need("invoice", body["invoice"]["id"])
        part = amount if fate < 0.1 else amount // 3  # noqa: PLR2004  or a part of it
        history.give_back(past, bill, body, history.Return(part, origin="recurly_admin"))
    elif fate < 0.15:  # noqa: PLR2004  and a few tell their bank
        body.update(status="chargeback", success=False)
        past.save("transaction", body)
