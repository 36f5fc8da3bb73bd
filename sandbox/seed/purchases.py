"""What was paid through a shop: charges of a payment gateway that are orders somewhere else too."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sandbox.seed.stories import ELSEWHERE, STORIES
from sandbox.wire import Json

DAY = 86_400
CURRENCIES = frozenset({"EUR", "GBP"})
# So many of each gateway belong to each shop.
EACH = 10
# Newer ones are left alone: those are to be refunded at the gateway itself.
_STRIPE_AGE = 150 * DAY
# Whoever has a story of their own pays where it says, and those without an address nowhere else.
TOLD = {"", *(each.email for each in (*STORIES, *ELSEWHERE.values()))}
_READ = """SELECT id, body FROM objects WHERE shelf = ? AND kind = ? AND created < ?
    ORDER BY created DESC, id"""


@dataclass(frozen=True)
class Paid:
    """A charge of the gateway behind: `minor` by ISO 4217."""

    gateway: str
    id: str
    minor: int
    currency: str
    created: int
    name: str
    email: str
    country: str


def paid_behind(db: sqlite3.Connection, now: float, *, place: int) -> list[Paid]:
    """Ten charges of each gateway that belong to the shop of this place, 0 or 1."""
    readers = (
        _stripe(db, now - _STRIPE_AGE),
        _paypal(db, now),
        _braintree(db, now),
    )
    chosen = []
    for reader in readers:
        some = [each for each in reader if each.currency in CURRENCIES and each.email not in TOLD]
        chosen += some[place : 2 * EACH : 2]
    return chosen


def _rows(db: sqlite3.Connection, shelf: str, kind: str, before: float) -> Iterator[Json]:
    for row in db.execute(_READ, (shelf, kind, before)):
        yield json.loads(row["body"])


def _stripe(db: sqlite3.Connection, before: float) -> Iterator[Paid]:
    for body in _rows(db, "stripe/acct_aurora_eu/test", "charge", before):
        # The others were charged for Stripe's own subscriptions.
        is_order = bool(body["metadata"].get("order")) and body["status"] == "succeeded"
        if is_order and body["captured"] and not body["amount_refunded"] and not body["disputed"]:
            who = body["billing_details"]
            yield Paid(
                "stripe",
                body["id"],
                body["amount"],
                body["currency"].upper(),
                body["created"],
                who["name"] or "",
                who["email"] or "",
                who["address"]["country"] or "DE",
            )


def _paypal(db: sqlite3.Connection, before: float) -> Iterator[Paid]:
    for body in _rows(db, "paypal/AUR2RA5EU7K9M", "capture", before):
        if body["status"] == "COMPLETED" and not body.get("invoice"):
            who = body["payer"]
            name = f"{who['given']} {who['surname']}"
            yield Paid(
                "paypal",
                body["id"],
                body["minor"],
                body["currency"],
                body["created"],
                name,
                who["email"],
                who["country"],
            )


def _braintree(db: sqlite3.Connection, before: float) -> Iterator[Paid]:
    for body in _rows(db, "braintree/aurora_braintree", "transaction", before):
        is_sale = body["type"] == "sale" and not body["subscription_id"]
        if is_sale and body["status"] == "settled" and not body["refund_ids"]:
            who = body["customer"]
            yield Paid(
                "braintree",
                body["id"],
                int(Decimal(body["amount"]) * 100),
                body["currency_iso_code"],
                body["created"],
                f"{who['first_name']} {who['last_name']}",
                who["email"] or "",
                body["billing"]["country_code_alpha2"] or "DE",
            )
