"""The expand parameter: replaces ids by objects, up to four levels deep."""

import json
from typing import Any

from sandbox.shelf import Match
from sandbox.stripe.context import Context
from sandbox.stripe.errors import StripeError
from sandbox.wire import Json

MAX_DEPTH = 4
KIND_BY_PREFIX = {
    "ch": "charge",
    "py": "charge",
    "cs": "checkout.session",
    "pi": "payment_intent",
    "seti": "setup_intent",
    "cus": "customer",
    "re": "refund",
    "pyr": "refund",
    "txn": "balance_transaction",
    "in": "invoice",
    "sub": "subscription",
    "pm": "payment_method",
    "prod": "product",
    "price": "price",
    "dp": "dispute",
    "du": "dispute",
    "di": "discount",
    "txi": "tax_id",
    "promo": "promotion_code",
    "inpay": "invoice_payment",
}
# Lists that are left out of an object unless asked for: (object, field) -> (kind, its field, url).
OPTIONAL_LISTS = {
    ("charge", "refunds"): ("refund", "charge", "/v1/charges/{id}/refunds"),
    ("invoice", "payments"): ("invoice_payment", "invoice", "/v1/invoice_payments"),
    ("customer", "tax_ids"): ("tax_id", "customer", "/v1/customers/{id}/tax_ids"),
    ("customer", "subscriptions"): (
        "subscription",
        "customer",
        "/v1/customers/{id}/subscriptions",
    ),
}


def expand_documents(ctx: Context, documents: list[str]) -> list[str]:
    """Expand the items of a list; without an expand parameter they stay untouched text."""
    paths = _paths(ctx)
    if not paths:
        return documents
    items = [json.loads(document) for document in documents]
    for path in paths:
        if path[0] != "data":
            raise _not_expandable(".".join(path))
        for item in items:
            _expand(ctx, item, path[1:])
    return [json.dumps(item, ensure_ascii=False) for item in items]


def expand_object(ctx: Context, body: Json) -> Json:
    """Expand one object."""
    for path in _paths(ctx):
        _expand(ctx, body, path)
    return body


def _paths(ctx: Context) -> list[list[str]]:
    given = ctx.params.get("expand") or []
    paths = [str(path).split(".") for path in (given if isinstance(given, list) else [given])]
    for path in paths:
        if len([step for step in path if step != "data"]) > MAX_DEPTH:
            raise StripeError("You cannot expand more than 4 levels of a property.", param="expand")
    return paths


def _expand(ctx: Context, body: Any, path: list[str]) -> None:
    if isinstance(body, list):
        for item in body:
            _expand(ctx, item, path)
        return
    if not path or not isinstance(body, dict):
        return
    name = path[0]
    optional = OPTIONAL_LISTS.get((str(body.get("object")), name))
    if optional and name not in body:
        body[name] = _optional_list(ctx, body, optional)
    elif name not in body:
        raise _not_expandable(name)
    else:
        body[name] = _resolved(ctx, body[name], name)
    _expand(ctx, body[name], path[1:])


def _resolved(ctx: Context, value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_resolved(ctx, item, name) for item in value]
    if not isinstance(value, str):
        return value
    kind = "coupon" if name == "coupon" else KIND_BY_PREFIX.get(value.split("_")[0])
    found = ctx.shelf.find(kind, value) if kind else None
    if found is None:
        raise _not_expandable(name)
    return found


def _optional_list(ctx: Context, body: Json, rule: tuple[str, str, str]) -> Json:
    kind, field, url = rule
    items = ctx.shelf.all(kind, Match(field, (body["id"],)))
    return {
        "object": "list",
        "data": items[:10],
        "has_more": len(items) > 10,  # noqa: PLR2004  the default page
        "url": url.format(id=body["id"]),
    }


def _not_expandable(name: str) -> StripeError:
    return StripeError(f"This property cannot be expanded ({name}).", param="expand")
