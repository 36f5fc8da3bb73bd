"""The two-step searches: all ids first, then up to fifty objects by id (reference 2.4)."""

from collections.abc import Callable

from sandbox.braintree.context import Context, Result
from sandbox.braintree.errors import BAD_REQUEST, BraintreeError
from sandbox.braintree.transactions import shown
from sandbox.braintree.xml import Collection
from sandbox.wire import Json

PAGE_SIZE = 50
MOST = {"transaction": 50_000}
MOST_OTHERS = 10_000
TIMES = {
    "authorized_at": "authorized",
    "submitted_for_settlement_at": "submitted_for_settlement",
    "settled_at": "settled",
    "voided_at": "voided",
    "failed_at": "failed",
    "gateway_rejected_at": "gateway_rejected",
    "processor_declined_at": "processor_declined",
    "authorization_expired_at": "authorization_expired",
}
TAGS = {
    "transaction": "credit_card_transactions",
    "customer": "customers",
    "subscription": "subscriptions",
}


def ids_of(kind: str) -> Callable[[Context], Result]:
    """POST <kind>s/advanced_search_ids: newest first, silently cut at the maximum."""

    def search(ctx: Context) -> Result:
        found = [each["id"] for each in _matching(ctx, kind)][: MOST.get(kind, MOST_OTHERS)]
        return Result("search_results", {"page_size": PAGE_SIZE, "ids": found})

    return search


def objects_of(kind: str) -> Callable[[Context], Result]:
    """POST <kind>s/advanced_search: the objects whose ids are given."""

    def search(ctx: Context) -> Result:
        wanted = (ctx.params.get("search") or {}).get("ids") or []
        if len(wanted) > PAGE_SIZE:
            raise BraintreeError(status=BAD_REQUEST)
        found = [each for each in _matching(ctx, kind) if each["id"] in set(wanted)]
        if kind == "transaction":
            found = [shown(ctx, each) for each in found]
        numbers = {
            "current_page_number": 1,
            "page_size": PAGE_SIZE,
            "total_items": len(found),
        }
        return Result(TAGS[kind], Collection(kind, found, numbers), ids=tuple(wanted))

    return search


def disputes(ctx: Context) -> Result:
    """POST disputes/advanced_search?page=."""
    criteria = ctx.params.get("search") or {}
    found = [each for each in ctx.shelf.all("dispute") if _fits(each, criteria)]
    page = int(ctx.query.get("page", "1"))
    part = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    numbers = {"current_page_number": page, "page_size": PAGE_SIZE, "total_items": len(found)}
    return Result("disputes", Collection("dispute", part, numbers))


def _matching(ctx: Context, kind: str) -> list[Json]:
    criteria = ctx.params.get("search") or {}
    lag = ctx.call.hidden_since
    places = ctx.shelf.all(kind)
    hidden = set(_lagging(ctx, kind))
    return [
        each
        for each in places
        if each["id"] not in hidden
        and (lag is None or each["created"] < lag)
        and _fits(each, criteria)
    ]


def _lagging(ctx: Context, kind: str) -> list[str]:
    rows = ctx.call.db.execute(
        "SELECT id FROM objects WHERE shelf = ? AND kind = ? AND visible_at > ?",
        (ctx.shelf.name, kind, ctx.call.now),
    )
    return [row["id"] for row in rows]


def _fits(body: Json, criteria: Json) -> bool:
    return all(_holds(body, name, wanted) for name, wanted in criteria.items() if name != "ids")


def _holds(body: Json, name: str, wanted: object) -> bool:
    values = _values(body, name)
    if isinstance(wanted, list):
        return any(value in wanted for value in values)
    if not isinstance(wanted, dict):
        return (str(wanted) == "true") == bool(body.get("refunded_transaction_id"))
    if "is" in wanted:
        return wanted["is"] in values
    low, high = wanted.get("min", ""), wanted.get("max", "~")
    # A date is compared as a date, whatever time of the day the caller adds to it.
    return any(low[: len(value)] <= value <= high[: len(value)] for value in values)


def _values(body: Json, name: str) -> list[str]:
    if name in TIMES:
        history = body.get("status_history", [])
        return [each["timestamp"] for each in history if each["status"] == TIMES[name]]
    if name == "customer_id":
        return [(body.get("customer") or {}).get("id") or ""]
    if name == "dispute_date":
        return [str(each) for each in body.get("_disputed", [])]
    value = body.get(name)
    return [] if value is None else [str(value)]
