"""Subscriptions and invoices."""

from gateways.recurly.mapping.amounts import iso_code, iso_minor, iso_minor_or_none
from gateways.recurly.mapping.catalogue import price_id, recurrence
from gateways.recurly.mapping.values import (
    Obj,
    Seen,
    created,
    has_passed,
    intent_of,
    known,
    ref,
    when,
)
from gateways.snapshots import (
    Interval,
    InvoiceSnapshot,
    InvoiceStatus,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

SUBSCRIPTION_STATUSES = {
    "future": SubscriptionStatus.PENDING,
    "active": SubscriptionStatus.ACTIVE,
    "paused": SubscriptionStatus.PAUSED,
    # Canceled at Recurly means: runs until the end of its term.
    "canceled": SubscriptionStatus.ACTIVE,
    "expired": SubscriptionStatus.EXPIRED,
    "failed": SubscriptionStatus.EXPIRED,
}
# How a subscription is paused; orders that end a pause name it.
PLANNED, BEGUN = "planned", "whole"
INVOICE_STATUSES = {
    "open": InvoiceStatus.OPEN,
    "pending": InvoiceStatus.OPEN,
    "processing": InvoiceStatus.OPEN,
    "past_due": InvoiceStatus.OPEN,
    "paid": InvoiceStatus.PAID,
    "closed": InvoiceStatus.PAID,
    "failed": InvoiceStatus.UNCOLLECTIBLE,
    "voided": InvoiceStatus.VOID,
}


def subscription(obj: Obj, seen: Seen) -> SubscriptionSnapshot:
    """A subscription to one plan with its add-ons."""
    code = obj["currency"]
    interval, count = recurrence(seen.plan) if seen.plan else _guessed(obj)
    ends = when(obj.get("current_term_ends_at")) or when(obj.get("current_period_ends_at"))
    is_ending = obj["state"] == "canceled" or obj.get("auto_renew") is False
    trial_end = when(obj.get("trial_ends_at"))
    discounts = _discounts(obj)
    return SubscriptionSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=intent_of(obj.get("po_number")),
        customer_id=ref(obj["account"]),
        status=_subscription_status(obj, seen),
        items=_items(obj, interval, count),
        amount_minor=iso_minor_or_none(obj.get("subtotal"), code),
        currency=iso_code(code),
        interval=interval,
        interval_count=count,
        started_at=when(obj.get("activated_at")),
        period_start=when(obj.get("current_period_started_at")),
        period_end=when(obj.get("current_period_ends_at")),
        trial_start=when(obj.get("trial_started_at")),
        trial_end=trial_end,
        cancel_at=when(obj.get("expires_at")) or ends
        if is_ending and obj["state"] != "expired"
        else None,
        pause=paused_how(obj),
        cancels_at_period_end=is_ending and obj["state"] in {"active", "canceled", "paused"},
        canceled_at=when(obj.get("canceled_at")),
        ended_at=when(obj.get("expires_at")) if obj["state"] in {"expired", "failed"} else None,
        latest_invoice_id=obj.get("active_invoice_id") or "",
        coupon_ids=tuple(each["coupon_id"] for each in discounts),
        discounts=discounts,
        metadata={"uuid": obj["uuid"]} if obj.get("uuid") else {},
    )


def invoice(obj: Obj, seen: Seen) -> InvoiceSnapshot:
    """An invoice or credit invoice; `due` is what still has to be paid."""
    code = obj["currency"]
    lines = obj.get("line_items") or ()
    starts = [each["start_date"] for each in lines if each.get("start_date")]
    ends = [each["end_date"] for each in lines if each.get("end_date")]
    return InvoiceSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        customer_id=ref(obj.get("account")),
        subscription_id=next(iter(obj.get("subscription_ids") or ()), ""),
        number=str(obj.get("number") or ""),
        status=_invoice_status(obj),
        total_minor=iso_minor(obj["total"], code),
        tax_minor=iso_minor(obj.get("tax") or 0, code),
        due_minor=iso_minor(obj.get("balance") or 0, code),
        paid_minor=iso_minor(obj.get("paid") or 0, code),
        currency=iso_code(code),
        due_at=when(obj.get("due_at")),
        period_start=when(min(starts, default=None)),
        period_end=when(max(ends, default=None)),
        billing_reason=obj.get("origin") or "",
        lines=tuple(
            {
                "description": line.get("description") or "",
                "amount_minor": iso_minor(line["amount"], code),
                "quantity": line.get("quantity"),
            }
            for line in lines
        ),
    )


