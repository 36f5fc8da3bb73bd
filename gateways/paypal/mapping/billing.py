"""Products, plans, subscriptions and invoices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gateways.errors import PayloadError
from gateways.paypal.mapping.amounts import money_in
from gateways.paypal.mapping.payments import customer_of
from gateways.paypal.mapping.values import Obj, Seen, created, known, when
from gateways.snapshots import (
    Interval,
    InvoiceSnapshot,
    InvoiceStatus,
    PriceSnapshot,
    ProductSnapshot,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

SUBSCRIPTION_STATUSES = {
    "APPROVAL_PENDING": SubscriptionStatus.PENDING,
    "APPROVED": SubscriptionStatus.PENDING,
    "ACTIVE": SubscriptionStatus.ACTIVE,
    "SUSPENDED": SubscriptionStatus.PAUSED,
    "CANCELLED": SubscriptionStatus.CANCELED,
    "EXPIRED": SubscriptionStatus.EXPIRED,
}
INVOICE_STATUSES = {
    "DRAFT": InvoiceStatus.DRAFT,
    "SCHEDULED": InvoiceStatus.DRAFT,
    "SENT": InvoiceStatus.OPEN,
    "UNPAID": InvoiceStatus.OPEN,
    "PAYMENT_PENDING": InvoiceStatus.OPEN,
    "PARTIALLY_PAID": InvoiceStatus.PARTIALLY_PAID,
    "PAID": InvoiceStatus.PAID,
    "MARKED_AS_PAID": InvoiceStatus.PAID,
    "CANCELLED": InvoiceStatus.VOID,
    "REFUNDED": InvoiceStatus.REFUNDED,
    "PARTIALLY_REFUNDED": InvoiceStatus.REFUNDED,
    "MARKED_AS_REFUNDED": InvoiceStatus.REFUNDED,
}
INTERVALS = {
    "DAY": Interval.DAY,
    "WEEK": Interval.WEEK,
    "MONTH": Interval.MONTH,
    "YEAR": Interval.YEAR,
}
_DAYS = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 30, Interval.YEAR: 365}
_ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED})


def product(obj: Obj, seen: Seen) -> ProductSnapshot:
    """What is sold."""
    return ProductSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=obj.get("name") or "",
        description=obj.get("description") or "",
        url=obj.get("home_url") or "",
    )


def plan(obj: Obj, seen: Seen) -> PriceSnapshot:
    """What it costs: the regular cycle of a plan."""
    regular = _cycle(obj, "REGULAR")
    amount, code = _price(regular)
    interval, count = _recurrence(regular)
    return PriceSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        product_id=obj.get("product_id") or "",
        name=obj.get("name") or "",
        amount_minor=amount,
        currency=code,
        interval=interval,
        interval_count=count,
        trial_days=_trial_days(obj),
        is_active=obj.get("status") == "ACTIVE",
    )


def subscription(obj: Obj, seen: Seen) -> SubscriptionSnapshot:
    """A recurring agreement; read with its plan inside."""
    info = obj.get("billing_info") or {}
    status = _subscription_status(obj, info)
    changed = when(obj.get("status_update_time"))
    next_time = when(info.get("next_billing_time"))
    item = _item(obj, info)
    started = when(obj.get("start_time"))
    is_trial = status is SubscriptionStatus.TRIALING
    return SubscriptionSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        customer_id=customer_of(obj.get("subscriber") or {}),
        status=status,
        items=(item,),
        amount_minor=None if item.amount_minor is None else item.amount_minor * item.quantity,
        currency=item.currency,
        interval=item.interval,
        interval_count=item.interval_count,
        started_at=started,
        turned_at=changed,
        period_start=when((info.get("last_payment") or {}).get("time")) or started,
        period_end=next_time,
        trial_start=started if is_trial else None,
        trial_end=next_time if is_trial else None,
        pause="whole" if status is SubscriptionStatus.PAUSED else "",
        cancel_at=when(info.get("final_payment_time")),
        canceled_at=_only(changed, status is SubscriptionStatus.CANCELED),
        ended_at=_only(changed, status in _ENDED),
        metadata={"custom_id": obj["custom_id"]} if obj.get("custom_id") else {},
    )


def invoice(obj: Obj, seen: Seen) -> InvoiceSnapshot:
    """An invoice; `due` is what still has to be paid."""
    detail, total = obj["detail"], money_in(_total(obj))
    meta = detail.get("metadata") or {}
    paid = (obj.get("payments") or {}).get("paid_amount")
    due = obj.get("due_amount")
    tax = (obj["amount"].get("breakdown") or {}).get("tax_total") if obj.get("amount") else None
    return InvoiceSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=when(meta.get("create_time")) or seen.as_of,
        raw=seen.raw,
        customer_id=_recipient(obj),
        number=detail.get("invoice_number") or "",
        status=known(
            INVOICE_STATUSES,
            obj["status"],
            field="invoice.status",
            fallback=InvoiceStatus.UNKNOWN,
        ),
        total_minor=total.minor,
        tax_minor=money_in(tax).minor if tax else 0,
        due_minor=money_in(due).minor if due else 0,
        paid_minor=money_in(paid).minor if paid else 0,
        currency=total.currency.code,
        due_at=_day((detail.get("payment_term") or {}).get("due_date")),
        hosted_url=meta.get("recipient_view_url") or "",
        lines=tuple(_lines(obj.get("items") or ())),
    )


def _total(obj: Obj) -> object:
    return obj.get("amount") or {"value": "0", "currency_code": obj["detail"]["currency_code"]}


def _lines(items: Iterable[Obj]) -> Iterable[dict[str, str | int | None]]:
    for item in items:
        quantity = str(item.get("quantity") or "1")
        unit = money_in(item["unit_amount"]).minor
        is_count = quantity.isdecimal()
        yield {
            "description": item.get("name") or "",
            "amount_minor": unit * int(quantity) if is_count else None,
            "quantity": int(quantity) if is_count else None,
        }


def _recipient(obj: Obj) -> str:
    first = (obj.get("primary_recipients") or [{}])[0]
    email = (first.get("billing_info") or {}).get("email_address")
    return f"guest:{email}" if email else ""


def _subscription_status(obj: Obj, info: Obj) -> SubscriptionStatus:
    status = known(
        SUBSCRIPTION_STATUSES,
        obj["status"],
        field="subscription.status",
        fallback=SubscriptionStatus.UNKNOWN,
    )
    if status is not SubscriptionStatus.ACTIVE:
        return status
    owed = info.get("outstanding_balance")
    if info.get("failed_payments_count") or (owed and money_in(owed).minor > 0):
        return SubscriptionStatus.PAST_DUE
    return SubscriptionStatus.TRIALING if _is_in_trial(info) else status


def _is_in_trial(info: Obj) -> bool:
    cycles = info.get("cycle_executions") or ()
    return any(
        cycle.get("tenure_type") == "TRIAL" and (cycle.get("cycles_remaining") or 0) > 0
        for cycle in cycles
    )


def _item(obj: Obj, info: Obj) -> SubscriptionItem:
    inside = obj.get("plan")
    if not inside:
        raise PayloadError("PayPal showed a subscription without its plan.")
    regular = _cycle(inside, "REGULAR")
    amount, code = _price(regular, owed=info.get("outstanding_balance"))
    interval, count = _recurrence(regular)
    return SubscriptionItem(
        external_id=obj["id"],
        price_id=obj.get("plan_id") or inside.get("id") or "",
        product_id=inside.get("product_id") or "",
        name=inside.get("name") or "",
        amount_minor=amount,
        currency=code,
        interval=interval,
        interval_count=count,
        quantity=int(obj.get("quantity") or 1),
    )


def _cycle(obj: Obj, tenure: str) -> Obj:
    cycles = obj.get("billing_cycles") or ()
    return next((each for each in cycles if each.get("tenure_type") == tenure), {})


def _price(cycle: Obj, *, owed: Any = None) -> tuple[int | None, str]:
    """Amount and currency; no amount where the price is tiered."""
    scheme = cycle.get("pricing_scheme") or {}
    if scheme.get("fixed_price"):
        fixed = money_in(scheme["fixed_price"])
        return fixed.minor, fixed.currency.code
    tiers = scheme.get("tiers") or [{}]
    return None, money_in(tiers[0].get("amount") or owed).currency.code


def _recurrence(cycle: Obj) -> tuple[Interval, int]:
    often = cycle.get("frequency") or {}
    if not often:
        return Interval.ONCE, 1
    interval = known(
        INTERVALS, often["interval_unit"], field="plan.interval", fallback=Interval.ONCE
    )
    return interval, int(often.get("interval_count") or 1)


def _trial_days(obj: Obj) -> int:
    trial = _cycle(obj, "TRIAL")
    if not trial:
        return 0
    interval, count = _recurrence(trial)
    return _DAYS.get(interval, 0) * count * int(trial.get("total_cycles") or 1)


def _only(moment: datetime | None, applies: bool) -> datetime | None:  # noqa: FBT001  one truth
    return moment if applies else None


def _day(text: object) -> datetime | None:
    """A date without time is the beginning of that day."""
    return when(f"{text}T00:00:00+00:00") if isinstance(text, str) and text else None
