"""The sandbox's own account of the money, computed from the stored transactions."""

import json
import sqlite3

from sandbox.recurly.history import GAVE_NOTHING_BACK
from sandbox.recurly.shapes import minor
from sandbox.wire import Json

TAKEN = frozenset({"success", "chargeback"})


def totals(db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
    """Add up each captured charge: minor units by ISO 4217, failed refunds left out."""
    shelf = f"recurly/{account}" if account else "recurly/%"
    rows = db.execute(
        "SELECT body FROM objects WHERE shelf LIKE ? AND kind = 'transaction' ORDER BY seq",
        (shelf,),
    ).fetchall()
    bodies = [json.loads(row[0]) for row in rows]
    objects = {each["id"]: _charge(each) for each in bodies if _is_taken(each)}
    for each in bodies:
        entry = objects.get(each["original_transaction_id"] or "")
        if entry is not None and each["status"] not in GAVE_NOTHING_BACK:
            entry["refunded_minor"] += minor(each["amount"], each["currency"])
            entry["refunds"] += 1
    return objects


def _is_taken(body: Json) -> bool:
    is_charge = body["type"] in {"purchase", "capture"}
    return is_charge and (body["status"] in TAKEN or body["voided_by_invoice"] is not None)


def _charge(body: Json) -> Json:
    amount = minor(body["amount"], body["currency"])
    is_void = body["voided_by_invoice"] is not None
    return {
        "currency": body["currency"],
        "captured_minor": amount,
        "refunded_minor": amount if is_void else 0,
        "refunds": int(is_void),
        "root": body["invoice"]["id"],
    }
