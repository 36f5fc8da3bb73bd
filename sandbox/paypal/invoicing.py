"""Invoices: read, sent, cancelled; invoicing has no keys (reference 4.1)."""

from sandbox.paypal.amounts import money
from sandbox.paypal.context import Context, Result, iso, link
from sandbox.paypal.errors import PayPalError, invalid
from sandbox.paypal.routes import route
from sandbox.wire import Json

MOST_PER_PAGE = 100
SCOPE, WRITES = "invoicing/invoices/read", "invoicing/invoices/readwrite"


def list_invoices(ctx: Context) -> Result:
    """GET /v2/invoicing/invoices."""
    size, page = int(ctx.params.get("page_size", 20)), int(ctx.params.get("page", 1))
    if not 1 <= size <= MOST_PER_PAGE or page < 1:
        raise invalid("INVALID_PARAMETER_VALUE", "page_size")
    docs = [invoice_doc(ctx, each) for each in ctx.shelf.all("invoice")]
    shown = [
        {name: value for name, value in doc.items() if name != "items"}
        for doc in docs[(page - 1) * size : page * size]
    ]
    body: Json = {"items": shown, "links": []}
    if ctx.params.get("total_required") == "true":
        body |= {"total_items": len(docs), "total_pages": -(-len(docs) // size)}
    return Result(body)


def retrieve_invoice(ctx: Context) -> Result:
    """GET /v2/invoicing/invoices/{id}."""
    return Result(invoice_doc(ctx, ctx.need("invoice", ctx.args[0])))


def send_invoice(ctx: Context) -> Result:
    """POST /v2/invoicing/invoices/{id}/send: a draft only; another is reminded of."""
    invoice = ctx.need("invoice", ctx.args[0])
    if invoice["status"] != "DRAFT":
        raise _unsuitable("INVALID_INVOICE_STATUS", "Invoice is already sent.")
    _turn(ctx, invoice, "SENT")
    path = f"/v2/invoicing/invoices/{invoice['id']}"
    ids = (str(invoice["id"]),)
    return Result(link(ctx, "self", path), "invoice.sent", ids)


def cancel_invoice(ctx: Context) -> Result:
    """POST /v2/invoicing/invoices/{id}/cancel: a sent one that nobody has paid."""
    invoice = ctx.need("invoice", ctx.args[0])
    if invoice["status"] not in {"SENT", "UNPAID"}:
        raise _unsuitable("INVALID_INVOICE_STATUS", "Only sent invoices can be cancelled.")
    _turn(ctx, invoice, "CANCELLED")
    return Result(None, "invoice.voided", (str(invoice["id"]),), status=204)


def _turn(ctx: Context, invoice: Json, status: str) -> None:
    invoice["status"], invoice["updated"] = status, ctx.now
    ctx.shelf.save("invoice", invoice)
    news = "CANCELLED" if status == "CANCELLED" else "UPDATED"
    ctx.emit(f"INVOICING.INVOICE.{news}", "invoice", {"invoice": invoice_doc(ctx, invoice)})


def _unsuitable(issue: str, description: str) -> PayPalError:
    detail = {"issue": issue, "description": description}
    message = "The requested action could not be performed, semantically incorrect."
    return PayPalError(422, "UNPROCESSABLE_ENTITY", message, (detail,))


def invoice_doc(ctx: Context, invoice: Json) -> Json:
    """An invoice."""
    total = money(invoice["minor"], invoice["currency"])
    tax = invoice["minor"] // 6
    payer = invoice["payer"]
    doc: Json = {
        "id": invoice["id"],
        "status": invoice["status"],
        "detail": {
            "currency_code": invoice["currency"],
            "invoice_number": invoice["number"],
            "invoice_date": iso(invoice["created"])[:10],
            "note": "Thank you.",
            "payment_term": {"term_type": "NET_30", "due_date": iso(invoice["due"])[:10]},
            "metadata": {
                "create_time": iso(invoice["created"]),
                "last_update_time": iso(invoice.get("updated") or invoice["created"]),
                "recipient_view_url": f"https://www.sandbox.paypal.com/invoice/p/#{invoice['id']}",
            },
        },
        "primary_recipients": [
            {
                "billing_info": {
                    "name": {"given_name": payer["given"], "surname": payer["surname"]},
                    "email_address": payer["email"],
                }
            }
        ],
        "items": [
            {
                "name": "Consulting",
                "quantity": "1",
                "unit_amount": money(invoice["minor"] - tax, invoice["currency"]),
            }
        ],
        "amount": {
            **total,
            "breakdown": {"tax_total": money(tax, invoice["currency"])},
        },
        "due_amount": money(invoice["minor"] - invoice.get("paid", 0), invoice["currency"]),
        "links": [link(ctx, "self", f"/v2/invoicing/invoices/{invoice['id']}")],
    }
    if invoice.get("paid"):
        paid = money(invoice["paid"], invoice["currency"])
        doc["payments"] = {
            "paid_amount": paid,
            "transactions": [
                {
                    "payment_id": invoice["capture"],
                    "method": "PAYPAL",
                    "type": "PAYPAL",
                    "payment_date": iso(invoice["created"])[:10],
                    "amount": paid,
                }
            ],
        }
    return doc


ROUTES = (
    route("GET", "/v2/invoicing/invoices", list_invoices, scope=SCOPE),
    route("GET", "/v2/invoicing/invoices/*", retrieve_invoice, scope=SCOPE),
    route("POST", "/v2/invoicing/invoices/*/send", send_invoice, scope=WRITES),
    route("POST", "/v2/invoicing/invoices/*/cancel", cancel_invoice, scope=WRITES),
)
