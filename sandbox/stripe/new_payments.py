"""New payments by API: create and confirm a payment intent with a saved or a test method."""

from sandbox.jobs import schedule
from sandbox.stripe import shapes
from sandbox.stripe.context import PROVIDER, Context, Result
from sandbox.stripe.currencies import MINIMUM, check_step, iso_minor, shown
from sandbox.stripe.errors import DECLINED, StripeError, refused
from sandbox.stripe.forms import amount_of, choice, flag, merged_metadata, need
from sandbox.stripe.ledger import book_charge
from sandbox.stripe.renewals import method_of
from sandbox.stripe.routes import route
from sandbox.wire import Json

TEST_METHODS = {
    "pm_card_visa": ("visa", "4242"),
    "pm_card_mastercard": ("mastercard", "4444"),
    "pm_card_visa_chargeDeclined": ("visa", "0002"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("visa", "9995"),
}
DECLINING = {
    "0002": ("card_declined", "generic_decline", "Your card was declined."),
    "9995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
}
MOVED_BY_CONFIRMING = (
    "amount_capturable",
    "amount_received",
    "last_payment_error",
    "latest_charge",
    "payment_method",
    "payment_method_types",
    "status",
)
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
    intent = _blank(ctx, amount, currency, who)
    ctx.shelf.add("payment_intent", intent)
    ctx.emit("payment_intent.created", intent)
    if flag(ctx.params, "confirm"):
        return _confirm(ctx, intent)
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
    return _confirm(ctx, intent)


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
    if method_id:
        intent["status"] = "requires_confirmation"
    return intent


def _confirm(ctx: Context, intent: Json) -> Result:
    if not intent["payment_method"]:
        raise refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = _method(ctx, intent["payment_method"])
    failure = DECLINING.get(method.last4) if method.brand else None
    outcome = "uncaptured" if intent["capture_method"] == "manual" else "succeeded"
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
    done = "amount_capturable_updated" if outcome == "uncaptured" else "succeeded"
    ctx.emit(f"payment_intent.{done}", intent)
    return Result(intent, "charge.created", ids, minor)


def _method(ctx: Context, method_id: str) -> shapes.Method:
    if method_id in TEST_METHODS:
        brand, last4 = TEST_METHODS[method_id]
        return shapes.Method(ctx.new_id("pm_1"), brand, last4, "US")
    return method_of(ctx, method_id)


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
    ctx.emit("charge.failed" if pay.outcome == "failed" else "charge.succeeded", charge)
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
