"""State on disk: one SQLite file in WAL mode, one writer at a time, any number of readers."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credentials (
    credential TEXT PRIMARY KEY, provider TEXT NOT NULL, account TEXT NOT NULL,
    livemode INTEGER NOT NULL DEFAULT 0, permissions TEXT, state TEXT NOT NULL DEFAULT 'active'
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shelf TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    created INTEGER NOT NULL, visible_at REAL NOT NULL DEFAULT 0, body TEXT NOT NULL, extra TEXT,
    UNIQUE (shelf, kind, id)
);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (shelf, kind, created, seq);
CREATE TABLE IF NOT EXISTS links (
    shelf TEXT NOT NULL, kind TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
    created INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (shelf, kind, field, value, created, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, provider TEXT NOT NULL, account TEXT,
    method TEXT NOT NULL, path TEXT NOT NULL, idempotency_key TEXT, status INTEGER, effect TEXT,
    ids TEXT NOT NULL, fault TEXT, amount INTEGER, body_sha256 TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS journal_account ON journal (provider, account, seq);
CREATE TABLE IF NOT EXISTS idempotency (
    scope TEXT NOT NULL, key TEXT NOT NULL, created REAL NOT NULL, path TEXT NOT NULL,
    fingerprint TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, account TEXT NOT NULL,
    shelf TEXT NOT NULL, endpoint TEXT NOT NULL, event TEXT NOT NULL, type TEXT NOT NULL,
    url TEXT NOT NULL, body BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, last_status INTEGER, last_error TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, next_at);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0,
    consumed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, shelf TEXT NOT NULL,
    due REAL NOT NULL, name TEXT NOT NULL, object TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due);
"""
TABLES = (
    "settings",
    "credentials",
    "objects",
    "links",
    "journal",
    "idempotency",
    "deliveries",
    "faults",
    "jobs",
)


class Store:
    """Opens the file and hands out connections; a write is one transaction under one lock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "sandbox.sqlite3"
        self._lock = threading.RLock()
        self._readers: list[sqlite3.Connection] = []
        self._writer = self._connect()
        self._writer.executescript(SCHEMA)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the writer inside one transaction: all of it is kept, or none of it."""
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a reader with one consistent picture of what is committed."""
        connection = self._borrow()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")
            with self._lock:
                self._readers.append(connection)

    def setting(self, name: str, default: str) -> str:
        """Read a small durable value."""
        with self.read() as db:
            row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a small durable value."""
        with self.write() as db:
            keep_setting(db, name=name, value=value)

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            if self._readers:
                return self._readers.pop()
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=30, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-32000")
        return connection


def keep_setting(db: sqlite3.Connection, *, name: str, value: str) -> None:
    """Keep a small durable value inside the caller's transaction."""
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def clear(db: sqlite3.Connection) -> None:
    """Forget everything, inside the caller's transaction."""
    for table in TABLES:
        db.execute(f"DELETE FROM {table}")  # noqa: S608  the names are ours


def rows_as_dicts(rows: list[sqlite3.Row]) -> list[dict[str, Any]]:
    """Turn rows into plain dictionaries."""
    return [dict(row) for row in rows]
