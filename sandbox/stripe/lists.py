"""Stripe's lists: newest first, cursors, time of creation, filters (reference 2.1)."""

from collections.abc import Mapping

from sandbox.shelf import Match, Span, Window, index_text
from sandbox.stripe import expansion
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError, missing
from sandbox.stripe.forms import whole
from sandbox.wire import Json

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
LIST = PAGING | {"created"}
DEFAULT_LIMIT, MAX_LIMIT = 10, 100


def listing(
    ctx: Context,
    kind: str,
    url: str,
    *,
    filters: Mapping[str, str] | None = None,
    always: tuple[Match, ...] = (),
    not_before: int | None = None,
) -> Result:
    """Answer a list; `filters` names the indexed field behind each parameter."""
    matches = [*always, *_matches(ctx.params, filters or {})]
    limit = _limit(ctx.params)
    window = _window(ctx, kind, limit)
    documents = ctx.shelf.page(kind, window, matches, _span(ctx.params, not_before))
    has_more = len(documents) > limit
    if has_more:
        documents = documents[1:] if window.newer_than else documents[:limit]
    documents = expansion.expand_documents(ctx, documents)
    return Result(list_text(documents, url, has_more="true" if has_more else "false"))


def list_text(documents: list[str], url: str, *, has_more: str) -> str:
    """Join raw JSON documents into a list object."""
    data = ",".join(documents)
    return f'{{"object": "list", "data": [{data}], "has_more": {has_more}, "url": "{url}"}}'


def _limit(params: Json) -> int:
    limit = whole(params, "limit")
    if limit is None:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise StripeError(
            f"Invalid limit: must be between 1 and {MAX_LIMIT}",
            code="parameter_invalid_integer",
            param="limit",
        )
    return limit


def _window(ctx: Context, kind: str, limit: int) -> Window:
    after, before = ctx.params.get("starting_after"), ctx.params.get("ending_before")
    if after and before:
        raise StripeError("You cannot specify both starting_after and ending_before.")
    return Window(
        limit=limit + 1,
        older_than=_cursor(ctx, kind, after, "starting_after"),
        newer_than=_cursor(ctx, kind, before, "ending_before"),
        now=ctx.call.now,
        hidden_since=ctx.call.hidden_since,
    )


def _cursor(ctx: Context, kind: str, object_id: str | None, param: str) -> tuple[int, int] | None:
    if not object_id:
        return None
    place = ctx.shelf.place(kind, object_id)
    if place is None:
        raise missing(kind, object_id, param=param, status=400)
    return place


def _span(params: Json, floor: int | None) -> Span:
    created = params.get("created")
    if created is None:
        return Span(not_before=floor)
    if isinstance(created, str):
        exact = whole(params, "created")
        return Span(not_before=exact, not_after=exact)
    if not isinstance(created, dict) or set(created) - {"gt", "gte", "lt", "lte"}:
        raise StripeError("Invalid created", param="created")
    return Span(
        after=whole(created, "gt"),
        not_before=max((whole(created, "gte") or 0, floor or 0)) or None,
        before=whole(created, "lt"),
        not_after=whole(created, "lte"),
    )


def _matches(params: Json, filters: Mapping[str, str]) -> list[Match]:
    found = []
    for name, field in filters.items():
        value = params.get(name)
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        found.append(Match(field, tuple(index_text(item) for item in values)))
    return found
