"""Invoices and the payments that link them to payment intents."""

from sandbox.shelf import Match
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError, refused
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

PAGE = "limit starting_after ending_before created"


def list_invoices(ctx: Context) -> Result:
    """GET /v1/invoices."""
    filters = {
        "customer": "customer",
        "status": "status",
        "collection_method": "collection_method",
        "subscription": "parent.subscription_details.subscription",
    }
    return listing(ctx, "invoice", "/v1/invoices", filters=filters)


def retrieve_invoice(ctx: Context) -> Result:
    """GET /v1/invoices/*: `payments` needs expand."""
    return Result(ctx.need("invoice", ctx.args[0], param="invoice"))


def finalize_invoice(ctx: Context) -> Result:
    """POST /v1/invoices/*/finalize."""
    body = ctx.need("invoice", ctx.args[0], param="invoice")
    if body["status"] != "draft":
        raise refused(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    _finalize(ctx, body)
    return Result(body, "invoice.finalized", (body["id"],))


def send_invoice(ctx: Context) -> Result:
    """POST /v1/invoices/*/send: "finalises a draft; needs collection_method send_invoice" (4.2)."""
    body = ctx.need("invoice", ctx.args[0], param="invoice")
    if body["collection_method"] != "send_invoice":
        raise refused(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    if body["status"] not in {"draft", "open"}:
        raise refused(f"Invoices with a status of {body['status']} cannot be sent.")
    if body["status"] == "draft":
        _finalize(ctx, body)
    ctx.emit("invoice.sent", body)
    return Result(body, "invoice.sent", (body["id"],))


def void_invoice(ctx: Context) -> Result:
    """POST /v1/invoices/*/void: nobody owes it any more."""
    body = ctx.need("invoice", ctx.args[0], param="invoice")
    if body["status"] not in {"open", "uncollectible"}:
        raise refused(
            f"You can only pass in open invoices. This invoice isn't open: {body['status']}.",
            code="invoice_not_editable",
        )
    body.update(status="void", next_payment_attempt=None)
    body["status_transitions"]["voided_at"] = ctx.now
    ctx.shelf.save("invoice", body)
    ctx.emit("invoice.voided", body)
    return Result(body, "invoice.voided", (body["id"],))


def _finalize(ctx: Context, body: Json) -> None:
    who = ctx.need("customer", body["customer"])
    number = f"{who['invoice_prefix']}-{who['next_invoice_sequence']:04d}"
    who["next_invoice_sequence"] += 1
    ctx.shelf.save("customer", who)
    body.update(status="open", number=number, effective_at=ctx.now)
    body["status_transitions"]["finalized_at"] = ctx.now
    ctx.shelf.save("invoice", body)
    ctx.emit("invoice.finalized", body)


def list_invoice_payments(ctx: Context) -> Result:
    """GET /v1/invoice_payments: the only link from a payment to its invoice."""
    payment = ctx.params.get("payment")
    always: tuple[Match, ...] = ()
    if payment is not None:
        if not isinstance(payment, dict) or "type" not in payment:
            raise StripeError(
                "Missing required param: payment[type].",
                code="parameter_missing",
                param="payment[type]",
            )
        always = (Match("payment.payment_intent", (payment.get("payment_intent", ""),)),)
    filters = {"invoice": "invoice", "status": "status"}
    return listing(ctx, "invoice_payment", "/v1/invoice_payments", filters=filters, always=always)


def retrieve_invoice_payment(ctx: Context) -> Result:
    """GET /v1/invoice_payments/*."""
    return Result(ctx.need("invoice_payment", ctx.args[0], param="invoice_payment"))


def list_credit_notes(ctx: Context) -> Result:
    """GET /v1/credit_notes: nothing makes any here yet, so the list is empty."""
    filters = {"customer": "customer", "invoice": "invoice"}
    return listing(ctx, "credit_note", "/v1/credit_notes", filters=filters)


READ, WRITE = "rak_invoice_read", "rak_invoice_write"
ROUTES = (
    route(
        "GET",
        "invoices",
        list_invoices,
        permission=READ,
        params=f"{PAGE} collection_method customer customer_account due_date status subscription",
    ),
    route("GET", "invoices/*", retrieve_invoice, permission=READ),
    route(
        "POST",
        "invoices/*/finalize",
        finalize_invoice,
        params="auto_advance",
        permission=WRITE,
    ),
    route("POST", "invoices/*/send", send_invoice, permission=WRITE),
    route("POST", "invoices/*/void", void_invoice, permission=WRITE),
    route(
        "GET",
        "invoice_payments",
        list_invoice_payments,
        params=f"{PAGE} invoice payment status",
        permission=READ,
    ),
    route("GET", "invoice_payments/*", retrieve_invoice_payment, permission=READ),
    route(
        "GET",
        "credit_notes",
        list_credit_notes,
        permission="rak_credit_note_read",
        params=f"{PAGE} customer customer_account invoice",
    ),
)
