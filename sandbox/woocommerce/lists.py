"""Collections: paging, dates, order, search and include (reference A3)."""

from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.wire import Json
from sandbox.woocommerce.errors import invalid_param
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import LOCAL_OFFSET_S, Result, Shop

MOST = 100
_ORDERS: dict[str, Callable[[Json], tuple[float, int]]] = {
    "date": lambda body: (body["created"], body["id"]),
    "registered_date": lambda body: (body["created"], body["id"]),
    "modified": lambda body: (body["modified"], body["id"]),
    "id": lambda body: (body["id"], body["id"]),
    "include": lambda body: (body["id"], body["id"]),
}


def collection(shop: Shop, kind: str, bodies: list[Json]) -> Result:
    """One page of what the query asks for, with the headers that count."""
    per_page, page = _number(shop, "per_page", 10, MOST), _number(shop, "page", 1, 10**9)
    found = [each for each in bodies if _fits(shop, kind, each)]
    order_by = shop.query.get("orderby", "name" if kind == "customer" else "date")
    if order_by != "name":
        if order_by not in _ORDERS:
            raise invalid_param("orderby", "orderby is not one of the known words.")
        found.sort(key=_ORDERS[order_by])
    if shop.query.get("order", "desc") == "desc":
        found.reverse()
    start = int(shop.query.get("offset") or 0) or (page - 1) * per_page
    chosen = found[start : start + per_page]
    headers = {
        "X-WP-Total": str(len(found)),
        "X-WP-TotalPages": str(-(-len(found) // per_page)),
    }
    return Result([_fields(shop, shown(shop, kind, each)) for each in chosen], headers=headers)


def _number(shop: Shop, name: str, default: int, most: int) -> int:
    text = shop.query.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid_param(name, f"{name} must be between 1 (inclusive) and {most} (inclusive)")
    return int(text)


def _fits(shop: Shop, kind: str, body: Json) -> bool:
    query = shop.query
    if body.get("status") == "trash" and query.get("status") != "trash":
        return False
    if "include" in query and str(body["id"]) not in query["include"].split(","):
        return False
    if "customer" in query and str(body.get("customer_id")) != query["customer"]:
        return False
    if kind == "customer":
        return _customer_fits(query, body)
    return _in_time(query, body) and all(
        query[name] in ("any", str(body.get(name)))
        for name in ("status", "parent")
        if name in query and name in body
    )


def _customer_fits(query: dict[str, str], body: Json) -> bool:
    role = query.get("role", "customer")
    return role in {"all", body["role"]} and query.get("email", body["email"]) == body["email"]


def _in_time(query: dict[str, str], body: Json) -> bool:
    # Filters are in the shop's own time unless told otherwise; both ends are left out.
    shift = 0 if query.get("dates_are_gmt") == "true" else LOCAL_OFFSET_S
    for name, field, is_later in (
        ("after", "created", True),
        ("before", "created", False),
        ("modified_after", "modified", True),
        ("modified_before", "modified", False),
    ):
        if name in query:
            limit = _moment(name, query[name]) - shift
            if not (body[field] > limit if is_later else body[field] < limit):
                return False
    return True


def _moment(name: str, text: str) -> float:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise invalid_param(name, "Invalid date.") from error


def _fields(shop: Shop, body: Json) -> Json:
    wanted = shop.query.get("_fields")
    return {name: body.get(name) for name in wanted.split(",")} if wanted else body
