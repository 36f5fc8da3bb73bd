"""Writes the statement that mirrors a batch of snapshots into one table.

One statement per table and batch: a JSON document becomes a record set, rows are inserted or,
where the news is newer than what is stored, updated; rows that changed enter the change feed. Rows
go in by id, so that two batches never wait for each other in a circle.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.db import connection as database
from django.db import models

from chargedesk.base import scoping
from chargedesk.base.prepared import Prepared
from chargedesk.kit import clock
from chargedesk.ledger.models import ObjectName
from chargedesk.ledger.models.mirrored import Mirrored
from chargedesk.ledger.services.documents import Row, RowIds, document, newest, packed
from chargedesk.ledger.services.prepare import Mentioned
from chargedesk.ledger.services.recorded import Recorded
from chargedesk.tenants.models import Connection
from gateways.snapshots import Snapshot

Links = Callable[[Row, Any, RowIds], None]

# Columns the statement fills or treats in a way of its own.
_ALWAYS = ("external_id", "as_of", "occurred_at", "is_deleted")
_OWN = frozenset({"id", "tenant_id", "connection_id", "raw", "recorded_at", *_ALWAYS})
_ATTRIBUTES = {"occurred_at": "created_at", "is_deleted": "deleted"}


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """How one kind of snapshot is stored.

    Attributes:
        model: the table.
        kind: the word its ids derive from.
        change: its name in the change feed.
        renamed: column -> snapshot attribute, where they differ.
        links: fills the columns in `linked` of a row: ids computed from external ids, lists made
            plain.
        linked: columns that are no attribute of the snapshot.
        kept: columns whose known value an empty one never replaces: some news does not carry them.
        computed: columns given by SQL of their own, name -> expression over the `source`.
        extra: columns of the document that are none of the table, name -> type.
        ignored: columns no snapshot ever sets.
        updates: columns that are no news themselves, name -> their value in an update; `{differs}`
            is true where
            the row changes.
        before: common table expressions that come before the insert; `source` names what is
            inserted.
        returning: further columns of the written row.
        after: common table expressions that use `written` (and `old`, the rows as they were
            before).
        also_changed: a `UNION ALL` of what else enters the change feed: object, id, is_new.
        answers: further columns of the statement's one answer row.
    """

    model: type[Mirrored]
    kind: str
    change: ObjectName
    renamed: dict[str, str] = field(default_factory=dict)
    linked: tuple[str, ...] = ()
    links: Links | None = None
    kept: frozenset[str] = frozenset()
    computed: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    updates: dict[str, str] = field(default_factory=dict)
    before: str = ""
    source: str = "d"
    returning: tuple[str, ...] = ()
    after: str = ""
    also_changed: str = ""
    answers: str = ""

    def record(
        self,
        connection: Connection,
        snapshots: Sequence[Snapshot],
        *,
        mentioned: Mentioned | None = None,
    ) -> tuple[Recorded, tuple[Any, ...]]:
        """Store a batch; also what `answers` selected. Runs inside the caller's tenant scope.

        Whom it mentions is settled first, by a statement of its own in the same message.
        """
        if not snapshots:
            return Recorded(), ()
        pictures, ties = newest(snapshots)
        ids = RowIds(connection.id)
        with database.cursor() as cursor:
            own = self.prepared.message(
                cursor,
                {
                    "document": document(self.rows(pictures, ids)),
                    # Tells the planner how few rows there are; it would expect a hundred.
                    "count": len(pictures),
                    "tenant": scoping.current_tenant(),
                    "connection": connection.id,
                    "provider": connection.provider,
                    "now": clock.now(),
                    "object": self.change.value,
                },
            )
            first = mentioned.message(cursor) if mentioned else ""
            cursor.execute(f"{first}; {own}" if first else own)
            answer = cursor.fetchone()
        created, changed, unchanged, ignored, stored_ties, *answers = answer
        recorded = Recorded(
            created=created,
            changed=changed,
            unchanged=unchanged,
            ignored=ignored + len(snapshots) - len(pictures),
            ties=tuple(dict.fromkeys([*ties, *(stored_ties or ())])),
        )
        return recorded, tuple(answers)

    def rows(self, snapshots: Iterable[Snapshot], ids: RowIds) -> Iterable[Row]:
        """One flat row per snapshot."""
        names, values, links, kind = self._names, self._values, self.links, self.kind
        for snapshot in snapshots:
            row = dict(zip(names, values(snapshot), strict=True))
            row["id"] = ids.of(kind, snapshot.external_id)
            row["raw"] = packed(snapshot.raw)
            if links is not None:
                links(row, snapshot, ids)
            yield row

    @property
    def table(self) -> str:
        """The table's name."""
        return self.model._meta.db_table  # noqa: SLF001  Django's documented door to a model's columns

    @cached_property
    def columns(self) -> "dict[str, models.Field[Any, Any]]":
        """The columns of this kind alone, besides those every mirrored row has."""
        fields = self.model._meta.concrete_fields  # noqa: SLF001
        return {
            f.column: f
            for f in fields
            if f.column and not f.generated and f.column not in {*_OWN, *self.ignored}
        }

    @cached_property
    def _names(self) -> tuple[str, ...]:
        own = (
            name for name in self.columns if name not in self.linked and name not in self.computed
        )
        return (*_ALWAYS, *own)

    @cached_property
    def _values(self) -> Callable[[Snapshot], tuple[Any, ...]]:
        names = {**_ATTRIBUTES, **self.renamed}
        return attrgetter(*(names.get(name, name) for name in self._names))

    @cached_property
    def prepared(self) -> Prepared:
        """The statement, planned once per connection: planning it costs more than one object."""
        return Prepared(
            self.statement,
            {
                "document": "text",
                "count": "int",
                "tenant": "uuid",
                "connection": "uuid",
                "provider": "text",
                "now": "timestamptz",
                "object": "text",
            },
        )

    @cached_property
    def statement(self) -> str:
        """The SQL; parameters: document, count, tenant, connection, provider, now, object."""
        own = list(self.columns)
        inserted = ["id", "tenant_id", "connection_id", *_ALWAYS, "raw", "recorded_at", *own]
        values = [
            *("d.id", "%(tenant)s", "%(connection)s", "left(d.external_id, 255)"),
            *("d.as_of", "d.occurred_at", "d.is_deleted", "decode(d.raw, 'base64')", "%(now)s"),
            *(self._inserted_value(name) for name in own),
        ]
        news = {name: self._updated_value(name) for name in own}
        compared = [name for name in own if name not in self.updates]
        differs = _differs(
            ["t.is_deleted", *(f"t.{name}" for name in compared)],
            ["excluded.is_deleted", *(news[name] for name in compared)],
        )
        same_moment_differs = _differs(
            ["t.is_deleted", *(f"t.{name}" for name in compared)],
            ["d.is_deleted", *(self._compared_value(name) for name in compared)],
        )
        sets = {
            **news,
            "as_of": "excluded.as_of",
            "occurred_at": "least(t.occurred_at, excluded.occurred_at)",
            "is_deleted": "excluded.is_deleted",
            "raw": "CASE WHEN excluded.is_deleted THEN t.raw ELSE excluded.raw END",
            "recorded_at": f"CASE WHEN {differs} THEN excluded.recorded_at ELSE t.recorded_at END",
            **{name: sql.replace("{differs}", differs) for name, sql in self.updates.items()},
        }
        returning = "".join(f", t.{name}" for name in self.returning)
        return f"""
WITH RECURSIVE d AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(document)s::json) AS d({self._record_set})
    LIMIT %(count)s
), old AS MATERIALIZED (
    SELECT {", ".join(f"t.{name}" for name in ["id", "as_of", "is_deleted", *own])}
    FROM d JOIN {self.table} t ON t.id = d.id
){self.before}, written AS (
    INSERT INTO {self.table} AS t ({", ".join(inserted)})
    SELECT {", ".join(values)} FROM {self.source} d ORDER BY d.id
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = {sql}" for name, sql in sets.items())}
    WHERE t.as_of < excluded.as_of
    RETURNING t.id, (t.xmax = 0) AS is_new, (t.recorded_at = %(now)s) AS is_changed{returning}
), fed AS (
    INSERT INTO ledger_change (tenant_id, object, object_id, is_new)
    SELECT %(tenant)s, object, id, is_new FROM (
        SELECT %(object)s AS object, id, is_new FROM written WHERE is_changed{self.also_changed}
    ) c ORDER BY id
){self.after}, outcome AS (
    SELECT d.external_id, w.is_new, w.is_changed,
        w.id IS NULL AND (t.id IS NULL OR t.as_of < d.as_of OR t.as_of = d.as_of AND
            {same_moment_differs}) AS is_tie,
        w.id IS NULL AND t.as_of > d.as_of AS is_old
    FROM {self.source} d LEFT JOIN written w ON w.id = d.id LEFT JOIN old t ON t.id = d.id AND w.id
    IS NULL
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new AND is_changed),
    count(*) FILTER (WHERE (is_changed IS NULL OR NOT is_changed) AND NOT is_tie AND NOT is_old IS
        TRUE),
    count(*) FILTER (WHERE is_old), array_agg(external_id) FILTER (WHERE is_tie){self.answers}
FROM outcome
"""

    @property
    def _record_set(self) -> str:
        types = {
            "id": "uuid",
            "external_id": "text",
            "as_of": "timestamptz",
            "occurred_at": "timestamptz",
            "is_deleted": "boolean",
            "raw": "text",
            **{n: _type(f) for n, f in self.columns.items() if n not in self.computed},
            **self.extra,
        }
        return ", ".join(f"{name} {kind}" for name, kind in types.items())

    def _inserted_value(self, name: str) -> str:
        if name in self.computed:
            return self.computed[name]
        column = self.columns[name]
        if isinstance(column, models.CharField):
            return f"left(d.{name}, {column.max_length})"
        return f"d.{name}"

    def _updated_value(self, name: str) -> str:
        value = f"excluded.{name}"
        if name in self.kept:
            value = self._known_value(name, value)
        return f"CASE WHEN excluded.is_deleted THEN t.{name} ELSE {value} END"

    def _compared_value(self, name: str) -> str:
        value = self._inserted_value(name)
        if name in self.kept:
            value = self._known_value(name, value)
        return f"CASE WHEN d.is_deleted THEN t.{name} ELSE {value} END"

    def _known_value(self, name: str, value: str) -> str:
        is_text = isinstance(self.columns[name], models.CharField | models.TextField)
        return (
            f"coalesce(nullif({value}, ''), t.{name})"
            if is_text
            else f"coalesce({value}, t.{name})"
        )


def _type(column: "models.Field[Any, Any]") -> str:
    if isinstance(column, models.CharField):
        return "text"
    kind = column.db_type(database) or ""
    return kind.split(" CHECK")[0]


def _differs(ours: Sequence[str], theirs: Sequence[str]) -> str:
    return f"(({', '.join(ours)}) IS DISTINCT FROM ({', '.join(theirs)}))"
