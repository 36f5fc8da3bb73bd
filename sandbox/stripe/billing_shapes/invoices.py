"""Invoices, their line and their payment."""

from dataclasses import dataclass

from sandbox.wire import Json


@dataclass(frozen=True)
class Bill:
    """An invoice about to be written, with one line for a subscription's period."""

    created: int
    number: str
    customer: Json
    subscription: Json
    period: tuple[int, int]
    status: str = "paid"
    reason: str = "subscription_cycle"
    discount: int = 0
    discount_id: str | None = None
    attempts: int = 1
    text: str = "Subscription"


def invoice(object_id: str, line_id: str, bill: Bill, *, livemode: bool) -> Json:
    """Write an invoice; `status` is paid, open, draft, void or uncollectible."""
    item: Json = bill.subscription["items"]["data"][0]
    subtotal = item["price"]["unit_amount"] * item["quantity"]
    total = subtotal - bill.discount
    paid = total if bill.status == "paid" else 0
    line = _line(line_id, object_id, bill, subtotal, livemode=livemode)
    who = bill.customer
    done = bill.created + 3600
    discounted = [{"amount": bill.discount, "discount": bill.discount_id}] if bill.discount else []
    return {
        "id": object_id,
        "object": "invoice",
        "account_country": "IE",
        "account_name": "Aurora Labs",
        "account_tax_ids": None,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": paid,
        "amount_paid_off_stripe": 0,
        "amount_remaining": total - paid,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": bill.attempts,
        "attempted": bill.attempts > 0,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": bill.reason,
        "collection_method": "charge_automatically",
        "created": bill.created,
        "currency": item["price"]["currency"],
        "custom_fields": None,
        "customer": who["id"],
        "customer_account": None,
        "customer_address": who["address"],
        "customer_email": who["email"],
        "customer_name": who["name"],
        "customer_phone": who["phone"],
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [bill.discount_id] if bill.discount_id else [],
        "due_date": None,
        "effective_at": bill.created,
        "ending_balance": 0,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": f"https://invoice.example.com/i/{object_id}",
        "invoice_pdf": f"https://invoice.example.com/i/{object_id}/pdf",
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": {
            "object": "list",
            "data": [line],
            "has_more": False,
            "url": f"/v1/invoices/{object_id}/lines",
        },
        "livemode": livemode,
        "metadata": {},
        "next_payment_attempt": bill.created + 3 * 24 * 3600 if bill.status == "open" else None,
        "number": None if bill.status == "draft" else bill.number,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": bill.subscription["id"]},
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": bill.period[1],
        "period_start": bill.period[0],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": bill.status,
        "status_details": None,
        "status_transitions": {
            "finalized_at": None if bill.status == "draft" else done,
            "marked_uncollectible_at": done if bill.status == "uncollectible" else None,
            "paid_at": done if bill.status == "paid" else None,
            "voided_at": done if bill.status == "void" else None,
        },
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "test_clock": None,
        "threshold_reason": None,
        "total": total,
        "total_discount_amounts": discounted,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [{**part, "type": "discount"} for part in discounted],
        "total_taxes": [],
        "webhooks_delivered_at": bill.created,
    }


def _line(object_id: str, invoice_id: str, bill: Bill, amount: int, *, livemode: bool) -> Json:
    item: Json = bill.subscription["items"]["data"][0]
    price_body = item["price"]
    discounted = [{"amount": bill.discount, "discount": bill.discount_id}] if bill.discount else []
    return {
        "id": object_id,
        "object": "line_item",
        "amount": amount,
        "currency": price_body["currency"],
        "description": bill.text,
        "discount_amounts": discounted,
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": livemode,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": bill.subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": bill.period[1], "start": bill.period[0]},
        "pretax_credit_amounts": [{**part, "type": "discount"} for part in discounted],
        "pricing": {
            "price_details": {"price": price_body["id"], "product": price_body["product"]},
            "type": "price_details",
            "unit_amount_decimal": price_body["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": bill.subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }


def invoice_payment(object_id: str, of: Json, intent_id: str, *, livemode: bool) -> Json:
    """Write the link between an invoice and the intent that pays it."""
    paid = of["status"] == "paid"
    status = {"paid": "paid", "open": "open", "draft": "open"}.get(of["status"], "canceled")
    return {
        "id": object_id,
        "object": "invoice_payment",
        "amount_paid": of["amount_paid"] if paid else None,
        "amount_requested": of["amount_due"],
        "created": of["created"],
        "currency": of["currency"],
        "invoice": of["id"],
        "is_default": True,
        "livemode": livemode,
        "payment": {"payment_intent": intent_id, "type": "payment_intent"},
        "status": status,
        "status_transitions": {
            "canceled_at": of["created"] if status == "canceled" else None,
            "paid_at": of["created"] if paid else None,
        },
    }
