"""The sandbox's own account of the money, added up from state."""

import json
import sqlite3

from sandbox.braintree.amounts import minor
from sandbox.braintree.context import PROVIDER, shelf_name
from sandbox.braintree.transactions import ENDED_BADLY
from sandbox.wire import Json

TAKEN = {"submitted_for_settlement", "settling", "settlement_pending", "settled"}


def totals(db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
    """By sale: what was captured, what went back or is on its way, in how many refunds."""
    pattern = shelf_name(account) if account else f"{PROVIDER}/%"
    rows = db.execute(
        "SELECT body FROM objects WHERE kind = 'transaction' AND shelf LIKE ?", (pattern,)
    )
    bodies = [json.loads(row["body"]) for row in rows]
    found = {each["id"]: _sale(each) for each in bodies if each["type"] == "sale"}
    for each in bodies:
        entry = found.get(each["refunded_transaction_id"] or "")
        if entry is not None and each["status"] not in ENDED_BADLY:
            entry["refunded_minor"] += minor(each)
            entry["refunds"] += 1
    return found


def _sale(body: Json) -> Json:
    return {
        "currency": body["currency_iso_code"],
        "captured_minor": minor(body) if body["status"] in TAKEN else 0,
        "refunded_minor": 0,
        "refunds": 0,
        "root": body["id"],
    }
