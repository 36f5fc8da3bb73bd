"""Transactions and invoices."""

from sandbox.recurly.context import Context, stamp
from sandbox.recurly.shapes.ground import DAY, Deal, major, times, uuid_of
from sandbox.recurly.shapes.people import account_mini, card
from sandbox.wire import Json

GATEWAY = {
    "id": "gatewayaurora1",
    "object": "payment_gateway",
    "type": "test",
    "name": "Test Gateway",
}


def invoice_mini(body: Json) -> Json:
    """An invoice as transactions name it."""
    names = ("id", "number", "type", "state")
    return {"object": "invoice", **{name: body[name] for name in names}}


def transaction(ctx: Context, owner: Json, deal: Deal, bill: Json, *, kind: str) -> Json:
    """One attempt to take money, or a refund."""
    object_id = ctx.new_id()
    is_good = deal.status == "success"
    return {
        "id": object_id,
        "object": "transaction",
        "uuid": uuid_of(object_id),
        "original_transaction_id": None,
        "account": account_mini(owner),
        "invoice": invoice_mini(bill),
        "voided_by_invoice": None,
        "subscription_ids": list(bill["subscription_ids"]),
        "type": kind,
        "origin": deal.origin,
        "currency": deal.currency,
        "amount": major(deal.amount, deal.currency),
        "status": deal.status,
        "success": is_good,
        "refunded": False,
        "billing_address": {
            "first_name": owner["first_name"],
            "last_name": owner["last_name"],
            **owner["address"],
        },
        "collection_method": "automatic",
        "payment_method": card(),
        "payment_gateway_references": [],
        "ip_address_v4": None,
        "ip_address_country": None,
        "status_code": deal.status_code or ("success" if is_good else deal.status),
        "status_message": "Successful test transaction" if is_good else "The card was declined.",
        "customer_message": "" if is_good else "Your card was declined.",
        "customer_message_locale": "en-US",
        "payment_gateway": {**GATEWAY, "type": deal.gateway} if deal.gateway else GATEWAY,
        "gateway_message": "",
        "gateway_reference": deal.reference or f"gw_{object_id}",
        "gateway_approval_code": None,
        "gateway_response_code": None,
        "gateway_response_time": 0.2,
        "cvv_check": None,
        "avs_check": None,
        "voided_at": None,
        "collected_at": stamp(deal.created),
        **times(deal.created),
    }


def invoice(ctx: Context, owner: Json, deal: Deal, *, kind: str, state: str) -> Json:
    """A charge invoice with one line, or the credit invoice of a refund."""
    object_id = ctx.new_id()
    amount = major(deal.amount if kind == "charge" else -deal.amount, deal.currency)
    paid = kind == "charge" and state == "paid"
    zero = major(0, deal.currency)
    return {
        "id": object_id,
        "uuid": uuid_of(object_id),
        "object": "invoice",
        "type": kind,
        "origin": "purchase" if kind == "charge" else "refund",
        "state": state,
        "account": account_mini(owner),
        "subscription_ids": [deal.subscription["id"]] if deal.subscription else [],
        "previous_invoice_id": None,
        "number": str(1000 + ctx.shelf.count("invoice")),
        "collection_method": "automatic",
        "po_number": None,
        "net_terms": 0,
        "address": {**owner["address"], "first_name": owner["first_name"]},
        "currency": deal.currency,
        "discount": zero,
        "subtotal": amount,
        "tax": zero,
        "total": amount,
        "refundable_amount": amount if paid else zero,
        "paid": amount if paid or kind == "credit" else zero,
        "balance": zero if paid or kind == "credit" else amount,
        "vat_number": None,
        "terms_and_conditions": None,
        "customer_notes": None,
        "line_items": [_line(ctx, owner, deal, object_id, amount)],
        "has_more_line_items": False,
        "transactions": [],
        "credit_payments": [],
        "due_at": stamp(deal.created),
        "closed_at": stamp(deal.created) if state in {"paid", "closed"} else None,
        **times(deal.created),
    }


def _line(ctx: Context, owner: Json, deal: Deal, invoice_id: str, amount: float | int) -> Json:
    object_id = ctx.new_id()
    length = 30 * DAY if deal.subscription else 0
    return {
        "id": object_id,
        "object": "line_item",
        "uuid": uuid_of(object_id),
        "type": "charge" if amount >= 0 else "credit",
        "state": "invoiced",
        "account": account_mini(owner),
        "subscription_id": deal.subscription["id"] if deal.subscription else None,
        "invoice_id": invoice_id,
        "currency": deal.currency,
        "amount": amount,
        "description": deal.description,
        "quantity": 1,
        "unit_amount": abs(amount),
        "subtotal": amount,
        "discount": major(0, deal.currency),
        "tax": major(0, deal.currency),
        "start_date": stamp(deal.created),
        "end_date": stamp(deal.created + length) if length else None,
        **times(deal.created),
    }
