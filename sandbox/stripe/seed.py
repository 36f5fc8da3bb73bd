"""Fills the accounts that always exist; the profile `demo` gives them a history of two years."""

import random
import sqlite3
from dataclasses import dataclass, replace

from sandbox.provider import Call
from sandbox.seed.people import Resident, residents
from sandbox.seed.stories import EU, STORIES, US
from sandbox.shelf import Shelf
from sandbox.stripe import disputes, shapes
from sandbox.stripe.accounts import open_accounts
from sandbox.stripe.context import INDEXED, Context, shelf_name
from sandbox.stripe.customers import tax_id
from sandbox.stripe.history import DAY, Historian, Term, id_maker, months_later
from sandbox.stripe.seed_catalog import Catalog, write_catalog
from sandbox.stripe.seed_stories import give_back, write_story
from sandbox.wire import Identity, Json, Request

YEARS = 2 * 365 * DAY
# How often something goes wrong with a purchase, in thousandths.
FAILED, RETRIED, REFUNDED, DISPUTED, UNCAPTURED = 50, 80, 120, 127, 131
# In these days before the start only little is refunded, so that enough is left to try things on.
CALM = 12 * DAY
ODDS = 1000
SUBSCRIPTION_STATES = (
    ("active", 58),
    ("trialing", 7),
    ("past_due", 6),
    ("canceled", 18),
    ("paused", 3),
    ("incomplete", 2),
    ("incomplete_expired", 2),
    ("unpaid", 4),
)


@dataclass(frozen=True)
class Profile:
    """How large an account's history is, and in which currencies."""

    account: str
    customers: int
    purchases: int
    subscribers: int
    currencies: tuple[tuple[str, int], ...]
    plan_currencies: tuple[str, ...]
    home: str
    livemode: bool = False


PROFILES = (
    Profile(
        EU,
        240,
        1700,
        95,
        (("eur", 84), ("gbp", 11), ("jpy", 2), ("kwd", 2), ("isk", 1)),
        ("eur", "gbp"),
        "DE",
    ),
    Profile(US, 140, 900, 55, (("usd", 100),), ("usd",), "US"),
    Profile("acct_brightpath", 110, 700, 45, (("usd", 70), ("eur", 30)), ("usd", "eur"), "GB"),
    Profile(EU, 8, 30, 3, (("eur", 100),), ("eur",), "DE", livemode=True),
)
EURO_COUNTRIES = frozenset({"DE", "FR", "IT", "ES"})
UNIT = {"jpy": 100, "kwd": 10, "isk": 10000}


def fill(db: sqlite3.Connection, profile: str, now: float) -> None:
    """Open the accounts; the profile `demo` also writes their past."""
    open_accounts(db)
    if profile == "demo":
        for wanted in PROFILES:
            _write(db, wanted, now)


def _write(db: sqlite3.Connection, profile: Profile, now: float) -> None:
    # S311: everybody shall see the same invented past.
    rng = random.Random(f"{profile.account}/{profile.livemode}")  # noqa: S311
    identity = Identity(profile.account, profile.livemode)
    call = Call(Request("POST", "", "", {}, b""), identity, db, now)
    shelf = Shelf(db, shelf_name(profile.account, livemode=profile.livemode), INDEXED)
    book = Historian(Context(call, shelf, new_id=id_maker(rng), silent=True), rng)
    catalog = write_catalog(book.ctx, profile.plan_currencies, book.now - YEARS)
    if not profile.livemode:
        _write_stories(book, catalog, profile.account)
    people = _people(book, profile)
    _write_subscriptions(book, catalog, profile, people)
    for _ in range(profile.purchases):
        _write_purchase(book, profile, people)
    for who in people:
        book.ctx.shelf.save("customer", who)


def _write_stories(book: Historian, catalog: Catalog, account: str) -> None:
    for story in STORIES:
        if story.account == account or (story.slug == "two_accounts" and account == US):
            write_story(book, catalog, story)


def _people(book: Historian, profile: Profile) -> list[Json]:
    found = residents(book.rng, profile.customers, home=profile.home)
    if profile.account == US:
        # Some people pay both Aurora accounts.
        shared = random.Random(f"{EU}/shared")  # noqa: S311
        found = _shared_people(shared) + found
    elif profile.account == EU and not profile.livemode:
        found = _shared_people(random.Random(f"{EU}/shared")) + found  # noqa: S311
    unique = {resident.email: resident for resident in found}
    return [_customer(book, resident) for resident in unique.values()]


def _shared_people(rng: random.Random) -> list[Resident]:
    return residents(rng, 12)


def _customer(book: Historian, resident: Resident) -> Json:
    age = int(YEARS * book.rng.random())
    address = {
        **shapes.NO_ADDRESS,
        "city": resident.city,
        "country": resident.country,
        "line1": f"Example Street {book.rng.randint(1, 120)}",
        "postal_code": f"{book.rng.randint(10000, 99999)}",
    }
    phone = f"+49 30 5550{book.rng.randint(100, 999)}" if book.rng.random() < 0.3 else None  # noqa: PLR2004
    person = shapes.Person(
        resident.name, resident.email, phone=phone, address=address, locales=(resident.locale,)
    )
    body = book.customer(person, book.now - age)
    if resident.country in EURO_COUNTRIES and book.rng.random() < 0.12:  # noqa: PLR2004
        book.sepa(body)
    if resident.country in EURO_COUNTRIES and book.rng.random() < 0.06:  # noqa: PLR2004
        _register_for_tax(book, body, resident.country)
    return body


