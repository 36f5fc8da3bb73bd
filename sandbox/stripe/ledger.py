"""Writes payments into an account: intent, charge and balance transaction."""

from dataclasses import dataclass

from sandbox.jobs import schedule
from sandbox.stripe import shapes
from sandbox.stripe.context import PROVIDER, Context
from sandbox.wire import Json

# What one minor unit (as Stripe writes it) of a currency is worth in EUR cents.
WORTH = {
    "eur": 1.0,
    "usd": 0.92,
    "gbp": 1.17,
    "jpy": 0.62,
    "kwd": 0.3,
    "isk": 0.0067,
    "chf": 1.05,
    "ugx": 0.00025,
}
FEES = {"eur": (0.015, 25), "usd": (0.029, 30)}


@dataclass(frozen=True)
class Paid:
    """A payment as it was written."""

    charge: Json
    intent: Json | None


def record_payment(
    ctx: Context, pay: shapes.Payment, who: Json | None, *, with_intent: bool = True
) -> Paid:
    """Write a payment and everything that comes with it."""
    prefix = "ch_3" if pay.method.brand else "py_3"
    charge_id = ctx.new_id(prefix)
    intent_id = ctx.new_id("pi_3") if with_intent else None
    charge = shapes.charge(charge_id, intent_id, pay, who, livemode=ctx.livemode)
    intent = None
    if intent_id is not None:
        intent = shapes.payment_intent(intent_id, charge_id, pay, who, livemode=ctx.livemode)
        ctx.shelf.add("payment_intent", intent)
    if pay.outcome == "succeeded":
        book_charge(ctx, charge, pay.created)
    ctx.shelf.add("charge", charge)
    if pay.outcome == "uncaptured":
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=pay.created + shapes.AUTHORIZATION_LIFE,
            name="expire_charge",
            object_id=charge_id,
        )
    return Paid(charge, intent)


def book_charge(ctx: Context, charge: Json, when: int) -> None:
    """Put the captured amount on the balance and name the booking in the charge."""
    charge["balance_transaction"] = book(
        ctx, when, kind="charge", amount=charge["amount_captured"], source=charge
    )


def book(ctx: Context, when: int, *, kind: str, amount: int, source: Json) -> str:
    """Write a movement of `amount` (in the source's currency) on the balance; answers its id."""
    home = ctx.setting(f"currency.{ctx.call.identity.account}", "eur")
    rate = WORTH.get(source["currency"], 1.0) / WORTH[home]
    settled = round(amount * rate)
    share, fixed = FEES.get(home, FEES["eur"])
    fee = round(settled * share) + fixed if kind in {"charge", "payment"} else 0
    entry = shapes.Booking(
        kind,
        settled,
        fee,
        home,
        source["id"],
        source.get("description"),
        None if source["currency"] == home else round(rate, 6),
    )
    body = shapes.balance_transaction(ctx.new_id("txn_3"), when, entry)
    ctx.shelf.add("balance_transaction", body)
    return str(body["id"])