def _discounts(obj: Obj) -> tuple[dict[str, str], ...]:
    """The coupons that lower what this subscription costs."""
    return tuple(
        {"external_id": each["id"], "coupon_id": ref(each.get("coupon"))}
        for each in obj.get("coupon_redemptions") or ()
        if each.get("state", "active") == "active" and ref(each.get("coupon"))
    )


def paused_how(obj: Obj) -> str:
    """How it is paused, if it is: a pause may begin with the next renewal only."""
    if obj["state"] == "paused":
        return BEGUN
    is_planned = obj["state"] == "active" and (obj.get("remaining_pause_cycles") or 0) > 0
    return PLANNED if is_planned else ""


def _items(obj: Obj, interval: Interval, count: int) -> tuple[SubscriptionItem, ...]:
    code, plan = obj["currency"], obj["plan"]
    base = SubscriptionItem(
        external_id=obj["id"],
        price_id=price_id(plan["id"], code),
        product_id=plan["id"],
        name=plan.get("name") or plan.get("code") or "",
        amount_minor=iso_minor_or_none(obj.get("unit_amount"), code),
        currency=iso_code(code),
        interval=interval,
        interval_count=count,
        quantity=1 if obj.get("quantity") is None else obj["quantity"],
    )
    more = tuple(
        SubscriptionItem(
            external_id=each["id"],
            price_id="",
            product_id="",
            name=(each.get("add_on") or {}).get("name") or "",
            amount_minor=iso_minor_or_none(each.get("unit_amount"), code),
            currency=iso_code(code),
            interval=interval,
            interval_count=count,
            quantity=1 if each.get("quantity") is None else each["quantity"],
        )
        for each in obj.get("add_ons") or ()
    )
    return (base, *more)


def _guessed(obj: Obj) -> tuple[Interval, int]:
    """The length of the current period, where the plan was not read."""
    start, end = when(obj.get("current_period_started_at")), when(obj.get("current_period_ends_at"))
    days = (end - start).days if start and end else 0
    if 28 <= days <= 31:  # noqa: PLR2004  the lengths of months
        return Interval.MONTH, 1
    if 365 <= days <= 366:  # noqa: PLR2004  the lengths of years
        return Interval.YEAR, 1
    return (Interval.DAY, days) if days else (Interval.ONCE, 1)


def _subscription_status(obj: Obj, seen: Seen) -> SubscriptionStatus:
    status = known(
        SUBSCRIPTION_STATUSES,
        obj["state"],
        field="subscription.state",
        fallback=SubscriptionStatus.UNKNOWN,
    )
    if status is not SubscriptionStatus.ACTIVE:
        return status
    if paused_how(obj):
        return SubscriptionStatus.PAUSED
    if seen.is_past_due:
        return SubscriptionStatus.PAST_DUE
    in_trial = not has_passed(when(obj.get("trial_ends_at"))) and obj["state"] == "active"
    return SubscriptionStatus.TRIALING if in_trial else status


def _invoice_status(obj: Obj) -> InvoiceStatus:
    status = known(
        INVOICE_STATUSES, obj["state"], field="invoice.state", fallback=InvoiceStatus.UNKNOWN
    )
    code, total = obj["currency"], iso_minor(obj["total"], obj["currency"])
    if status is InvoiceStatus.OPEN and 0 < iso_minor(obj.get("balance") or 0, code) < total:
        return InvoiceStatus.PARTIALLY_PAID
    is_given_back = obj.get("refundable_amount") is not None and not obj["refundable_amount"]
    if status is InvoiceStatus.PAID and obj.get("type") == "charge" and is_given_back and total:
        return InvoiceStatus.REFUNDED
    return status
