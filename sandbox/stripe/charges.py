"""Charges and the balance transactions behind them."""

from sandbox.shelf import Match
from sandbox.stripe.context import Context, Result
from sandbox.stripe.customers import changes
from sandbox.stripe.forms import merged_metadata
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route

PAGE = "limit starting_after ending_before created"


def list_charges(ctx: Context) -> Result:
    """GET /v1/charges: failed attempts are included."""
    names = ("customer", "payment_intent", "transfer_group")
    return listing(ctx, "charge", "/v1/charges", filters={name: name for name in names})


def retrieve_charge(ctx: Context) -> Result:
    """GET /v1/charges/*."""
    return Result(ctx.need("charge", ctx.args[0]), ids=(ctx.args[0],))


def update_charge(ctx: Context) -> Result:
    """POST /v1/charges/*."""
    body = ctx.need("charge", ctx.args[0])
    before = dict(body)
    for name in ("description", "receipt_email"):
        if name in ctx.params:
            body[name] = ctx.params[name] or None
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)
    ctx.shelf.save("charge", body)
    ctx.emit("charge.updated", body, changes(before, body))
    return Result(body, "charge.updated", (body["id"],))


def list_charge_refunds(ctx: Context) -> Result:
    """GET /v1/charges/*/refunds."""
    ctx.need("charge", ctx.args[0], param="charge")
    mine = Match("charge", (ctx.args[0],))
    return listing(ctx, "refund", f"/v1/charges/{ctx.args[0]}/refunds", always=(mine,))


def retrieve_balance_transaction(ctx: Context) -> Result:
    """GET /v1/balance_transactions/*."""
    return Result(ctx.need("balance_transaction", ctx.args[0]))


def list_balance_transactions(ctx: Context) -> Result:
    """GET /v1/balance_transactions."""
    filters = {"source": "source", "type": "type"}
    return listing(ctx, "balance_transaction", "/v1/balance_transactions", filters=filters)


READ, WRITE = "rak_charge_read", "rak_charge_write"
BALANCE = "rak_balance_transaction_source_read"
ROUTES = (
    route(
        "GET",
        "charges",
        list_charges,
        params=f"{PAGE} customer payment_intent transfer_group",
        permission=READ,
    ),
    route("GET", "charges/*", retrieve_charge, permission=READ),
    route(
        "POST",
        "charges/*",
        update_charge,
        permission=WRITE,
        params="customer description fraud_details metadata receipt_email shipping transfer_group",
    ),
    route(
        "GET",
        "charges/*/refunds",
        list_charge_refunds,
        params="limit starting_after ending_before",
        permission=READ,
    ),
    route(
        "GET",
        "balance_transactions",
        list_balance_transactions,
        params=f"{PAGE} currency payout source type",
        permission=BALANCE,
    ),
    route(
        "GET",
        "balance_transactions/*",
        retrieve_balance_transaction,
        permission=BALANCE,
    ),
)
