"""The sandbox's own account of the money, computed from the stored objects."""

import json
import sqlite3

from sandbox.stripe.currencies import iso_minor
from sandbox.stripe.refund_life import ENDED_BADLY
from sandbox.wire import Json


def totals(db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
    """Add up each captured charge: minor units by ISO 4217, failed refunds left out."""
    shelf = f"stripe/{account}/%" if account else "stripe/%"
    objects: dict[str, Json] = {}
    for row in db.execute(
        "SELECT body FROM objects WHERE shelf LIKE ? AND kind = 'charge'", (shelf,)
    ):
        charge = json.loads(row[0])
        if charge["captured"] and charge["status"] != "failed":
            objects[charge["id"]] = _captured(charge)
    for row in db.execute(
        "SELECT body FROM objects WHERE shelf LIKE ? AND kind = 'refund'", (shelf,)
    ):
        _count(objects, json.loads(row[0]))
    return objects


def _captured(charge: Json) -> Json:
    currency = charge["currency"]
    return {
        "currency": currency.upper(),
        "captured_minor": iso_minor(charge["amount_captured"], currency),
        "refunded_minor": 0,
        "refunds": 0,
        "root": charge["payment_intent"] or charge["id"],
    }


def _count(objects: dict[str, Json], refund: Json) -> None:
    entry = objects.get(refund["charge"])
    if entry is None or refund["status"] in ENDED_BADLY:
        return
    entry["refunded_minor"] += iso_minor(refund["amount"], refund["currency"])
    entry["refunds"] += 1
