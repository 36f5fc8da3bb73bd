"""Fills the shop that always exists; the profile `demo` gives it a history of a year."""

import random
import sqlite3
from collections.abc import Sequence
from decimal import Decimal

from sandbox.provider import Call
from sandbox.seed.people import residents
from sandbox.seed.purchases import Paid, paid_behind
from sandbox.seed.stories import ELSEWHERE, STORIES
from sandbox.wire import Identity, Json, Request
from sandbox.woocommerce import refunds
from sandbox.woocommerce.auth import PROVIDER, keep_key
from sandbox.woocommerce.catalogue import add_coupon, add_product
from sandbox.woocommerce.orders import Purchase, add_order
from sandbox.woocommerce.people import Person, add_customer
from sandbox.woocommerce.shop import Shop
from sandbox.woocommerce.subscriptions import DAY, Agreement, add_subscription

ACCOUNT = "shop-aurora"
KEY, SECRET = "ck_aurora_shop", "cs_aurora_shop"
READONLY_KEY, READONLY_SECRET = "ck_aurora_shop_readonly", "cs_aurora_shop_readonly"
REVOKED_KEY, REVOKED_SECRET = "ck_revoked", "cs_revoked"
PRODUCTS = (
    ("Notebook", "12.00"),
    ("Desk lamp", "49.90"),
    ("Wool blanket", "89.00"),
    ("Ceramic mug", "14.50"),
    ("Field guide", "24.00"),
)
PEOPLE, GUESTS, ORDERS, SUBSCRIBERS = 70, 30, 320, 25
YEAR = 365 * DAY
# In these days before the start nothing was refunded, so that enough is left to try things on.
CALM = 12 * DAY
METHODS = (("stripe", 60), ("ppcp-gateway", 25), ("braintree_credit_card", 5), ("bacs", 10))
FATES = (
    ("processing", 30),
    ("completed", 45),
    ("on-hold", 4),
    ("pending", 4),
    ("failed", 6),
    ("cancelled", 4),
    ("refunded", 3),
    ("partly", 4),
)
STATES = (
    ("active", 60),
    ("on-hold", 10),
    ("pending-cancel", 10),
    ("cancelled", 15),
    ("expired", 5),
)
PLUGINS = {
    "stripe": "stripe",
    "paypal": "ppcp-gateway",
    "braintree": "braintree_credit_card",
}
# Who of the demo inbox also buys here: paid through two gateways.
ALSO_HERE = ("double_charge", "two_accounts", "yen", "dinar", "part_refunded", "annual_surprise")
MONEY = {"yen": ("JPY", "12800"), "dinar": ("KWD", "18.750"), "two_accounts": ("GBP", "59.00")}


def fill(db: sqlite3.Connection, profile: str, now: float) -> None:
    """Open the shop; the profile `demo` also writes its past."""
    keep_key(db, ACCOUNT, KEY, SECRET)
    keep_key(db, ACCOUNT, READONLY_KEY, READONLY_SECRET, permissions=frozenset({"read"}))
    keep_key(db, ACCOUNT, REVOKED_KEY, REVOKED_SECRET, state="revoked")
    call = Call(Request("POST", "", "", {}, b""), Identity(ACCOUNT), db, now)
    shop = Shop(call, silent=True)
    shop.set_setting("name", "Aurora Shop")
    # Three, because the shop also sells in Kuwaiti dinars.
    shop.set_setting("decimals", 3)
    if profile == "demo":
        # S311: everybody shall see the same invented past.
        _write(shop, random.Random(ACCOUNT))  # noqa: S311


def _write(shop: Shop, rng: random.Random) -> None:
    start = shop.now - YEAR
    goods = [add_product(shop, name, Decimal(price), start) for name, price in PRODUCTS]
    club = add_product(shop, "Club membership", Decimal("15.00"), start, "subscription")
    add_coupon(shop, "welcome10", "10", "percent", start)
    add_coupon(shop, "fiveoff", "5", "fixed_cart", start)
    found = residents(rng, PEOPLE + GUESTS, home="IT")
    people = [Person(each.name, each.email, each.country, each.city) for each in found]
    accounts = [add_customer(shop, each, created=start) for each in people[:PEOPLE]]
    for story in STORIES:
        if story.slug in ALSO_HERE:
            _write_story(shop, story.slug, Person(story.name, story.email, story.country))
    for _ in range(ORDERS):
        place = rng.randrange(len(people))
        _write_order(shop, rng, people[place], accounts[place] if place < PEOPLE else None, goods)
    for paid in paid_behind(shop.call.db, shop.call.now, place=0):
        _write_paid_behind(shop, paid, goods)
    for place in rng.sample(range(PEOPLE), SUBSCRIBERS):
        _write_subscription(shop, rng, people[place], accounts[place], club)
    _write_guest(shop)


