"""Payment intents: read, capture, cancel (reference 4.2, 4.3)."""

from sandbox.stripe.context import Context, Result
from sandbox.stripe.currencies import check_step, iso_minor
from sandbox.stripe.customers import changes
from sandbox.stripe.errors import StripeError, refused
from sandbox.stripe.forms import amount_of, choice, merged_metadata
from sandbox.stripe.ledger import book_charge
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

CANCELABLE = frozenset(
    {
        "requires_payment_method",
        "requires_capture",
        "requires_confirmation",
        "requires_action",
        "processing",
    }
)
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def list_intents(ctx: Context) -> Result:
    """GET /v1/payment_intents."""
    return listing(ctx, "payment_intent", "/v1/payment_intents", filters={"customer": "customer"})


def retrieve_intent(ctx: Context) -> Result:
    """GET /v1/payment_intents/*."""
    body = ctx.need("payment_intent", ctx.args[0], param="intent")
    return Result(body, ids=_ids(body))


def update_intent(ctx: Context) -> Result:
    """POST /v1/payment_intents/*: metadata and description."""
    body = ctx.need("payment_intent", ctx.args[0], param="intent")
    if "description" in ctx.params:
        body["description"] = ctx.params["description"] or None
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)
    ctx.shelf.save("payment_intent", body)
    return Result(body, "payment_intent.updated", _ids(body))


def capture_intent(ctx: Context) -> Result:
    """POST /v1/payment_intents/*/capture."""
    intent = ctx.need("payment_intent", ctx.args[0], param="intent")
    amount = amount_of(ctx.params, "amount_to_capture")
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured", "requires_capture")
    wanted = intent["amount_capturable"] if amount is None else amount
    check_step(wanted, intent["currency"], "amount_to_capture")
    if wanted > intent["amount_capturable"]:
        raise refused(
            "The amount to capture is greater than the amount you can capture.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = ctx.need("charge", intent["latest_charge"])
    _capture(ctx, intent, charge, wanted)
    minor = iso_minor(wanted, intent["currency"])
    return Result(intent, "payment_intent.captured", _ids(intent), minor)


def _capture(ctx: Context, intent: Json, charge: Json, wanted: int) -> None:
    before = dict(charge)
    charge.update(captured=True, amount_captured=wanted)
    book_charge(ctx, charge, ctx.now)
    ctx.shelf.save("charge", charge)
    intent.update(status="succeeded", amount_capturable=0, amount_received=wanted)
    intent["metadata"] = merged_metadata(intent["metadata"], ctx.params)
    ctx.shelf.save("payment_intent", intent)
    ctx.emit("charge.captured", charge, changes(before, charge))
    ctx.emit("payment_intent.succeeded", intent)


def cancel_intent(ctx: Context) -> Result:
    """POST /v1/payment_intents/*/cancel: the authorization is released, never money given back."""
    intent = ctx.need("payment_intent", ctx.args[0], param="intent")
    reason = choice(ctx.params, "cancellation_reason", REASONS)
    if intent["status"] not in CANCELABLE:
        raise _unexpected(
            intent,
            "canceled",
            "requires_payment_method, requires_capture,"
            " requires_confirmation, requires_action, or processing",
        )
    cancel_now(ctx, intent, reason)
    return Result(intent, "payment_intent.canceled", _ids(intent))


def cancel_now(ctx: Context, intent: Json, reason: str | None) -> None:
    """Cancel an intent and release what its charge holds."""
    charge = ctx.shelf.find("charge", intent["latest_charge"] or "")
    is_held = charge and charge["status"] == "succeeded" and not charge["captured"]
    if charge and is_held and _release_shows(ctx):
        before = dict(charge)
        _show_release(ctx, charge)
        ctx.emit("charge.refunded", charge, changes(before, charge))
    intent.update(
        status="canceled",
        canceled_at=ctx.now,
        cancellation_reason=reason,
        amount_capturable=0,
    )
    ctx.shelf.save("payment_intent", intent)
    ctx.emit("payment_intent.canceled", intent)


def expire_charge(ctx: Context, charge_id: str) -> None:
    """Let an authorization that nobody captured run out."""
    charge = ctx.shelf.find("charge", charge_id)
    if charge is None or charge["captured"] or charge["refunded"]:
        return
    before = dict(charge)
    if _release_shows(ctx):
        _show_release(ctx, charge)
    ctx.emit("charge.expired", charge, changes(before, charge))
    intent = ctx.shelf.find("payment_intent", charge["payment_intent"] or "")
    if intent and intent["status"] == "requires_capture":
        cancel_now(ctx, intent, "automatic")


def _release_shows(ctx: Context) -> bool:
    """Whether a released authorization is shown as refunded on its charge: unsure since basil."""
    return ctx.setting("release_marks_refunded", "1") == "1"


def _show_release(ctx: Context, charge: Json) -> None:
    charge.update(refunded=True, amount_refunded=charge["amount"])
    ctx.shelf.save("charge", charge)


def settle_charge(ctx: Context, charge: Json) -> Json:
    """Let a pending debit succeed."""
    before = dict(charge)
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    book_charge(ctx, charge, ctx.now)
    ctx.shelf.save("charge", charge)
    ctx.emit("charge.succeeded", charge, changes(before, charge))
    intent = ctx.shelf.find("payment_intent", charge["payment_intent"] or "")
    if intent:
        intent.update(status="succeeded", amount_received=charge["amount"])
        ctx.shelf.save("payment_intent", intent)
        ctx.emit("payment_intent.succeeded", intent)
    return charge


def _unexpected(intent: Json, verb: str, wanted: str) -> StripeError:
    return refused(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}."
        f" Only a PaymentIntent with one of the following statuses may be {verb}: {wanted}.",
        code="payment_intent_unexpected_state",
    )


def _ids(intent: Json) -> tuple[str, ...]:
    return tuple(str(part) for part in (intent["id"], intent["latest_charge"]) if part)


READ, WRITE = "rak_payment_intent_read", "rak_payment_intent_write"
ROUTES = (
    route(
        "GET",
        "payment_intents",
        list_intents,
        permission=READ,
        params="created customer customer_account ending_before limit starting_after",
    ),
    route(
        "GET",
        "payment_intents/*",
        retrieve_intent,
        params="client_secret",
        permission=READ,
    ),
    route(
        "POST",
        "payment_intents/*",
        update_intent,
        params="description metadata",
        permission=WRITE,
    ),
    route(
        "POST",
        "payment_intents/*/capture",
        capture_intent,
        permission=WRITE,
        params="amount_details amount_to_capture application_fee_amount final_capture hooks"
        " metadata payment_details statement_descriptor statement_descriptor_suffix transfer_data",
    ),
    route(
        "POST",
        "payment_intents/*/cancel",
        cancel_intent,
        params="cancellation_reason",
        permission=WRITE,
    ),
)
