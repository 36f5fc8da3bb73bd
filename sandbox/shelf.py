"""The objects of one account: stored whole as JSON, found by id or indexed field, newest first."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.wire import Json


@dataclass(frozen=True)
class Match:
    """A condition on an indexed field: one of `values`, or none of them if `negated`."""

    field: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Span:
    """A condition on the time of creation, each end optional."""

    after: int | None = None
    not_before: int | None = None
    before: int | None = None
    not_after: int | None = None


@dataclass(frozen=True)
class Window:
    """Which part of a list is wanted; `older_than` and `newer_than` are (created, seq) of a cursor.

    With `now`, objects whose appearance lags are left out; with `hidden_since`, all newer ones.
    """

    limit: int
    older_than: tuple[int, int] | None = None
    newer_than: tuple[int, int] | None = None
    now: float | None = None
    hidden_since: float | None = None


class Shelf:
    """Reads and writes the objects of one account inside the caller's transaction."""

    def __init__(
        self, db: sqlite3.Connection, name: str, indexed: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.db = db
        self.name = name
        self._indexed = indexed
        self.visible_at = 0.0

    def find(self, kind: str, object_id: str) -> Json | None:
        """Read one object, or None."""
        row = self.db.execute(
            "SELECT body FROM objects WHERE shelf = ? AND kind = ? AND id = ?",
            (self.name, kind, object_id),
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def place(self, kind: str, object_id: str) -> tuple[int, int] | None:
        """Give the position of an object in its list: (created, seq)."""
        row = self.db.execute(
            "SELECT created, seq FROM objects WHERE shelf = ? AND kind = ? AND id = ?",
            (self.name, kind, object_id),
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def hidden(self, kind: str, object_id: str) -> Json:
        """Read what the sandbox knows about an object but the provider never shows."""
        row = self.db.execute(
            "SELECT extra FROM objects WHERE shelf = ? AND kind = ? AND id = ?",
            (self.name, kind, object_id),
        ).fetchone()
        return json.loads(row[0]) if row is not None and row[0] else {}

    def set_hidden(self, kind: str, object_id: str, extra: Json) -> None:
        """Replace what the sandbox knows about an object but the provider never shows."""
        self.db.execute(
            "UPDATE objects SET extra = ? WHERE shelf = ? AND kind = ? AND id = ?",
            (json.dumps(extra), self.name, kind, object_id),
        )

    def visible_from(self, kind: str, object_id: str) -> float:
        """Tell since when what may lag shows the object as it is."""
        row = self.db.execute(
            "SELECT visible_at FROM objects WHERE shelf = ? AND kind = ? AND id = ?",
            (self.name, kind, object_id),
        ).fetchone()
        return float(row[0])

    def hide(self, kind: str, object_id: str, extra: Json) -> None:
        """Let what may lag show an object late; `extra` says what it shows meanwhile."""
        self.set_hidden(kind, object_id, extra)
        self.db.execute(
            "UPDATE objects SET visible_at = ? WHERE shelf = ? AND kind = ? AND id = ?",
            (self.visible_at, self.name, kind, object_id),
        )

    def add(self, kind: str, body: Json, extra: Json | None = None) -> None:
        """Store a new object."""
        cursor = self.db.execute(
            "INSERT INTO objects (shelf, kind, id, created, visible_at, body, extra)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self.name,
                kind,
                body["id"],
                body.get("created", 0),
                self.visible_at,
                json.dumps(body, ensure_ascii=False),
                json.dumps(extra) if extra else None,
            ),
        )
        self._link(kind, body, cursor.lastrowid or 0)

    def save(self, kind: str, body: Json) -> None:
        """Store the new state of an object that exists."""
        row = self.db.execute(
            "SELECT seq, created, body FROM objects WHERE shelf = ? AND kind = ? AND id = ?",
            (self.name, kind, body["id"]),
        ).fetchone()
        before = json.loads(row["body"])
        self.db.execute(
            "UPDATE objects SET body = ? WHERE seq = ?",
            (json.dumps(body, ensure_ascii=False), row["seq"]),
        )
        if set(self._values(kind, before)) != set(self._values(kind, body)):
            self._unlink(kind, before, row["created"], row["seq"])
            self._link(kind, body, row["seq"])

    def remove(self, kind: str, object_id: str) -> None:
        """Forget an object."""
        row = self.db.execute(
            "SELECT seq, created, body FROM objects WHERE shelf = ? AND kind = ? AND id = ?",
            (self.name, kind, object_id),
        ).fetchone()
        self._unlink(kind, json.loads(row["body"]), row["created"], row["seq"])
        self.db.execute("DELETE FROM objects WHERE seq = ?", (row["seq"],))

    def page(
        self,
        kind: str,
        window: Window,
        matches: Iterable[Match] = (),
        span: Span | None = None,
    ) -> list[str]:
        """Read a part of a list as raw JSON documents, in list order (newest first)."""
        query = _Query(self.name, kind)
        for match in matches:
            query.require(match)
        query.within(span or Span())
        rows = self.db.execute(*query.finish(window)).fetchall()
        documents = [str(row["body"]) for row in rows]
        return documents[::-1] if window.newer_than else documents

    def all(self, kind: str, *matches: Match) -> list[Json]:
        """Read every object of a kind that fulfils the conditions, newest first."""
        return [json.loads(text) for text in self.page(kind, Window(limit=-1), matches)]

    def count(self, kind: str) -> int:
        """Count the objects of a kind."""
        row = self.db.execute(
            "SELECT count(*) FROM objects WHERE shelf = ? AND kind = ?",
            (self.name, kind),
        ).fetchone()
        return int(row[0])

    def _link(self, kind: str, body: Json, seq: int) -> None:
        self.db.executemany(
            "INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?, ?, ?)",
            [
                (self.name, kind, field, value, body.get("created", 0), seq)
                for field, value in self._values(kind, body)
            ],
        )

    def _unlink(self, kind: str, body: Json, created: int, seq: int) -> None:
        self.db.executemany(
            "DELETE FROM links WHERE shelf = ? AND kind = ? AND field = ? AND value = ?"
            " AND created = ? AND seq = ?",
            [
                (self.name, kind, field, value, created, seq)
                for field, value in self._values(kind, body)
            ],
        )

    def _values(self, kind: str, body: Json) -> list[tuple[str, str]]:
        return [
            (field, value)
            for field in self._indexed.get(kind, ())
            for value in values_at(body, field.split("."))
        ]


def values_at(value: Any, path: list[str]) -> list[str]:
    """Collect the values at a dotted path as index text; lists on the way are walked."""
    if isinstance(value, list):
        return [text for item in value for text in values_at(item, path)]
    if not path:
        return [] if value is None or isinstance(value, dict) else [index_text(value)]
    if not isinstance(value, dict):
        return []
    return values_at(value.get(path[0]), path[1:])


def index_text(value: object) -> str:
    """Write a value the way the index stores it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Query:
    """Builds the one SELECT behind a list; the first positive condition drives the index."""

    def __init__(self, shelf: str, kind: str) -> None:
        self._shelf, self._kind = shelf, kind
        self._driver: Match | None = None
        self._where: list[str] = []
        self._values: list[object] = []

    def require(self, match: Match) -> None:
        if self._driver is None and not match.negated and len(match.values) == 1:
            self._driver = match
            return
        marks = ", ".join("?" * len(match.values))
        self._where.append(
            f"{'NOT ' if match.negated else ''}EXISTS (SELECT 1 FROM links m WHERE m.shelf = ?"  # noqa: S608
            f" AND m.kind = ? AND m.field = ? AND m.value IN ({marks})"
            " AND m.created = x.created AND m.seq = x.seq)"
        )
        self._values += [self._shelf, self._kind, match.field, *match.values]

    def within(self, span: Span) -> None:
        for operator, value in (
            (">", span.after),
            (">=", span.not_before),
            ("<", span.before),
            ("<=", span.not_after),
        ):
            if value is not None:
                self._where.append(f"x.created {operator} ?")
                self._values.append(value)

    def finish(self, window: Window) -> tuple[str, list[object]]:
        ascending = window.newer_than is not None
        for operator, cursor in (("<", window.older_than), (">", window.newer_than)):
            if cursor is not None:
                self._where.append(f"(x.created, x.seq) {operator} (?, ?)")
                self._values += cursor
        if window.hidden_since is not None:
            self._where.append("x.created < ?")
            self._values.append(window.hidden_since)
        if window.now is not None:
            self._where.append("o.visible_at <= ?")
            self._values.append(window.now)
        order = "ASC" if ascending else "DESC"
        source, values = self._source()
        where = "".join(f" AND {condition}" for condition in self._where)
        sql = f"SELECT o.body {source}{where} ORDER BY x.created {order}, x.seq {order} LIMIT ?"
        return sql, [*values, *self._values, window.limit]

    def _source(self) -> tuple[str, list[object]]:
        if self._driver is None:
            return (
                "FROM objects x JOIN objects o ON o.seq = x.seq WHERE x.shelf = ? AND x.kind = ?",
                [self._shelf, self._kind],
            )
        return (
            "FROM links x JOIN objects o ON o.seq = x.seq"
            " WHERE x.shelf = ? AND x.kind = ? AND x.field = ? AND x.value = ?",
            [self._shelf, self._kind, self._driver.field, self._driver.values[0]],
        )
