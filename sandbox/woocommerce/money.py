"""Decimal strings as a shop writes them, ISO minor units, and the sums of /_control/money."""

import json
import sqlite3
from decimal import ROUND_HALF_UP, Decimal

from sandbox.wire import Json

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {
    code: digits
    for codes, digits in ((_NO_DIGITS, 0), (_THREE_DIGITS, 3))
    for code in codes.split()
}


def exponent(currency: str) -> int:
    """Digits after the point by ISO 4217."""
    return _EXPONENTS.get(currency, 2)


def written(amount: Decimal, decimals: int) -> str:
    """An amount with the shop's number of decimals, rounded as PHP does."""
    return str(amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """ISO minor units as a decimal."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_minor(amount: Decimal | str, currency: str) -> int:
    """A decimal as ISO minor units."""
    return int(Decimal(amount).scaleb(exponent(currency)))


def totals(db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
    """What paid orders took, and what the payment gateway behind the shop gave back of it."""
    objects: dict[str, Json] = {}
    for row in db.execute(
        "SELECT body, extra FROM objects WHERE shelf LIKE ? AND kind = 'order'",
        (f"woocommerce/{account or '%'}",),
    ):
        order, extra = json.loads(row[0]), json.loads(row[1] or "{}")
        if not order["paid"]:
            continue
        moved = [Decimal(each) for each in extra.get("moved", ())]
        currency = order["currency"]
        objects[str(order["id"])] = {
            "currency": currency,
            "captured_minor": to_minor(order["total"], currency),
            "refunded_minor": to_minor(sum(moved, Decimal(0)), currency),
            "refunds": len(moved),
            "root": str(order["id"]),
        }
    return objects
