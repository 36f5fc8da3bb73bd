"""Checkout sessions: a page of Stripe's for one customer, to pay once or to leave a card (4.2)."""

from sandbox.jobs import schedule
from sandbox.stripe import shapes
from sandbox.stripe.context import PROVIDER, Context, Result
from sandbox.stripe.currencies import MINIMUM, check_step, shown
from sandbox.stripe.errors import StripeError, refused
from sandbox.stripe.forms import amount_of, choice, flag, merged_metadata, need, whole
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

MINUTE, HOUR = 60, 3600
# 4.2: "expires within 24 h"; no page lives shorter than half an hour.
LONGEST, SHORTEST = 24 * HOUR, 30 * MINUTE
HOSTED = f"/{PROVIDER}/checkout/"


def create_session(ctx: Context) -> Result:
    """POST /v1/checkout/sessions."""
    mode = choice(ctx.params, "mode", ("payment", "setup"))
    if mode is None:
        raise StripeError("Missing required param: mode.", code="parameter_missing", param="mode")
    choice(ctx.params, "ui_mode", ("hosted_page",))
    choice(ctx.params, "submit_type", ("auto", "book", "donate", "pay", "subscribe"))
    need(ctx.params, "success_url")
    who = None
    if ctx.params.get("customer"):
        who = ctx.need("customer", ctx.params["customer"], param="customer")
    # 32 more characters than the usual ids have.
    object_id = ctx.new_id("cs_test_a1") + ctx.new_id("")
    amount, currency = _asked(ctx) if mode == "payment" else (None, _currency_of_setup(ctx))
    visit = shapes.Visit(
        mode,
        ctx.now,
        _end(ctx),
        who,
        f"http://{_host(ctx)}{HOSTED}{object_id}",
        currency,
        amount,
        ctx.params["success_url"],
        ctx.params.get("cancel_url"),
        ctx.params.get("client_reference_id"),
    )
    body = shapes.checkout_session(
        object_id, visit, merged_metadata({}, ctx.params), livemode=ctx.livemode
    )
    body["submit_type"] = ctx.params.get("submit_type")
    ctx.shelf.add("checkout.session", body, _behind(ctx, mode))
    schedule(
        ctx.call.db,
        provider=PROVIDER,
        shelf=ctx.shelf.name,
        due=visit.expires_at,
        name="expire_session",
        object_id=object_id,
    )
    return Result(body, "checkout.session.created", (object_id,))


def _asked(ctx: Context) -> tuple[int, str]:
    lines = ctx.params.get("line_items")
    if not isinstance(lines, list) or not lines:
        raise StripeError(
            "You must provide line_items in payment mode.",
            code="parameter_missing",
            param="line_items",
        )
    parts = [_line(ctx, line) for line in lines]
    total, currencies = sum(amount for amount, _ in parts), {currency for _, currency in parts}
    if len(currencies) > 1:
        raise StripeError("All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    least = MINIMUM.get(currency, 1)
    if total < least:
        raise StripeError(
            f"The Checkout Session's total amount must be at least {shown(least, currency)}.",
            code="amount_too_small",
            param="line_items",
        )
    return total, currency


def _line(ctx: Context, line: Json) -> tuple[int, str]:
    quantity = whole(line, "quantity", at_least=1) or 1
    if line.get("price"):
        price = ctx.need("price", line["price"], param="line_items[0][price]")
        return int(price["unit_amount"]) * quantity, str(price["currency"])
    given = line.get("price_data")
    if not isinstance(given, dict):
        raise StripeError(
            "You must specify either price or price_data.", param="line_items[0][price]"
        )
    currency, amount = need(given, "currency").lower(), amount_of(given, "unit_amount") or 0
    check_step(amount, currency)
    if not given.get("product"):
        need(given.get("product_data") or {}, "name")
    return amount * quantity, currency


def _currency_of_setup(ctx: Context) -> str:
    """Without listed types, Stripe finds the ways to pay by the currency."""
    if "line_items" in ctx.params:
        raise StripeError("You can not pass line_items in setup mode.", param="line_items")
    return need(ctx.params, "currency").lower()


def _end(ctx: Context) -> int:
    end = whole(ctx.params, "expires_at")
    if end is None:
        return ctx.now + LONGEST
    if not ctx.now + SHORTEST <= end <= ctx.now + LONGEST:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from"
            " Checkout Session creation.",
            param="expires_at",
        )
    return end


def _behind(ctx: Context, mode: str) -> Json:
    """What the payment or setup intent will get, once the customer is there."""
    name = "payment_intent_data" if mode == "payment" else "setup_intent_data"
    given = ctx.params.get(name) or {}
    choice(given, "capture_method", ("automatic", "automatic_async", "manual"))
    for switch in ("adaptive_pricing", "automatic_tax", "invoice_creation"):
        flag(ctx.params.get(switch) or {}, "enabled")
    return {**given, "metadata": merged_metadata({}, given)}


def _host(ctx: Context) -> str:
    return ctx.call.request.headers.get("host", "127.0.0.1")


def list_sessions(ctx: Context) -> Result:
    """GET /v1/checkout/sessions."""
    filters = {"customer": "customer", "payment_intent": "payment_intent", "status": "status"}
    return listing(ctx, "checkout.session", "/v1/checkout/sessions", filters=filters)


def retrieve_session(ctx: Context) -> Result:
    """GET /v1/checkout/sessions/*."""
    return Result(ctx.need("checkout.session", ctx.args[0], param="session"))


def expire_session(ctx: Context) -> Result:
    """POST /v1/checkout/sessions/*/expire."""
    body = ctx.need("checkout.session", ctx.args[0], param="session")
    if body["status"] != "open":
        raise refused(
            "Only Checkout Sessions with a status in [“open”] can be expired. This Checkout"
            f" Session has a status of {body['status']}."
        )
    expire_when_due(ctx, body["id"])
    return Result(
        ctx.need("checkout.session", body["id"]), "checkout.session.expired", (body["id"],)
    )


def expire_when_due(ctx: Context, session_id: str) -> None:
    """Close a page that nobody used."""
    body = ctx.shelf.find("checkout.session", session_id)
    if body is None or body["status"] != "open":
        return
    body.update(status="expired", url=None)
    ctx.shelf.save("checkout.session", body)
    ctx.emit("checkout.session.expired", body)


READ, WRITE = "rak_checkout_session_read", "rak_checkout_session_write"
ROUTES = (
    route(
        "GET",
        "checkout/sessions",
        list_sessions,
        permission=READ,
        params="created customer customer_account customer_details ending_before limit"
        " payment_intent payment_link starting_after status subscription",
    ),
    route("GET", "checkout/sessions/*", retrieve_session, permission=READ),
    route(
        "POST",
        "checkout/sessions",
        create_session,
        permission=WRITE,
        params="adaptive_pricing allow_promotion_codes allowed_payment_method_types automatic_tax"
        " billing_address_collection cancel_url client_reference_id currency customer"
        " customer_account customer_update expires_at invoice_creation line_items locale metadata"
        " mode payment_intent_data payment_method_options setup_intent_data submit_type"
        " success_url ui_mode",
    ),
    route("POST", "checkout/sessions/*/expire", expire_session, permission=WRITE),
)
