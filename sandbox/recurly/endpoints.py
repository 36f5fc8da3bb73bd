"""The paths that are answered, and what each does."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.recurly import changes, purchases, refunds, subscriptions
from sandbox.recurly.context import Context, Result, shown
from sandbox.recurly.errors import missing
from sandbox.recurly.history import whole
from sandbox.recurly.lists import listing


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[[Context], Result]


def _route(method: str, path: str, handler: Callable[[Context], Result]) -> Route:
    return Route(method, re.compile(f"^/{path.replace('*', '([^/]+)')}$"), handler)


def _list(kind: str) -> Callable[[Context], Result]:
    return lambda ctx: listing(ctx, kind)


def _one(kind: str) -> Callable[[Context], Result]:
    def handler(ctx: Context) -> Result:
        body = ctx.need(kind, ctx.args[0])
        return Result(shown(body), ids=(body["id"],))

    return handler


def _one_invoice(ctx: Context) -> Result:
    body = ctx.need("invoice", ctx.args[0])
    return Result(whole(ctx, body), ids=(body["id"],))


def _of_account(kind: str, field: str) -> Callable[[Context], Result]:
    def handler(ctx: Context) -> Result:
        owner = ctx.need("account", ctx.args[0])
        path = f"/accounts/{owner['id']}/{kind}s"
        return listing(ctx, kind, path=path, owner=(field, owner["id"]))

    return handler


def _primary_card(ctx: Context) -> Result:
    owner = ctx.need("account", ctx.args[0])
    cards = [each for each in ctx.shelf.all("billing_info") if each["account_id"] == owner["id"]]
    if not cards:
        raise missing("billing_info", owner["id"])
    return Result(cards[-1], ids=(cards[-1]["id"],))


def _related(ctx: Context) -> Result:
    body = ctx.need("invoice", ctx.args[0])
    names = {body["id"], body["previous_invoice_id"]}
    found = [
        whole(ctx, each)
        for each in ctx.shelf.all("invoice")
        if each["id"] != body["id"]
        and (each["previous_invoice_id"] == body["id"] or each["id"] in names)
    ]
    return Result({"object": "list", "has_more": False, "next": None, "data": found})


ROUTES = (
    _route("GET", "sites", _list("site")),
    _route("GET", "accounts", _list("account")),
    _route("GET", "accounts/*", _one("account")),
    _route("GET", "accounts/*/billing_infos", _of_account("billing_info", "account_id")),
    _route("GET", "accounts/*/billing_info", _primary_card),
    _route("GET", "accounts/*/transactions", _of_account("transaction", "account.id")),
    _route("GET", "accounts/*/invoices", _of_account("invoice", "account.id")),
    _route("GET", "accounts/*/subscriptions", _of_account("subscription", "account.id")),
    _route("GET", "transactions", _list("transaction")),
    _route("GET", "transactions/*", _one("transaction")),
    _route("GET", "invoices", _list("invoice")),
    _route("GET", "invoices/*", _one_invoice),
    _route("GET", "invoices/*/related_invoices", _related),
    _route("GET", "plans", _list("plan")),
    _route("GET", "plans/*", _one("plan")),
    _route("GET", "coupons", _list("coupon")),
    _route("GET", "coupons/*", _one("coupon")),
    _route("GET", "subscriptions", _list("subscription")),
    _route("GET", "subscriptions/*", _one("subscription")),
    _route("POST", "invoices/*/refund", refunds.refund_invoice),
    _route("POST", "purchases", purchases.purchase),
    _route("POST", "subscriptions", purchases.subscribe),
    _route("POST", "subscriptions/*/change", changes.change),
    _route("PUT", "subscriptions/*/pause", subscriptions.pause),
    _route("PUT", "subscriptions/*/resume", subscriptions.resume),
    _route("POST", "accounts/*/coupon_redemptions/active", changes.redeem),
    _route("DELETE", "subscriptions/*/coupon_redemptions/*", changes.remove),
    _route("PUT", "subscriptions/*/cancel", subscriptions.cancel),
    _route("PUT", "subscriptions/*/reactivate", subscriptions.reactivate),
    _route("DELETE", "subscriptions/*", subscriptions.terminate),
)
