"""New payments by API: create and confirm a payment intent with a saved or a test method."""

from sandbox.jobs import schedule
from sandbox.stripe import shapes
from sandbox.stripe.cards import card, refusal
from sandbox.stripe.context import PROVIDER, Context, Result
from sandbox.stripe.currencies import MINIMUM, check_step, iso_minor, shown
from sandbox.stripe.errors import DECLINED, StripeError, refused
from sandbox.stripe.forms import amount_of, choice, flag, merged_metadata, need
from sandbox.stripe.ledger import book_charge
from sandbox.stripe.routes import route
from sandbox.wire import Json

MOVED_BY_CONFIRMING = (
    "amount_capturable",
    "amount_received",
    "last_payment_error",
    "latest_charge",
    "payment_method",
    "payment_method_types",
    "status",
)
EVENTS = {
    "succeeded": "succeeded",
    "uncaptured": "amount_capturable_updated",
    "pending": "processing",
}
ONLY_WITH_CONFIRM = ("off_session", "error_on_requires_action")
CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation"})


def create_intent(ctx: Context) -> Result:
    """POST /v1/payment_intents, with `confirm` also the payment itself."""
    need(ctx.params, "amount")
    amount, currency = amount_of(ctx.params, "amount") or 0, need(ctx.params, "currency").lower()
    check_step(amount, currency)
    least = MINIMUM.get(currency, 1)
    if amount < least:
        raise StripeError(
            f"Amount must be at least {shown(least, currency)}",
            code="amount_too_small",
            param="amount",
        )
    who = None
    if ctx.params.get("customer"):
        who = ctx.need("customer", ctx.params["customer"], param="customer")
    is_confirmed = flag(ctx.params, "confirm")
    for name in ONLY_WITH_CONFIRM:
        if name in ctx.params and not is_confirmed:
            raise StripeError(f"You can only use {name} with confirm=true.", param=name)
    intent = _blank(ctx, amount, currency, who)
    ctx.shelf.add("payment_intent", intent)
    ctx.emit("payment_intent.created", intent)
    if is_confirmed:
        return _confirm(ctx, intent, is_present=not _is_off_session(ctx))
    return Result(intent, "payment_intent.created", (intent["id"],))


def confirm_intent(ctx: Context) -> Result:
    """POST /v1/payment_intents/*/confirm."""
    intent = ctx.need("payment_intent", ctx.args[0], param="intent")
    if intent["status"] not in CONFIRMABLE:
        raise refused(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    if ctx.params.get("payment_method"):
        intent["payment_method"] = ctx.params["payment_method"]
    return _confirm(ctx, intent, is_present=not _is_off_session(ctx))


def _is_off_session(ctx: Context) -> bool:
    given = ctx.params.get("off_session")
    # `one_off` and `recurring` are older words for true.
    return given not in {None, "false"}


def _blank(ctx: Context, amount: int, currency: str, who: Json | None) -> Json:
    manual = choice(ctx.params, "capture_method", ("automatic", "automatic_async", "manual"))
    method_id = ctx.params.get("payment_method")
    pay = shapes.Payment(
        amount,
        currency,
        ctx.now,
        shapes.Method("", "visa", "", ""),
        "failed",
        ctx.params.get("description"),
        metadata=merged_metadata({}, ctx.params),
    )
    intent = shapes.payment_intent(ctx.new_id("pi_3"), None, pay, who, livemode=ctx.livemode)
    intent.update(
        capture_method=manual or "automatic_async",
        payment_method=method_id,
        receipt_email=ctx.params.get("receipt_email"),
    )
    automatic = ctx.params.get("automatic_payment_methods")
    if isinstance(automatic, dict):
        redirects = choice(automatic, "allow_redirects", ("always", "never"))
        intent["automatic_payment_methods"] = {
            "allow_redirects": redirects or "always",
            "enabled": bool(flag(automatic, "enabled")),
        }
    if method_id:
        intent["status"] = "requires_confirmation"
    return intent


def _confirm(ctx: Context, intent: Json, *, is_present: bool) -> Result:
    """Try the payment by API; a declined one is an answer too, and stays with the intent."""
    if not intent["payment_method"]:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = card(ctx, intent["payment_method"], intent["customer"])
    is_present = is_present and flag(ctx.params, "error_on_requires_action") is not True
    return attempt(ctx, intent, method, is_present=is_present)


def attempt(ctx: Context, intent: Json, method: shapes.Method, *, is_present: bool) -> Result:
    """Charge a card; `is_present`: the customer can confirm it."""
    failure = refusal(method, is_present=is_present)
    outcome = "uncaptured" if intent["capture_method"] == "manual" else "succeeded"
    if method.brand is None:
        outcome = "pending"
    pay = shapes.Payment(
        intent["amount"],
        intent["currency"],
        ctx.now,
        method,
        "failed" if failure else outcome,
        intent["description"],
        failure=failure,
        metadata=intent["metadata"],
    )
    charge = _charge(ctx, intent, pay)
    ids = (intent["id"], charge["id"])
    if failure:
        ctx.emit("payment_intent.payment_failed", intent)
        return Result(_declined(charge, intent, failure), "charge.failed", ids, status=DECLINED)
    minor = iso_minor(intent["amount"], intent["currency"])
    ctx.emit(f"payment_intent.{EVENTS[outcome]}", intent)
    return Result(intent, "charge.created", ids, minor)


def _charge(ctx: Context, intent: Json, pay: shapes.Payment) -> Json:
    who = ctx.shelf.find("customer", intent["customer"] or "")
    charge = shapes.charge(ctx.new_id("ch_3"), intent["id"], pay, who, livemode=ctx.livemode)
    fresh = shapes.payment_intent(intent["id"], charge["id"], pay, who, livemode=ctx.livemode)
    intent.update({name: fresh[name] for name in MOVED_BY_CONFIRMING})
    if pay.outcome == "succeeded":
        book_charge(ctx, charge, ctx.now)
    if pay.outcome == "uncaptured":
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=ctx.now + shapes.AUTHORIZATION_LIFE,
            name="expire_charge",
            object_id=charge["id"],
        )
    ctx.shelf.add("charge", charge)
    ctx.shelf.save("payment_intent", intent)
    events = {"failed": "charge.failed", "pending": "charge.pending"}
    ctx.emit(events.get(pay.outcome, "charge.succeeded"), charge)
    return charge


def _declined(charge: Json, intent: Json, failure: tuple[str, str, str]) -> Json:
    code, decline, message = failure
    error = StripeError(
        message,
        status=DECLINED,
        kind="card_error",
        code=code,
        charge=charge["id"],
        decline_code=decline,
        payment_intent=intent,
    )
    return error.body(charge["id"])


WRITE = "rak_payment_intent_write"
ROUTES = (
    route(
        "POST",
        "payment_intents",
        create_intent,
        permission=WRITE,
        params="allowed_payment_method_types amount amount_details application_fee_amount"
        " automatic_payment_methods capture_method confirm confirmation_method confirmation_token"
        " currency customer customer_account description error_on_requires_action"
        " excluded_payment_method_types hooks mandate mandate_data metadata off_session"
        " on_behalf_of payment_details payment_method payment_method_configuration"
        " payment_method_data payment_method_options radar_options receipt_email return_url"
        " setup_future_usage shipping statement_descriptor statement_descriptor_suffix"
        " transfer_data transfer_group",
    ),
    route(
        "POST",
        "payment_intents/*/confirm",
        confirm_intent,
        permission=WRITE,
        params="capture_method payment_method off_session return_url receipt_email",
    ),
)
