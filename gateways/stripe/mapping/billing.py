"""Subscriptions, invoices, and the links from invoices to what paid them."""

from gateways.snapshots import (
    Interval,
    InvoicePaymentSnapshot,
    InvoiceSnapshot,
    InvoiceStatus,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from gateways.stripe.mapping.amounts import iso_code, iso_minor, iso_minor_or_none
from gateways.stripe.mapping.catalogue import recurrence
from gateways.stripe.mapping.values import Obj, Seen, created, known, marker, ref, when

SUBSCRIPTION_STATUSES = {
    "incomplete": SubscriptionStatus.PENDING,
    "trialing": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.PAST_DUE,
    "paused": SubscriptionStatus.PAUSED,
    "canceled": SubscriptionStatus.CANCELED,
    "incomplete_expired": SubscriptionStatus.EXPIRED,
}
INVOICE_STATUSES = {
    "draft": InvoiceStatus.DRAFT,
    "open": InvoiceStatus.OPEN,
    "paid": InvoiceStatus.PAID,
    "void": InvoiceStatus.VOID,
    "uncollectible": InvoiceStatus.UNCOLLECTIBLE,
}


def subscription(obj: Obj, seen: Seen) -> SubscriptionSnapshot:
    """A subscription; its period spans those of its items, which may differ."""
    lines = obj["items"]["data"]
    items = tuple(_item(line) for line in lines)
    starts = [line["current_period_start"] for line in lines if line.get("current_period_start")]
    ends = [line["current_period_end"] for line in lines if line.get("current_period_end")]
    return SubscriptionSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker(obj),
        customer_id=ref(obj["customer"]),
        status=_subscription_status(obj),
        items=items,
        amount_minor=None if obj["items"].get("has_more") else _sum_of(items),
        currency=iso_code(obj["currency"]),
        interval=items[0].interval if items else Interval.ONCE,
        interval_count=items[0].interval_count if items else 1,
        started_at=when(obj.get("start_date")),
        period_start=when(min(starts, default=None)),
        period_end=when(max(ends, default=None)),
        trial_start=when(obj.get("trial_start")),
        trial_end=when(obj.get("trial_end")),
        cancel_at=when(obj.get("cancel_at")),
        cancels_at_period_end=bool(obj.get("cancel_at_period_end")),
        canceled_at=when(obj.get("canceled_at")),
        ended_at=when(obj.get("ended_at")),
        latest_invoice_id=ref(obj.get("latest_invoice")),
        coupon_ids=tuple(each["coupon_id"] for each in _discounts(obj) if each["coupon_id"]),
        pause=_pause_of(obj),
        discounts=_discounts(obj),
        metadata=obj.get("metadata") or {},
    )


def invoice(obj: Obj, seen: Seen) -> InvoiceSnapshot:
    """An invoice; `due` is what still has to be paid."""
    code = obj["currency"]
    lines = (obj.get("lines") or {}).get("data") or []
    # The invoice's own period is the one before; what is billed stands on the lines.
    periods = [line["period"] for line in lines if line.get("period")]
    return InvoiceSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=seen.is_deleted or bool(obj.get("deleted")),
        customer_id=ref(obj.get("customer")),
        subscription_id=_subscription_of(obj),
        number=obj.get("number") or "",
        status=_invoice_status(obj),
        total_minor=iso_minor(obj["total"], code),
        tax_minor=sum(iso_minor(tax["amount"], code) for tax in obj.get("total_taxes") or ()),
        due_minor=iso_minor(obj.get("amount_remaining") or 0, code),
        paid_minor=iso_minor(obj.get("amount_paid") or 0, code),
        currency=iso_code(code),
        due_at=when(obj.get("due_date")),
        period_start=when(
            min((each["start"] for each in periods), default=obj.get("period_start"))
        ),
        period_end=when(max((each["end"] for each in periods), default=obj.get("period_end"))),
        billing_reason=obj.get("billing_reason") or "",
        hosted_url=obj.get("hosted_invoice_url") or "",
        pdf_url=obj.get("invoice_pdf") or "",
        lines=tuple(
            {
                "description": line.get("description") or "",
                "amount_minor": iso_minor(line["amount"], code),
                "quantity": line.get("quantity"),
            }
            for line in lines
        ),
    )


def invoice_payment(obj: Obj, seen: Seen) -> InvoicePaymentSnapshot:
    """The link from an invoice to the payment intent or charge that paid it."""
    code = obj["currency"]
    paid = obj.get("amount_paid")
    source = obj.get("payment") or {}
    return InvoicePaymentSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        invoice_id=ref(obj["invoice"]),
        payment_id=ref(source.get("payment_intent")),
        charge_id=ref(source.get("charge")),
        status=obj["status"],
        amount_minor=iso_minor(obj["amount_requested"] if paid is None else paid, code),
        currency=iso_code(code),
    )


def _item(line: Obj) -> SubscriptionItem:
    price = line["price"]
    product = price.get("product")
    interval, count = recurrence(price)
    named = product.get("name") if isinstance(product, dict) else ""
    return SubscriptionItem(
        external_id=line["id"],
        price_id=price["id"],
        product_id=ref(product),
        name=price.get("nickname") or named or "",
        amount_minor=iso_minor_or_none(price.get("unit_amount"), price["currency"]),
        currency=iso_code(price["currency"]),
        interval=interval,
        interval_count=count,
        quantity=1 if line.get("quantity") is None else line["quantity"],
    )


def _sum_of(items: tuple[SubscriptionItem, ...]) -> int | None:
    """The price of one period, where all items share it and none is tiered or metered."""
    if len({(item.interval, item.interval_count, item.currency) for item in items}) != 1:
        return None
    amounts = [item.amount_minor for item in items]
    if None in amounts:
        return None
    return sum((item.amount_minor or 0) * item.quantity for item in items)


def _subscription_status(obj: Obj) -> SubscriptionStatus:
    if obj["status"] == "active" and obj.get("pause_collection"):
        return SubscriptionStatus.PAUSED
    return known(
        SUBSCRIPTION_STATUSES,
        obj["status"],
        field="subscription.status",
        fallback=SubscriptionStatus.UNKNOWN,
    )


def _pause_of(obj: Obj) -> str:
    if obj["status"] == "paused":
        return "whole"
    return "collection" if obj.get("pause_collection") else ""


def _discounts(obj: Obj) -> tuple[dict[str, str], ...]:
    # One that came as a bare id does not tell its coupon.
    expanded = [each for each in obj.get("discounts") or () if isinstance(each, dict)]
    return tuple(
        {"external_id": each["id"], "coupon_id": ref((each.get("source") or {}).get("coupon"))}
        for each in expanded
    )


def _invoice_status(obj: Obj) -> InvoiceStatus:
    if obj["status"] == "open" and obj.get("amount_paid"):
        return InvoiceStatus.PARTIALLY_PAID
    return known(
        INVOICE_STATUSES, obj["status"], field="invoice.status", fallback=InvoiceStatus.UNKNOWN
    )


def _subscription_of(obj: Obj) -> str:
    parent = obj.get("parent") or {}
    return ref((parent.get("subscription_details") or {}).get("subscription"))
