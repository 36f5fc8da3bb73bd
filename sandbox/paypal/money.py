"""The sandbox's own account of the money, computed from the stored records."""

import json
import sqlite3

from sandbox.paypal.payments import GONE
from sandbox.wire import Json

UNTAKEN = frozenset({"PENDING", "DECLINED", "FAILED"})


def totals(db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
    """Add up each capture: ISO minor units, failed refunds left out."""
    shelf = f"paypal/{account}" if account else "paypal/%"
    objects: dict[str, Json] = {}
    for row in db.execute(
        "SELECT body FROM objects WHERE shelf LIKE ? AND kind = 'capture'", (shelf,)
    ):
        capture = json.loads(row[0])
        if capture["status"] not in UNTAKEN:
            objects[capture["id"]] = {
                "currency": capture["currency"],
                "captured_minor": capture["minor"],
                "refunded_minor": 0,
                "refunds": 0,
                "root": capture["id"],
            }
    for row in db.execute(
        "SELECT body FROM objects WHERE shelf LIKE ? AND kind = 'refund'", (shelf,)
    ):
        refund = json.loads(row[0])
        entry = objects.get(refund["capture"])
        if entry is not None and refund["status"] not in GONE:
            entry["refunded_minor"] += refund["minor"]
            entry["refunds"] += 1
    return objects
