"""Customers with their payment methods and tax ids."""

import re

from sandbox.shelf import Match
from sandbox.stripe import cards, shapes
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError, missing, refused
from sandbox.stripe.forms import choice, merged_metadata, need
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

WRITABLE = (
    "address balance business_name cash_balance description email individual_name invoice_prefix"
    " invoice_settings metadata name next_invoice_sequence phone preferred_locales shipping source"
    " tax tax_exempt validate"
)
TEXTS = (
    "name",
    "email",
    "phone",
    "description",
    "business_name",
    "individual_name",
    "tax_exempt",
)
# Only the shape is looked at; whether it exists is verified later.
TAX_IDS = {
    "eu_vat": re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}"),
    "gb_vat": re.compile(r"GB[0-9]{9}([0-9]{3})?"),
    "it_cf": re.compile(r"[A-Z0-9]{11,16}"),
    "us_ein": re.compile(r"[0-9]{2}-[0-9]{7}"),
}
MOST_TAX_IDS = 5
PAGE = "limit starting_after ending_before"


def list_customers(ctx: Context) -> Result:
    """GET /v1/customers."""
    return listing(ctx, "customer", "/v1/customers", filters={"email": "email"})


def retrieve_customer(ctx: Context) -> Result:
    """GET /v1/customers/*: deleted ones answer with `deleted: true`."""
    gone = ctx.shelf.find("deleted_customer", ctx.args[0])
    return Result(gone or ctx.need("customer", ctx.args[0]))


def create_customer(ctx: Context) -> Result:
    """POST /v1/customers."""
    person = shapes.Person(ctx.params.get("name"), ctx.params.get("email"))
    body = shapes.customer(ctx.new_id("cus_")[:18], ctx.now, person, livemode=ctx.livemode)
    _apply(ctx, body)
    ctx.shelf.add("customer", body)
    ctx.emit("customer.created", body)
    if ctx.params.get("payment_method"):
        _attach(ctx, body, str(ctx.params["payment_method"]))
    return Result(body, "customer.created", (body["id"],))


def update_customer(ctx: Context) -> Result:
    """POST /v1/customers/*."""
    body = ctx.need("customer", ctx.args[0])
    before = dict(body)
    _apply(ctx, body)
    ctx.shelf.save("customer", body)
    ctx.emit("customer.updated", body, changes(before, body))
    return Result(body, "customer.updated", (body["id"],))


def delete_customer(ctx: Context) -> Result:
    """DELETE /v1/customers/*."""
    body = ctx.need("customer", ctx.args[0])
    ctx.shelf.remove("customer", body["id"])
    gone = {"id": body["id"], "object": "customer", "deleted": True}
    ctx.shelf.add("deleted_customer", gone)
    ctx.emit("customer.deleted", body)
    return Result(gone, "customer.deleted", (body["id"],))


def changes(before: Json, after: Json) -> Json:
    """Give the former values of the fields that differ: an event's previous_attributes."""
    return {name: before.get(name) for name in after if before.get(name) != after[name]}


def _apply(ctx: Context, body: Json) -> None:
    choice(ctx.params, "tax_exempt", ("none", "exempt", "reverse"))
    for name in TEXTS:
        if name in ctx.params:
            body[name] = ctx.params[name] or None
    if "address" in ctx.params:
        body["address"] = _address(ctx.params["address"])
    if "invoice_settings" in ctx.params:
        _check_method(ctx, body, ctx.params["invoice_settings"].get("default_payment_method"))
        body["invoice_settings"] = {
            **body["invoice_settings"],
            **ctx.params["invoice_settings"],
        }
    if "preferred_locales" in ctx.params:
        body["preferred_locales"] = list(ctx.params["preferred_locales"])
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)


def _attach(ctx: Context, who: Json, method_id: str) -> None:
    """Keep the card of a new customer: a new one by a test method's name, or one left by nobody."""
    method = cards.card(ctx, method_id, None)
    body = shapes.payment_method(method, ctx.now, who, livemode=ctx.livemode)
    keep = ctx.shelf.save if method.id == method_id else ctx.shelf.add
    keep("payment_method", body)
    ctx.emit("payment_method.attached", body)


def _check_method(ctx: Context, body: Json, method_id: str | None) -> None:
    if method_id:
        cards.card(ctx, method_id, body["id"])


def _address(given: Json | str) -> Json | None:
    """An empty address clears it, an empty part of one clears that part."""
    if not isinstance(given, dict):
        return None
    unknown = set(given) - set(shapes.NO_ADDRESS)
    if unknown:
        raise StripeError(
            f"Received unknown parameter: address[{min(unknown)}]",
            code="parameter_unknown",
            param=f"address[{min(unknown)}]",
        )
    return {**shapes.NO_ADDRESS, **{name: value or None for name, value in given.items()}}


def list_payment_methods(ctx: Context) -> Result:
    """GET /v1/customers/*/payment_methods."""
    ctx.need("customer", ctx.args[0], param="customer")
    url = f"/v1/customers/{ctx.args[0]}/payment_methods"
    owner = Match("customer", (ctx.args[0],))
    return listing(ctx, "payment_method", url, filters={"type": "type"}, always=(owner,))


