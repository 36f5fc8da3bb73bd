"""What the seeded accounts sell: plans by the month and year, and coupons."""

from dataclasses import dataclass

from sandbox.stripe import billing_shapes
from sandbox.stripe.context import Context
from sandbox.wire import Json

PLANS = (
    ("Starter", "For one person", 900),
    ("Team", "For up to ten people", 2900),
    ("Business", "For everybody, with priority support", 9900),
)
MONTHS_PAID_PER_YEAR = 10
COUPONS = (
    ("WELCOME20", billing_shapes.Rebate("Welcome, 20% off", percent_off=20)),
    ("LOYAL10", billing_shapes.Rebate("Loyal for a year", percent_off=10, duration="forever")),
    (
        "SPRING5",
        billing_shapes.Rebate(
            "Spring, 5.00 off", amount_off=500, currency="eur", duration="repeating", months=3
        ),
    ),
)


@dataclass(frozen=True)
class Catalog:
    """The recurring prices of an account, by (plan, interval, currency)."""

    prices: dict[tuple[str, str, str], Json]

    def price(self, plan: str, interval: str, currency: str) -> Json:
        """Find a price."""
        return self.prices[plan, interval, currency]


def write_catalog(ctx: Context, currencies: tuple[str, ...], created: int) -> Catalog:
    """Write products with a monthly and a yearly price in each currency, coupons and a code."""
    prices: dict[tuple[str, str, str], Json] = {}
    for name, description, amount in PLANS:
        owner = billing_shapes.product(
            ctx.new_id("prod_")[:19], created, name, description, livemode=ctx.livemode
        )
        for currency in currencies:
            for interval, factor in (("month", 1), ("year", MONTHS_PAID_PER_YEAR)):
                tariff = billing_shapes.Tariff(
                    owner["id"],
                    amount * factor,
                    currency,
                    interval,
                    f"{name} ({interval}ly)",
                    f"{name.lower()}_{interval}_{currency}",
                )
                price = billing_shapes.price(
                    ctx.new_id("price_1"), created, tariff, livemode=ctx.livemode
                )
                ctx.shelf.add("price", price)
                prices[name, interval, currency] = price
                owner["default_price"] = owner["default_price"] or price["id"]
        ctx.shelf.add("product", owner)
    _write_coupons(ctx, created)
    return Catalog(prices)


def _write_coupons(ctx: Context, created: int) -> None:
    for object_id, rebate in COUPONS:
        ctx.shelf.add(
            "coupon", billing_shapes.coupon(object_id, created, rebate, livemode=ctx.livemode)
        )
    code = billing_shapes.promotion_code(
        ctx.new_id("promo_1"), created, "HELLO20", COUPONS[0][0], livemode=ctx.livemode
    )
    ctx.shelf.add("promotion_code", code)
