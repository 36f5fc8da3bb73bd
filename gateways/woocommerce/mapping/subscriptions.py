"""Subscriptions, where the shop has the plug-in."""

from datetime import datetime

from gateways.snapshots import (
    Interval,
    SubscriptionItem,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from gateways.woocommerce.mapping.amounts import iso_code, iso_minor
from gateways.woocommerce.mapping.values import (
    Obj,
    Seen,
    created,
    ident,
    known,
    meta_marker,
    reference,
    when,
)

ON_HOLD, ENDING = "on-hold", "pending-cancel"
STATUSES = {
    "pending": SubscriptionStatus.PENDING,
    "active": SubscriptionStatus.ACTIVE,
    ON_HOLD: SubscriptionStatus.PAUSED,
    ENDING: SubscriptionStatus.ACTIVE,
    "cancelled": SubscriptionStatus.CANCELED,
    "switched": SubscriptionStatus.CANCELED,
    "trash": SubscriptionStatus.CANCELED,
    "expired": SubscriptionStatus.EXPIRED,
}
_ENDED = {SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED}
_INTERVALS = {
    "day": Interval.DAY,
    "week": Interval.WEEK,
    "month": Interval.MONTH,
    "year": Interval.YEAR,
}


def subscription(obj: Obj, seen: Seen) -> SubscriptionSnapshot:
    """A recurring agreement."""
    code, status = iso_code(obj["currency"]), _status(obj, seen)
    ends, trial_ends = when(obj.get("end_date_gmt")), when(obj.get("trial_end_date_gmt"))
    is_ending = obj["status"] == ENDING
    started = when(obj.get("start_date_gmt"))
    return SubscriptionSnapshot(
        external_id=ident(obj),
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=meta_marker(obj),
        customer_id=reference(obj.get("customer_id")),
        status=status,
        items=tuple(_item(each, obj, code) for each in obj.get("line_items") or ()),
        amount_minor=iso_minor(obj["total"], code),
        currency=code,
        interval=_INTERVALS[obj["billing_period"]],
        interval_count=int(obj.get("billing_interval") or 1),
        started_at=started,
        period_start=when(obj.get("last_payment_date_gmt")) or started,
        period_end=when(obj.get("next_payment_date_gmt")) or ends,
        trial_start=started if trial_ends else None,
        trial_end=trial_ends,
        cancel_at=ends if is_ending else None,
        cancels_at_period_end=is_ending,
        canceled_at=when(obj.get("cancelled_date_gmt")),
        ended_at=ends if status in _ENDED else None,
        pause="whole" if status is SubscriptionStatus.PAUSED else "",
        coupon_ids=tuple(str(each["code"]) for each in obj.get("coupon_lines") or ()),
    )


def _status(obj: Obj, seen: Seen) -> SubscriptionStatus:
    word = obj["status"]
    status = known(STATUSES, word, field="subscription.status", fallback=SubscriptionStatus.UNKNOWN)
    if word == ON_HOLD and seen.renewal_failed:
        return SubscriptionStatus.PAST_DUE
    is_on_trial = _is_later(when(obj.get("trial_end_date_gmt")), seen.as_of)
    return SubscriptionStatus.TRIALING if word == "active" and is_on_trial else status


def _is_later(moment: datetime | None, than: datetime) -> bool:
    return moment is not None and moment > than


def _item(line: Obj, owner: Obj, code: str) -> SubscriptionItem:
    quantity = int(line.get("quantity") or 1)
    whole = iso_minor(line["total"], code)
    return SubscriptionItem(
        external_id=str(line["id"]),
        price_id="",
        product_id=reference(line.get("variation_id")) or reference(line.get("product_id")),
        name=str(line.get("name") or ""),
        amount_minor=whole // quantity if quantity > 0 and whole % quantity == 0 else None,
        currency=code,
        interval=_INTERVALS[owner["billing_period"]],
        interval_count=int(owner.get("billing_interval") or 1),
        quantity=quantity,
    )
