"""Customers, payment methods, plans, discounts, merchant accounts and client tokens."""

import base64
import json

from sandbox.braintree.context import Context, Result
from sandbox.braintree.errors import NOT_FOUND, BraintreeError
from sandbox.braintree.xml import Collection

CURRENCIES = ("EUR", "USD", "GBP", "JPY", "KWD", "ISK", "UGX", "HUF", "TWD")


def find_customer(ctx: Context) -> Result:
    """GET customers/*."""
    body = ctx.need("customer", ctx.args[0])
    return Result("customer", body, ids=(body["id"],))


def find_payment_method(ctx: Context) -> Result:
    """GET payment_methods/any/*."""
    for who in ctx.shelf.all("customer"):
        for card in who["credit_cards"]:
            if card["token"] == ctx.args[0]:
                return Result("credit_card", card, ids=(who["id"],))
    raise BraintreeError(status=NOT_FOUND)


def all_plans(ctx: Context) -> Result:
    """GET plans/: the whole set."""
    return Result("plans", ctx.shelf.all("plan"))


def all_discounts(ctx: Context) -> Result:
    """GET discounts/: the whole set."""
    return Result("discounts", ctx.shelf.all("discount"))


def merchant_accounts(ctx: Context) -> Result:
    """GET merchant_accounts/?page=: a currency belongs to each.

    The switch `more_accounts.<merchant>` adds some, as JSON; a default one there is the only one.
    """
    more = json.loads(ctx.setting(f"more_accounts.{ctx.account}", "[]"))
    home = ctx.setting(f"currency.{ctx.account}", "EUR")
    if any(each["default"] for each in more):
        home = ""
    found = [
        {
            "id": f"{ctx.account}_{code}",
            "currency_iso_code": code,
            "status": "active",
            "default": code == home,
        }
        for code in CURRENCIES
    ]
    found += [{"status": "active", **each} for each in more]
    numbers = {"current_page_number": 1, "page_size": len(found), "total_items": len(found)}
    return Result("merchant_accounts", Collection("merchant_account", found, numbers))


def client_token(ctx: Context) -> Result:
    """POST client_token: what a page needs to start Drop-in."""
    wanted = ctx.params.get("client_token") or {}
    if wanted.get("customer_id"):
        ctx.need("customer", wanted["customer_id"])
    told = {"version": 2, "environment": "sandbox", "merchantId": ctx.account}
    value = base64.b64encode(json.dumps(told).encode()).decode()
    return Result("client_token", {"value": value}, status=201)
