"""Lists: filters, order and pages (reference B3)."""

import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sandbox.recurly.context import Context, Result, seconds, shown
from sandbox.recurly.errors import malformed
from sandbox.recurly.history import whole
from sandbox.wire import Json

MOST, USUAL = 200, 20
SORTS = {"created_at": "created", "updated_at": "updated"}
TYPES = {"payment": ("purchase", "capture"), "non-legacy": ("charge", "credit")}


@dataclass
class Query:
    """Conditions on the objects of a kind, as SQL."""

    where: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def require(self, path: str, *accepted: object) -> None:
        """Take only objects whose value at `path` is one of these."""
        marks = ", ".join("?" * len(accepted))
        self.where.append(f"json_extract(body, '$.{path}') IN ({marks})")
        self.values += accepted

    def compare(self, name: str, operator: str, value: object) -> None:
        """Take only objects whose value compares so."""
        self.where.append(f"json_extract(body, '$.{name}') {operator} ?")
        self.values.append(value)


def listing(
    ctx: Context, kind: str, *, path: str = "", owner: tuple[str, str] | None = None
) -> Result:
    """One page; `owner` is a path inside the object and the value it must have."""
    params = ctx.params
    sort = SORTS.get(params.get("sort", "created_at"))
    limit = int(params.get("limit", USUAL)) if str(params.get("limit", "1")).isdigit() else 0
    if sort is None or not 1 <= limit <= MOST or params.get("order", "desc") not in {"asc", "desc"}:
        raise malformed("The parameters sort, order or limit are not valid.", "limit")
    query = _filters(ctx, kind, sort)
    if owner:
        query.require(owner[0], owner[1])
    order = "ASC" if params.get("order") == "asc" else "DESC"
    _after_cursor(query, params.get("cursor"), sort, ascending=order == "ASC")
    where = "".join(f" AND {each}" for each in query.where)
    rows = ctx.call.db.execute(
        f"SELECT seq, body FROM objects WHERE shelf = ? AND kind = ?{where}"  # noqa: S608
        f" ORDER BY json_extract(body, '$.{sort}') {order}, seq {order} LIMIT ?",
        [ctx.shelf.name, kind, *query.values, limit + 1],
    ).fetchall()
    bodies = [json.loads(row["body"]) for row in rows[:limit]]
    more = len(rows) > limit
    # A path, to be called as it is.
    cursor = f"{bodies[-1][sort]}:{rows[limit - 1]['seq']}" if more else ""
    link = f"{path or f'/{kind}s'}?{urlencode({**params, 'cursor': cursor})}" if more else None
    data = [whole(ctx, each) for each in bodies] if kind == "invoice" else bodies
    ids = tuple(each["id"] for each in bodies)
    return Result({"object": "list", "has_more": more, "next": link, "data": shown(data)}, ids=ids)


def _filters(ctx: Context, kind: str, sort: str) -> Query:
    query, params = Query(), ctx.params
    if "ids" in params:
        wanted = params["ids"].split(",")
        if len(wanted) > MOST:
            raise malformed("No more than 200 ids.", "ids")
        query.require("id", *wanted)
        return query
    for name, operator in (("begin_time", ">="), ("end_time", "<=")):
        if name in params:
            query.compare(sort, operator, seconds(params[name]))
    _by_words(query, kind, params)
    query.where.append("visible_at <= ?")
    query.values.append(ctx.call.now)
    if ctx.call.hidden_since is not None:
        query.compare("created", "<", ctx.call.hidden_since)
    return query


def _by_words(query: Query, kind: str, params: Json) -> None:
    for name in ("state", "email"):
        if name in params:
            query.require(name, params[name])
    if "type" in params:
        query.require("type", *TYPES.get(params["type"], (params["type"],)))
    if "success" in params and kind == "transaction":
        query.require("success", int(params["success"] == "true"))


def _after_cursor(query: Query, cursor: str | None, sort: str, *, ascending: bool) -> None:
    if not cursor:
        return
    value, _, seq = cursor.partition(":")
    operator = ">" if ascending else "<"
    query.where.append(f"(json_extract(body, '$.{sort}'), seq) {operator} (?, ?)")
    query.values += [int(value), int(seq)]