def _write_story(shop: Shop, slug: str, who: Person) -> None:
    account = add_customer(shop, who, created=shop.now - 300 * DAY)
    currency, price = MONEY.get(slug, ("EUR", "49.00"))
    for days in (3, 40):
        add_order(
            shop,
            Purchase(
                who=who,
                total=Decimal(price),
                currency=currency,
                created=shop.now - days * DAY,
                customer_id=account["id"],
                items="Wool blanket",
                transaction_id=f"ch_shop_{slug}_{days}",
            ),
        )


def _write_guest(shop: Shop) -> None:
    story = ELSEWHERE[PROVIDER]
    add_order(
        shop,
        Purchase(
            who=Person(story.name, story.email, story.country),
            total=Decimal("29.00"),
            currency="EUR",
            created=shop.now - 3 * DAY,
            items="Ceramic mug x 2",
            transaction_id=f"ch_shop_{story.slug}",
        ),
    )


def _write_order(
    shop: Shop, rng: random.Random, who: Person, account: Json | None, goods: list[Json]
) -> None:
    product, quantity = rng.choice(goods), rng.randint(1, 3)
    # The square weights towards today.
    created = shop.now - int(YEAR * rng.random() ** 2) - rng.randint(60, 3600)
    fate = _drawn(rng, FATES)
    if fate in {"refunded", "partly"} and shop.now - created < CALM:
        fate = "completed"
    method = _drawn(rng, METHODS)
    is_refunded = fate in {"refunded", "partly"}
    status = "completed" if is_refunded else fate
    is_paid = status in {"processing", "completed"}
    made = add_order(
        shop,
        Purchase(
            who=who,
            total=Decimal(product["price"]) * quantity,
            currency=rng.choices(("EUR", "GBP"), (9, 1))[0],
            created=created,
            customer_id=account["id"] if account else 0,
            status=status,
            method=method,
            transaction_id=f"ch_shop_{rng.randrange(16**12):012x}" if is_paid else "",
            items=f"{product['name']} x {quantity}",
            product_id=product["id"],
            is_paid=is_paid,
        ),
    )
    if is_refunded:
        total = Decimal(made["total"])
        part = total if fate == "refunded" else (total / 3).quantize(Decimal(1))
        refunds.give_back(shop, made, part, "Customer request")


def _write_paid_behind(shop: Shop, paid: Paid, goods: list[Json]) -> None:
    """An order whose money the gateway behind the shop took; it knows the charge."""
    add_order(
        shop,
        Purchase(
            who=Person(paid.name, paid.email, paid.country),
            total=Decimal(paid.minor).scaleb(-2),
            currency=paid.currency,
            created=paid.created - 5,
            status="completed",
            method=PLUGINS[paid.gateway],
            transaction_id=paid.id,
            items=goods[paid.minor % len(goods)]["name"],
        ),
    )


def _write_subscription(
    shop: Shop, rng: random.Random, who: Person, account: Json, club: Json
) -> None:
    status = _drawn(rng, STATES)
    made = add_subscription(
        shop,
        Agreement(
            who=who,
            total=Decimal("15.00"),
            currency="EUR",
            starts=shop.now - rng.randint(5, 300) * DAY,
            customer_id=account["id"],
            status=status,
            trial_days=14 if status == "active" and rng.random() < 0.2 else 0,  # noqa: PLR2004
            product_id=club["id"],
        ),
    )
    failed = status == "on-hold" and rng.random() < 0.5  # noqa: PLR2004  half have a failed renewal
    add_order(
        shop,
        Purchase(
            who=who,
            total=Decimal("15.00"),
            currency="EUR",
            created=made["last_payment"],
            customer_id=account["id"],
            status="failed" if failed else "completed",
            is_paid=not failed,
            items="Club membership",
            product_id=club["id"],
            subscription=made["id"],
        ),
    )


def _drawn(rng: random.Random, weighted: Sequence[tuple[str, int]]) -> str:
    return rng.choices([word for word, _ in weighted], [weight for _, weight in weighted])[0]
