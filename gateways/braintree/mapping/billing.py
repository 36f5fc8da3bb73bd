"""Subscriptions and plans."""

from datetime import datetime

from gateways.braintree.mapping.amounts import iso_code, iso_minor
from gateways.braintree.mapping.values import (
    Obj,
    Seen,
    created,
    known,
    many,
    subscription_marker_of,
    text,
    when,
)
from gateways.errors import PayloadError
from gateways.snapshots import (
    Interval,
    PriceSnapshot,
    ProductSnapshot,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

SUBSCRIPTION_STATUSES = {
    "Active": SubscriptionStatus.ACTIVE,
    "Canceled": SubscriptionStatus.CANCELED,
    "Expired": SubscriptionStatus.EXPIRED,
    "Past Due": SubscriptionStatus.PAST_DUE,
    "Pending": SubscriptionStatus.PENDING,
}
_ENDED = {SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED}
_MONTHS_OF_A_YEAR = 12


def subscription(obj: Obj, seen: Seen) -> SubscriptionSnapshot:
    """A subscription; it names no customer and no interval, so both are looked up (`Seen`)."""
    code = currency_of(obj)
    amount = iso_minor(obj["price"], code)
    interval, count = interval_of(seen.plan)
    status = _status(obj, seen)
    ended_at = _since(obj, obj["status"]) if status in _ENDED else None
    plan_id, period_end = text(obj.get("plan_id")), when(obj.get("billing_period_end_date"))
    is_last = _is_in_last_cycle(obj) and status not in _ENDED
    is_trial = bool(obj.get("trial_period"))
    item = SubscriptionItem(
        external_id=obj["id"],
        price_id=plan_id,
        product_id=plan_id,
        name=text(seen.plan.get("name")) or plan_id,
        amount_minor=amount,
        currency=iso_code(code),
        interval=interval,
        interval_count=count,
        quantity=1,
    )
    return SubscriptionSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=subscription_marker_of(obj["id"]),
        customer_id=seen.customer_id,
        status=status,
        items=(item,),
        amount_minor=_next_amount(obj, code, amount),
        currency=iso_code(code),
        interval=interval,
        interval_count=count,
        started_at=created(obj, seen),
        period_start=when(obj.get("billing_period_start_date")),
        period_end=period_end,
        trial_start=created(obj, seen) if is_trial else None,
        trial_end=when(obj.get("first_billing_date")) if is_trial else None,
        cancel_at=period_end if is_last else None,
        cancels_at_period_end=is_last,
        canceled_at=ended_at if status is SubscriptionStatus.CANCELED else None,
        ended_at=ended_at,
        coupon_ids=tuple(text(each.get("id")) for each in many(obj, "discounts")),
    )


def currency_of(obj: Obj) -> str:
    """The currency of a subscription, which its merchant account fixes: told by its history."""
    told = (*many(obj, "status_history"), *many(obj, "transactions"), obj)
    found = next((text(each.get("currency_iso_code")) for each in told if each), "")
    if not found:
        raise PayloadError("Braintree's subscription tells no currency.")
    return found


def customer_of(obj: Obj) -> str:
    """The customer, if one of the subscription's payments tells; else empty."""
    payments = (each.get("customer") for each in many(obj, "transactions"))
    return next((text(each.get("id")) for each in payments if isinstance(each, dict)), "")


def product(obj: Obj, seen: Seen) -> ProductSnapshot:
    """A plan, as what is sold."""
    return ProductSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=text(obj.get("name")) or obj["id"],
        description=text(obj.get("description")),
    )


def price(obj: Obj, seen: Seen) -> PriceSnapshot:
    """A plan, as what it costs."""
    interval, count = interval_of(obj)
    days = int(obj.get("trial_duration") or 0) if obj.get("trial_period") else 0
    return PriceSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        product_id=obj["id"],
        name=text(obj.get("name")),
        amount_minor=iso_minor(obj["price"], obj["currency_iso_code"]),
        currency=iso_code(obj["currency_iso_code"]),
        interval=interval,
        interval_count=count,
        trial_days=days * (30 if obj.get("trial_duration_unit") == "month" else 1),
    )


def interval_of(plan: Obj) -> tuple[Interval, int]:
    """How often a plan bills, which Braintree counts in months."""
    months = int(plan.get("billing_frequency") or 1)
    years, rest = divmod(months, _MONTHS_OF_A_YEAR)
    return (Interval.MONTH, months) if rest else (Interval.YEAR, years)


def _status(obj: Obj, seen: Seen) -> SubscriptionStatus:
    status = known(
        SUBSCRIPTION_STATUSES,
        obj["status"],
        field="subscription.status",
        fallback=SubscriptionStatus.UNKNOWN,
    )
    starts = when(obj.get("first_billing_date"))
    is_trial = bool(obj.get("trial_period")) and starts is not None and starts > seen.as_of
    return (
        SubscriptionStatus.TRIALING if is_trial and status is SubscriptionStatus.ACTIVE else status
    )


def _since(obj: Obj, status: str) -> datetime | None:
    turns = (each for each in many(obj, "status_history") if each.get("status") == status)
    return next((when(each.get("timestamp")) for each in turns), when(obj.get("updated_at")))


def _is_in_last_cycle(obj: Obj) -> bool:
    last, current = obj.get("number_of_billing_cycles"), obj.get("current_billing_cycle")
    return not obj.get("never_expires") and bool(last) and current == last


def _next_amount(obj: Obj, code: str, amount: int) -> int:
    following = obj.get("next_billing_period_amount")
    return iso_minor(following, code) if following else amount
