"""Search: `field:"value"` clauses joined by AND, with an index that lags writes (reference 2.1)."""

import json
import re
from collections.abc import Callable

from sandbox.shelf import Window, values_at
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError
from sandbox.stripe.forms import need, whole
from sandbox.stripe.lists import DEFAULT_LIMIT
from sandbox.stripe.routes import route
from sandbox.wire import Json

LAG_S = 60
CLAUSE = re.compile(
    r"""^(?P<field>[a-z_]+(?:\[["'][^"']+["']\])?)(?P<operator>[:~])["'](?P<value>.*)["']$"""
)
METADATA = re.compile(r"""^metadata\[["'](.+)["']\]$""")


def search(kind: str) -> Callable[[Context], Result]:
    """Make the search endpoint of a kind; what is younger than a minute is not found yet."""

    def handler(ctx: Context) -> Result:
        clauses = [_clause(part) for part in re.split(r"\s+AND\s+", need(ctx.params, "query"))]
        since = ctx.call.now - float(ctx.setting("search_lag_s", str(LAG_S)))
        window = Window(limit=-1, hidden_since=since)
        found = [json.loads(text) for text in ctx.shelf.page(kind, window)]
        matching = [body for body in found if all(clause(body) for clause in clauses)]
        return Result(_page(ctx, kind, matching))

    return handler


def _page(ctx: Context, kind: str, matching: list[Json]) -> Json:
    limit = whole(ctx.params, "limit", at_least=1) or DEFAULT_LIMIT
    start = int(ctx.params.get("page") or 0)
    end = start + limit
    has_more = end < len(matching)
    return {
        "object": "search_result",
        "data": matching[start:end],
        "has_more": has_more,
        "next_page": str(end) if has_more else None,
        "url": f"/v1/{kind}s/search",
    }


def _clause(text: str) -> Callable[[Json], bool]:
    match = CLAUSE.match(text.strip())
    if match is None:
        raise StripeError(
            "We were unable to parse your search query. Try using the format `field:value`.",
            param="query",
        )
    metadata = METADATA.match(match["field"])
    path = ["metadata", metadata[1]] if metadata else [match["field"]]
    wanted = match["value"].lower()
    if match["operator"] == ":":
        return lambda body: wanted in [value.lower() for value in values_at(body, path)]
    return lambda body: any(wanted in value.lower() for value in values_at(body, path))


ROUTES = tuple(
    route(
        "GET",
        f"{kind}s/search",
        search(kind),
        params="limit page query",
        permission=f"rak_{permission}_read",
    )
    for kind, permission in (
        ("customer", "customer"),
        ("charge", "charge"),
        ("payment_intent", "payment_intent"),
        ("subscription", "subscription"),
        ("invoice", "invoice"),
    )
)
