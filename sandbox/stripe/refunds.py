"""Refunds: what may go back, and the endpoints (reference 4.3)."""

from sandbox.shelf import Match
from sandbox.stripe import refund_life, shapes
from sandbox.stripe.context import Context, Result
from sandbox.stripe.currencies import check_step, iso_minor, shown
from sandbox.stripe.customers import changes
from sandbox.stripe.errors import StripeError, missing, refused
from sandbox.stripe.forms import amount_of, choice, merged_metadata
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
# Disputes in these states do not block a refund.
HARMLESS_DISPUTES = frozenset(
    {
        "won",
        "prevented",
        "warning_closed",
        "warning_needs_response",
        "warning_under_review",
    }
)


def create_refund(ctx: Context) -> Result:
    """POST /v1/refunds."""
    amount = amount_of(ctx.params, "amount")
    reason = choice(ctx.params, "reason", REASONS)
    metadata = merged_metadata({}, ctx.params)
    charge = _target(ctx)
    if not charge["captured"] and charge["status"] == "succeeded":
        return _release(ctx, charge)
    _check_refundable(ctx, charge)
    left = _left(charge)
    wanted = left if amount is None else amount
    check_step(wanted, charge["currency"])
    if wanted > left:
        raise _too_much(ctx, charge, wanted, left)
    how = ctx.shelf.hidden("charge", charge["id"]).get("refund_as") or _usual(ctx, charge)
    body = refund_life.record_refund(
        ctx,
        charge,
        shapes.Reversal(wanted, ctx.now, reason=reason, metadata=metadata),
        how,
    )
    ids = tuple(str(x) for x in (body["id"], charge["id"], charge["payment_intent"]) if x)
    return Result(body, "refund.created", ids, iso_minor(wanted, charge["currency"]))


def _left(charge: Json) -> int:
    taken = charge["amount"] if charge["status"] == "pending" else charge["amount_captured"]
    return int(taken - charge["amount_refunded"])


def _target(ctx: Context) -> Json:
    charge_id, intent_id = ctx.params.get("charge"), ctx.params.get("payment_intent")
    if not charge_id and not intent_id:
        raise StripeError(
            "One of the following params should be provided for this request: payment_intent or"
            " charge.",
            code="parameter_missing",
        )
    if intent_id:
        intent = ctx.need("payment_intent", intent_id, param="payment_intent")
        found = ctx.shelf.find("charge", intent["latest_charge"] or "")
        if found is None or (charge_id and found["id"] != charge_id) or not _took_money(found):
            raise _no_charge(intent_id)
        return found
    return ctx.need("charge", str(charge_id), param="charge")


def _took_money(charge: Json) -> bool:
    return bool(charge["captured"]) and charge["status"] != "failed"


def _no_charge(intent_id: str) -> StripeError:
    return refused(
        f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
        code="payment_intent_unexpected_state",
        param="payment_intent",
    )


def _check_refundable(ctx: Context, charge: Json) -> None:
    if charge["status"] == "failed":
        raise refused(
            f"Charge {charge['id']} was not successful and cannot be refunded.",
            code="charge_not_refundable",
            param="charge",
        )
    if charge["refunded"] or _left(charge) <= 0:
        raise refused(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )
    disputes = ctx.shelf.all("dispute", Match("charge", (charge["id"],)))
    if any(dispute["status"] not in HARMLESS_DISPUTES for dispute in disputes):
        raise refused(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )


def _too_much(ctx: Context, charge: Json, wanted: int, left: int) -> StripeError:
    currency = charge["currency"]
    limit = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
    code = ctx.setting("over_refund_code", "") or None
    return refused(
        f"Refund amount ({shown(wanted, currency)}) is greater than {limit}"
        f" ({shown(left, currency)})",
        code=code,
        param="amount",
    )


def _release(ctx: Context, charge: Json) -> Result:
    if charge["refunded"]:
        raise refused(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )
    if charge["payment_intent"]:
        raise refused(
            f"Charge {charge['id']} is not captured. To release it, cancel the PaymentIntent"
            f" {charge['payment_intent']}.",
            code="payment_intent_unexpected_state",
            param="charge",
        )
    before = dict(charge)
    back = shapes.Reversal(charge["amount"], ctx.now)
    body = shapes.refund(ctx.new_id("re_3"), charge, back)
    ctx.shelf.add("refund", body)
    charge.update(refunded=True, amount_refunded=charge["amount"])
    ctx.shelf.save("charge", charge)
    ctx.emit("charge.refunded", charge, changes(before, charge))
    return Result(body, "charge.voided", (body["id"], charge["id"]))


def _usual(ctx: Context, charge: Json) -> str:
    if charge["status"] == "pending":
        return "charge_pending"
    kind = (charge["payment_method_details"] or {}).get("type", "card")
    return ctx.setting(f"refund_as.{kind}", "succeeded")


def cancel_refund(ctx: Context) -> Result:
    """POST /v1/refunds/*/cancel: only those that still need an action."""
    body = ctx.need("refund", ctx.args[0])
    if body["status"] != "requires_action":
        raise refused(
            f"Refund {body['id']} cannot be canceled because its status is {body['status']}. Only"
            " refunds with status requires_action can be canceled."
        )
    canceled = refund_life.cancel_now(ctx, body)
    return Result(canceled, "refund.canceled", (body["id"], body["charge"]))


def retrieve_refund(ctx: Context) -> Result:
    """GET /v1/refunds/*."""
    body = ctx.need("refund", ctx.args[0])
    return Result(body, ids=(body["id"], body["charge"]))


def update_refund(ctx: Context) -> Result:
    """POST /v1/refunds/*: metadata only."""
    body = ctx.need("refund", ctx.args[0])
    before = dict(body)
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)
    ctx.shelf.save("refund", body)
    ctx.emit("refund.updated", body, changes(before, body))
    return Result(body, "refund.updated", (body["id"], body["charge"]))


def list_refunds(ctx: Context) -> Result:
    """GET /v1/refunds: an unknown charge or intent is refused, not answered with nothing."""
    for name in ("charge", "payment_intent"):
        value = ctx.params.get(name)
        if value and ctx.shelf.find(name, value) is None:
            raise missing(name, value, param=name)
    filters = {"charge": "charge", "payment_intent": "payment_intent"}
    found = listing(ctx, "refund", "/v1/refunds", filters=filters)
    return Result(
        found.body,
        ids=tuple(ctx.params[name] for name in filters if name in ctx.params),
    )


READ, WRITE = "rak_charge_read", "rak_charge_write"


ROUTES = (
    route(
        "POST",
        "refunds",
        create_refund,
        permission=WRITE,
        params="amount charge currency customer instructions_email metadata origin payment_intent"
        " reason refund_application_fee reverse_transfer",
    ),
    route(
        "GET",
        "refunds",
        list_refunds,
        permission=READ,
        params="charge created ending_before limit payment_intent starting_after",
    ),
    route("GET", "refunds/*", retrieve_refund, permission=READ),
    route("POST", "refunds/*", update_refund, params="metadata", permission=WRITE),
    route("POST", "refunds/*/cancel", cancel_refund, permission=WRITE),
)
