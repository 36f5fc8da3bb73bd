"""Invoices and the payments that link them to payment intents."""

from sandbox.shelf import Match
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route

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


READ = "rak_invoice_read"
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
