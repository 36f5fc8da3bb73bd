"""The list of every call in order, and of what each one changed."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.wire import Json, Request


@dataclass(frozen=True)
class Entry:
    """What is known about one call; `status` is None if nothing was ever to be answered."""

    provider: str
    account: str | None
    key: str | None
    status: int | None
    effect: str | None = None
    ids: tuple[str, ...] = ()
    fault: str | None = None
    amount: int | None = None


def write_entry(db: sqlite3.Connection, request: Request, entry: Entry, now: float) -> None:
    """Append a call, in the transaction that holds its effect."""
    db.execute(
        "INSERT INTO journal (time, provider, account, method, path, idempotency_key, status,"
        " effect, ids, fault, amount, body_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now,
            entry.provider,
            entry.account,
            request.method,
            request.path,
            entry.key,
            entry.status,
            entry.effect,
            json.dumps(entry.ids),
            entry.fault,
            entry.amount,
            hashlib.sha256(request.body).hexdigest(),
        ),
    )


@dataclass(frozen=True)
class Selection:
    """Which entries are wanted; without a limit all of them."""

    provider: str | None = None
    account: str | None = None
    effect: str | None = None
    after: int = 0
    limit: int | None = None


def listed(db: sqlite3.Connection, wanted: Selection) -> Json:
    """Read the calls in order, as the control API shows them, and whether a limit left some out."""
    where = ["seq > ?"]
    parameters: list[object] = [wanted.after]
    for column in ("provider", "account", "effect"):
        value = getattr(wanted, column)
        if value is not None:
            where.append(f"{column} = ?")
            parameters.append(value)
    rows = db.execute(
        f"SELECT * FROM journal WHERE {' AND '.join(where)} ORDER BY seq LIMIT ?",  # noqa: S608
        # One more than is wanted tells whether there are more; no limit is -1 to SQLite.
        [*parameters, -1 if wanted.limit is None else wanted.limit + 1],
    )
    entries = [_shown(row) for row in rows]
    return {
        "entries": entries[: wanted.limit],
        "more": wanted.limit is not None and len(entries) > wanted.limit,
    }


def _shown(row: sqlite3.Row) -> Json:
    return {
        "seq": row["seq"],
        "time": datetime.fromtimestamp(row["time"], UTC).isoformat(timespec="milliseconds"),
        "provider": row["provider"],
        "method": row["method"],
        "path": row["path"],
        "idempotency_key": row["idempotency_key"],
        "status": row["status"],
        "effect": row["effect"],
        "ids": json.loads(row["ids"]),
        "fault": row["fault"],
        "amount": row["amount"],
        "body_sha256": row["body_sha256"],
    }