def _register_for_tax(book: Historian, who: Json, country: str) -> None:
    number = f"{country}{book.rng.randint(10**8, 10**9 - 1)}"
    body = tax_id(book.ctx, who["id"], "eu_vat", number)
    body["created"] = who["created"]
    body["verification"]["status"] = "verified"
    book.ctx.shelf.add("tax_id", body)


def _write_subscriptions(
    book: Historian, catalog: Catalog, profile: Profile, people: list[Json]
) -> None:
    states, weights = zip(*SUBSCRIPTION_STATES, strict=True)
    for who in book.rng.sample(people, profile.subscribers):
        state = book.rng.choices(states, weights)[0]
        plan = book.rng.choices(("Starter", "Team", "Business"), (5, 4, 1))[0]
        interval = book.rng.choices(("month", "year"), (4, 1))[0]
        price = catalog.price(plan, interval, book.rng.choice(profile.plan_currencies))
        body = book.subscribe(who, _term(book, price, state))
        if state == "active" and book.rng.random() < 0.05:  # noqa: PLR2004  a few are on hold
            body["pause_collection"] = {"behavior": "void", "resumes_at": None}
            book.ctx.shelf.save("subscription", body)


def _term(book: Historian, price: Json, state: str) -> Term:
    rng, now = book.rng, book.now
    if state in {"trialing", "paused"}:
        days = 14 if state == "trialing" else 7
        start = now - rng.randint(1, 6) * DAY - (0 if state == "trialing" else 10 * DAY)
        return Term(price, start, state, trial_days=days)
    if state in {"incomplete", "incomplete_expired"}:
        return Term(price, now - rng.randint(1, 5) * DAY // 5, state)
    longest = 24 if price["recurring"]["interval"] == "year" else 20
    start = months_later(now - rng.randint(1, 27) * DAY, -rng.randint(0, longest))
    term = Term(price, start, state, coupon=rng.choice([None, None, None, "WELCOME20"]))
    if state == "canceled":
        return replace(term, ended_at=min(now - DAY, start + rng.randint(20, 300) * DAY))
    return replace(term, ends_early=state == "active" and rng.random() < 0.1)  # noqa: PLR2004


def _write_purchase(book: Historian, profile: Profile, people: list[Json]) -> None:
    rng = book.rng
    who = rng.choice(people)
    # The square weights towards today.
    created = book.now - int(YEARS * rng.random() ** 2) - rng.randint(60, 3600)
    currencies, weights = zip(*profile.currencies, strict=True)
    currency = rng.choices(currencies, weights)[0]
    amount = _amount(rng, currency)
    fate = rng.randint(0, ODDS)
    age = book.now - created
    if fate < FAILED:
        paid = book.pay(who, amount, currency, created, outcome="failed")
        if fate % 2 and age > 4 * DAY:
            book.retry(who, paid, rng.randint(1, 3))
        return
    if UNCAPTURED > fate >= DISPUTED and age < 6 * DAY:
        book.pay(who, amount, currency, created, outcome="uncaptured")
        return
    paid = book.pay(who, amount, currency, created)
    if RETRIED <= fate < REFUNDED and age > CALM:
        _refund(book, paid.charge)
    elif REFUNDED <= fate < DISPUTED and age > CALM:
        _complain(book, paid.charge)


def _amount(rng: random.Random, currency: str) -> int:
    base = rng.choice([rng.randint(5, 60), rng.randint(20, 180), rng.randint(100, 900)])
    if currency in UNIT:
        return base * 10 * UNIT[currency] if currency != "kwd" else base * 100
    return base * 100 + rng.choice([0, 0, 50, 90, 99])


def _refund(book: Historian, charge: Json) -> None:
    amount = charge["amount"]
    if book.rng.random() < 0.4:  # noqa: PLR2004  a good part of refunds is partial
        amount = max(amount // 3 // 100 * 100, 100)
    moment = min(charge["created"] + book.rng.randint(1, 10) * DAY, book.now - 60)
    give_back(book, charge, amount, moment)


def _complain(book: Historian, charge: Json) -> None:
    moment = min(charge["created"] + book.rng.randint(3, 40) * DAY, book.now - DAY)
    reason = book.rng.choice(["fraudulent", "product_not_received", "duplicate", "general"])
    age = book.now - moment
    is_old = age > 20 * DAY and book.rng.random() < age / (60 * DAY)
    ends = ["won", "lost", "warning_closed"]
    state = book.rng.choice(ends if is_old else ["needs_response", "under_review"])
    opened = "warning_needs_response" if state.startswith("warning") else "needs_response"
    complaint = disputes.Complaint(moment, reason, state if not is_old else opened)
    body = disputes.open_dispute(book.moved_to(moment), charge, complaint)
    book.event("charge.dispute.created", body, moment)
    if is_old:
        later = min(moment + 18 * DAY, book.now - DAY)
        disputes.close_dispute_as(book.moved_to(later), body, state)