def list_all_payment_methods(ctx: Context) -> Result:
    """GET /v1/payment_methods."""
    filters = {"type": "type", "customer": "customer"}
    return listing(ctx, "payment_method", "/v1/payment_methods", filters=filters)


def retrieve_customer_method(ctx: Context) -> Result:
    """GET /v1/customers/*/payment_methods/*."""
    body = ctx.need("payment_method", ctx.args[1], param="payment_method")
    if body["customer"] != ctx.args[0]:
        raise missing("payment_method", ctx.args[1], param="payment_method")
    return Result(body)


def retrieve_payment_method(ctx: Context) -> Result:
    """GET /v1/payment_methods/*."""
    return Result(ctx.need("payment_method", ctx.args[0], param="payment_method"))


def list_tax_ids(ctx: Context) -> Result:
    """GET /v1/customers/*/tax_ids."""
    ctx.need("customer", ctx.args[0], param="customer")
    owner = Match("customer", (ctx.args[0],))
    return listing(ctx, "tax_id", f"/v1/customers/{ctx.args[0]}/tax_ids", always=(owner,))


def create_tax_id(ctx: Context) -> Result:
    """POST /v1/customers/*/tax_ids: verification runs by itself and is pending at first."""
    ctx.need("customer", ctx.args[0], param="customer")
    kind, value = need(ctx.params, "type"), need(ctx.params, "value")
    pattern = TAX_IDS.get(kind)
    if pattern and not pattern.fullmatch(value):
        raise StripeError(f"Invalid value for {kind}.", code="tax_id_invalid", param="value")
    known = ctx.shelf.all("tax_id", Match("customer", (ctx.args[0],)))
    if len(known) >= MOST_TAX_IDS:
        raise refused(f"A customer can have at most {MOST_TAX_IDS} tax IDs.")
    body = tax_id(ctx, ctx.args[0], kind, value)
    ctx.shelf.add("tax_id", body)
    ctx.emit("customer.tax_id.created", body)
    return Result(body, "tax_id.created", (body["id"], ctx.args[0]))


def delete_tax_id(ctx: Context) -> Result:
    """DELETE /v1/customers/*/tax_ids/*."""
    body = ctx.need("tax_id", ctx.args[1])
    if body["customer"] != ctx.args[0]:
        raise missing("tax_id", ctx.args[1])
    ctx.shelf.remove("tax_id", body["id"])
    ctx.emit("customer.tax_id.deleted", body)
    gone = {"id": body["id"], "object": "tax_id", "deleted": True}
    return Result(gone, "tax_id.deleted", (body["id"], ctx.args[0]))


def tax_id(ctx: Context, owner: str, kind: str, value: str) -> Json:
    """Write a tax id of a customer."""
    return {
        "id": ctx.new_id("txi_1"),
        "object": "tax_id",
        "country": value[:2].upper() if kind == "eu_vat" else None,
        "created": ctx.now,
        "customer": owner,
        "customer_account": None,
        "livemode": ctx.livemode,
        "owner": {"customer": owner, "customer_account": None, "type": "customer"},
        "type": kind,
        "value": value,
        "verification": {
            "status": "pending",
            "verified_address": None,
            "verified_name": None,
        },
    }


READ, WRITE, METHODS = (
    "rak_customer_read",
    "rak_customer_write",
    "rak_payment_method_read",
)
ROUTES = (
    route(
        "GET",
        "customers",
        list_customers,
        params=f"{PAGE} created email test_clock",
        permission=READ,
    ),
    route(
        "POST",
        "customers",
        create_customer,
        params=f"{WRITABLE} payment_method tax_id_data test_clock",
        permission=WRITE,
    ),
    route("GET", "customers/*", retrieve_customer, permission=READ),
    route(
        "POST",
        "customers/*",
        update_customer,
        params=f"{WRITABLE} default_source",
        permission=WRITE,
    ),
    route("DELETE", "customers/*", delete_customer, permission=WRITE),
    route(
        "GET",
        "customers/*/payment_methods",
        list_payment_methods,
        params=f"{PAGE} allow_redisplay type",
        permission=METHODS,
    ),
    route(
        "GET",
        "customers/*/payment_methods/*",
        retrieve_customer_method,
        permission=METHODS,
    ),
    route(
        "GET",
        "payment_methods",
        list_all_payment_methods,
        params=f"{PAGE} allow_redisplay customer customer_account type",
        permission=METHODS,
    ),
    route("GET", "payment_methods/*", retrieve_payment_method, permission=METHODS),
    route(
        "GET",
        "customers/*/tax_ids",
        list_tax_ids,
        params=PAGE,
        permission="rak_tax_id_read",
    ),
    route(
        "POST",
        "customers/*/tax_ids",
        create_tax_id,
        params="type value",
        permission="rak_tax_id_write",
    ),
    route("DELETE", "customers/*/tax_ids/*", delete_tax_id, permission="rak_tax_id_write"),
)
