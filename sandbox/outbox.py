"""Outgoing webhooks as durable rows: written with their cause, then disturbed by faults."""

import sqlite3
from dataclasses import dataclass

from sandbox.faults import Fault

REORDER_STEP_S = 0.5


@dataclass(frozen=True)
class Notice:
    """One event for one endpoint."""

    provider: str
    account: str
    shelf: str
    endpoint: str
    event: str
    type: str
    url: str
    body: bytes


def enqueue(db: sqlite3.Connection, notice: Notice, now: float) -> int:
    """Write a webhook down in the transaction of its cause; answers its number."""
    cursor = db.execute(
        "INSERT INTO deliveries"
        " (provider, account, shelf, endpoint, event, type, url, body, next_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            notice.provider,
            notice.account,
            notice.shelf,
            notice.endpoint,
            notice.event,
            notice.type,
            notice.url,
            notice.body,
            now,
        ),
    )
    return int(cursor.lastrowid or 0)


def disturb(db: sqlite3.Connection, numbers: list[int], fault: Fault, now: float) -> list[int]:
    """Let a fault act on the webhooks of one call, in the same transaction; answers all numbers."""
    if fault.kind == "webhook_dropped":
        _mark_dropped(db, numbers)
    elif fault.kind == "webhook_delayed":
        _postpone(db, [(number, now + fault.delay_s) for number in numbers])
    elif fault.kind == "webhook_reordered":
        # The first waits longest. A single one waits the whole delay: later calls overtake it.
        last = len(numbers) - 1
        steps = [
            (
                number,
                now + (last - place) * REORDER_STEP_S if last else now + fault.delay_s,
            )
            for place, number in enumerate(numbers)
        ]
        _postpone(db, steps)
    elif fault.kind == "webhook_doubled":
        return numbers + [_copy(db, number) for number in numbers]
    return numbers


def _mark_dropped(db: sqlite3.Connection, numbers: list[int]) -> None:
    db.executemany(
        "UPDATE deliveries SET state = 'dropped' WHERE id = ?",
        [(number,) for number in numbers],
    )


def _postpone(db: sqlite3.Connection, steps: list[tuple[int, float]]) -> None:
    db.executemany(
        "UPDATE deliveries SET next_at = ? WHERE id = ?",
        [(at, number) for number, at in steps],
    )


def _copy(db: sqlite3.Connection, number: int) -> int:
    cursor = db.execute(
        "INSERT INTO deliveries"
        " (provider, account, shelf, endpoint, event, type, url, body, next_at)"
        " SELECT provider, account, shelf, endpoint, event, type, url, body, next_at"
        " FROM deliveries WHERE id = ?",
        (number,),
    )
    return int(cursor.lastrowid or 0)
