"""The bodies of products, prices, coupons, subscriptions and invoices, with every field."""

from dataclasses import dataclass, field

from sandbox.wire import Json

INTERVAL_S = {"month": 30 * 24 * 3600, "year": 365 * 24 * 3600}


def product(object_id: str, created: int, name: str, description: str, *, livemode: bool) -> Json:
    """Write a product."""
    return {
        "id": object_id,
        "object": "product",
        "active": True,
        "created": created,
        "default_price": None,
        "description": description,
        "images": [],
        "livemode": livemode,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": created,
        "url": None,
    }


@dataclass(frozen=True)
class Tariff:
    """A price about to be written; `interval` is month, year or None for a single sale."""

    product: str
    amount: int
    currency: str
    interval: str | None
    nickname: str | None = None
    lookup_key: str | None = None


def price(object_id: str, created: int, tariff: Tariff, *, livemode: bool) -> Json:
    """Write a price."""
    recurring = None
    if tariff.interval:
        recurring = {
            "interval": tariff.interval,
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        }
    return {
        "id": object_id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": tariff.currency,
        "custom_unit_amount": None,
        "livemode": livemode,
        "lookup_key": tariff.lookup_key,
        "metadata": {},
        "nickname": tariff.nickname,
        "product": tariff.product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if tariff.interval else "one_time",
        "unit_amount": tariff.amount,
        "unit_amount_decimal": str(tariff.amount),
    }


def plan(of: Json) -> Json:
    """Write the legacy view of a recurring price."""
    return {
        "id": of["id"],
        "object": "plan",
        "active": of["active"],
        "amount": of["unit_amount"],
        "amount_decimal": of["unit_amount_decimal"],
        "billing_scheme": of["billing_scheme"],
        "created": of["created"],
        "currency": of["currency"],
        "interval": of["recurring"]["interval"],
        "interval_count": of["recurring"]["interval_count"],
        "livemode": of["livemode"],
        "metadata": {},
        "meter": None,
        "nickname": of["nickname"],
        "product": of["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


@dataclass(frozen=True)
class Rebate:
    """A coupon about to be written: percent or amount off."""

    name: str
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration: str = "once"
    months: int | None = None


def coupon(object_id: str, created: int, rebate: Rebate, *, livemode: bool) -> Json:
    """Write a coupon."""
    return {
        "id": object_id,
        "object": "coupon",
        "amount_off": rebate.amount_off,
        "created": created,
        "currency": rebate.currency,
        "duration": rebate.duration,
        "duration_in_months": rebate.months,
        "livemode": livemode,
        "max_redemptions": None,
        "metadata": {},
        "name": rebate.name,
        "percent_off": rebate.percent_off,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }


def promotion_code(
    object_id: str, created: int, code: str, coupon_id: str, *, livemode: bool
) -> Json:
    """Write a promotion code of a coupon."""
    return {
        "id": object_id,
        "object": "promotion_code",
        "active": True,
        "code": code,
        "created": created,
        "customer": None,
        "customer_account": None,
        "expires_at": None,
        "livemode": livemode,
        "max_redemptions": None,
        "metadata": {},
        "promotion": {"coupon": coupon_id, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        "times_redeemed": 0,
    }


def discount(object_id: str, start: int, coupon_id: str, subscription: Json) -> Json:
    """Write a coupon as applied to a subscription."""
    return {
        "id": object_id,
        "object": "discount",
        "checkout_session": None,
        "customer": subscription["customer"],
        "customer_account": None,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": coupon_id, "type": "coupon"},
        "start": start,
        "subscription": subscription["id"],
        "subscription_item": None,
    }


@dataclass(frozen=True)
class Contract:
    """A subscription about to be written."""

    customer: str
    price: Json
    start: int
    period_start: int
    period_end: int
    status: str = "active"
    quantity: int = 1
    trial_end: int | None = None
    method: str | None = None
    metadata: Json = field(default_factory=dict)


def subscription(object_id: str, item_id: str, deal: Contract, *, livemode: bool) -> Json:
    """Write a subscription with one item."""
    item: Json = {
        "id": item_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": deal.start,
        "current_period_end": deal.period_end,
        "current_period_start": deal.period_start,
        "discounts": [],
        "metadata": {},
        "plan": plan(deal.price),
        "price": deal.price,
        "quantity": deal.quantity,
        "subscription": object_id,
        "tax_rates": [],
    }
    paused = None
    if deal.status == "paused":
        paused = {
            "type": "paused",
            "paused": {
                "subscription": {"type": "trial_end_without_payment_method"},
                "type": "subscription",
                "transitioned_at": deal.period_start,
            },
        }
    return {
        "id": object_id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": deal.start,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": deal.start,
        "currency": deal.price["currency"],
        "customer": deal.customer,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": deal.method,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={object_id}",
        },
        "latest_invoice": None,
        "livemode": livemode,
        "managed_payments": None,
        "metadata": deal.metadata,
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "presentment_details": None,
        "schedule": None,
        "start_date": deal.start,
        "status": deal.status,
        "status_details": paused,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": deal.trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": deal.start if deal.trial_end else None,
    }


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
