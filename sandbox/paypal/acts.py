"""What a person or a bank does at PayPal, outside the API."""

from sandbox.paypal import invoicing
from sandbox.paypal.billing import change_status
from sandbox.paypal.context import Context
from sandbox.paypal.disputes import open_dispute, resolve_dispute
from sandbox.paypal.errors import PayPalError
from sandbox.paypal.payments import (
    authorization_doc,
    capture_doc,
    captured_minor,
    make_refund,
    refund_doc,
    refunded_minor,
    settle_capture,
)
from sandbox.wire import Json

KINDS = ("capture", "refund", "authorization", "subscription", "dispute", "invoice")


def act(ctx: Context, order: Json) -> Json:
    """Carry out one act and answer the object it is about."""
    object_id, what = order["object"], order["do"]
    kind, record = _find(ctx, object_id)
    done = {
        ("capture", "dashboard_refund"): _refund,
        ("capture", "dispute"): _dispute,
        ("capture", "settle"): _settle,
        ("capture", "fail_refund"): _fail_newest_refund,
        ("capture", "reverse"): _reverse,
        ("capture", "refund_as"): _refund_as,
        ("capture", "decline"): _decline,
        ("refund", "settle"): _settle_refund,
        ("refund", "fail_refund"): _fail_refund,
        ("authorization", "cancel"): _void,
        ("subscription", "cancel"): _cancel,
        ("subscription", "fail_renewal"): _fail_renewal,
        ("dispute", "close"): _close,
        ("invoice", "cancel"): _cancel_invoice,
        ("invoice", "send"): _send_invoice,
    }.get((kind, what))
    if done is None:
        raise ValueError(f"a {kind} knows no {what}")
    try:
        return {"object": done(ctx, record, order)}
    except PayPalError as error:
        raise ValueError(f"{object_id} cannot be told to {what}: {error}") from error


def _find(ctx: Context, object_id: str) -> tuple[str, Json]:
    for kind in KINDS:
        found = ctx.shelf.find(kind, object_id)
        if found is not None:
            return kind, found
    raise KeyError(object_id)


def _refund(ctx: Context, capture: Json, order: Json) -> Json:
    left = capture["minor"] - refunded_minor(ctx, capture)
    refund = make_refund(ctx, capture, int(order.get("amount") or left))
    return refund_doc(ctx, refund)


def _decline(ctx: Context, capture: Json, _order: Json) -> Json:
    """The bank did not pay after all; what was held can be captured again."""
    capture |= {"status": "DECLINED", "updated": ctx.now}
    ctx.shelf.save("capture", capture)
    held = ctx.shelf.find("authorization", str(capture.get("authorization")))
    if held is not None:
        status = "PARTIALLY_CAPTURED" if captured_minor(ctx, held) else "CREATED"
        held |= {"status": status, "updated": ctx.now}
        ctx.shelf.save("authorization", held)
    doc = capture_doc(ctx, capture, is_whole=True)
    ctx.emit("PAYMENT.CAPTURE.DECLINED", "capture", doc)
    return doc


def _refund_as(ctx: Context, capture: Json, order: Json) -> Json:
    capture["refund_as"] = order["outcome"]
    ctx.shelf.save("capture", capture)
    return capture_doc(ctx, capture)


def _dispute(ctx: Context, capture: Json, order: Json) -> Json:
    return open_dispute(
        ctx,
        capture,
        reason=order.get("reason", "UNAUTHORISED"),
        status=order.get("status", "WAITING_FOR_SELLER_RESPONSE"),
    )


def _close(ctx: Context, dispute: Json, order: Json) -> Json:
    resolve_dispute(ctx, dispute, outcome=order.get("outcome", "RESOLVED_SELLER_FAVOUR"))
    return dispute


def _settle(ctx: Context, capture: Json, _: Json) -> Json:
    refunds = [
        each for each in ctx.of("refund", "capture", capture["id"]) if each["status"] == "PENDING"
    ]
    if refunds:
        return _settle_refund(ctx, refunds[-1], {})
    capture |= {"status": "COMPLETED", "updated": ctx.now}
    ctx.shelf.save("capture", capture)
    doc = capture_doc(ctx, capture, is_whole=True)
    ctx.emit("PAYMENT.CAPTURE.COMPLETED", "capture", doc)
    return doc


def _settle_refund(ctx: Context, refund: Json, _: Json) -> Json:
    return _move_refund(ctx, refund, "COMPLETED")


def _fail_refund(ctx: Context, refund: Json, _: Json) -> Json:
    return _move_refund(ctx, refund, "FAILED")


def _fail_newest_refund(ctx: Context, capture: Json, _: Json) -> Json:
    return _move_refund(ctx, ctx.of("refund", "capture", capture["id"])[-1], "FAILED")


def _move_refund(ctx: Context, refund: Json, status: str) -> Json:
    refund |= {"status": status, "updated": ctx.now}
    ctx.shelf.save("refund", refund)
    settle_capture(ctx, ctx.need("capture", refund["capture"]))
    doc = refund_doc(ctx, refund)
    ctx.emit(f"PAYMENT.REFUND.{status}", "refund", doc)
    return doc


def _reverse(ctx: Context, capture: Json, _: Json) -> Json:
    capture |= {"is_reversed": True, "updated": ctx.now}
    ctx.shelf.save("capture", capture)
    doc = capture_doc(ctx, capture, is_whole=True)
    ctx.emit("PAYMENT.CAPTURE.REVERSED", "capture", doc)
    return doc


def _void(ctx: Context, held: Json, _: Json) -> Json:
    held |= {"status": "VOIDED", "updated": ctx.now}
    ctx.shelf.save("authorization", held)
    doc = authorization_doc(ctx, held, is_whole=True)
    ctx.emit("PAYMENT.AUTHORIZATION.VOIDED", "authorization", doc)
    return doc


def _cancel(ctx: Context, agreement: Json, _: Json) -> Json:
    change_status(ctx, agreement, "CANCELLED", note="Cancelled by the buyer")
    return agreement


def _cancel_invoice(ctx: Context, invoice: Json, _: Json) -> Json:
    ctx.args = (invoice["id"],)
    invoicing.cancel_invoice(ctx)
    return invoicing.invoice_doc(ctx, ctx.need("invoice", invoice["id"]))


def _send_invoice(ctx: Context, invoice: Json, _: Json) -> Json:
    ctx.args = (invoice["id"],)
    invoicing.send_invoice(ctx)
    return invoicing.invoice_doc(ctx, ctx.need("invoice", invoice["id"]))


def _fail_renewal(ctx: Context, agreement: Json, _: Json) -> Json:
    plan = ctx.need("plan", agreement["plan"])
    agreement["failed"] = agreement.get("failed", 0) + 1
    agreement["owed"] = agreement.get("owed", 0) + plan["minor"]
    ctx.shelf.save("subscription", agreement)
    ctx.emit("BILLING.SUBSCRIPTION.PAYMENT.FAILED", "subscription", {"id": agreement["id"]})
    return agreement
