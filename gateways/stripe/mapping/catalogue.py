"""Products, prices and coupons."""

from gateways.snapshots import CouponSnapshot, Interval, PriceSnapshot, ProductSnapshot
from gateways.stripe.mapping.amounts import iso_code, iso_minor_or_none
from gateways.stripe.mapping.values import Obj, Seen, created, decimal_text, known, ref

INTERVALS = {
    "day": Interval.DAY,
    "week": Interval.WEEK,
    "month": Interval.MONTH,
    "year": Interval.YEAR,
}


def product(obj: Obj, seen: Seen) -> ProductSnapshot:
    """What is sold."""
    return ProductSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=seen.is_deleted or bool(obj.get("deleted")),
        name=obj.get("name") or "",
        description=obj.get("description") or "",
        url=obj.get("url") or "",
        is_active=bool(obj.get("active", False)),
        metadata=obj.get("metadata") or {},
    )


def price(obj: Obj, seen: Seen) -> PriceSnapshot:
    """What it costs."""
    interval, count = recurrence(obj)
    return PriceSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=seen.is_deleted or bool(obj.get("deleted")),
        product_id=ref(obj.get("product")),
        name=obj.get("nickname") or "",
        amount_minor=iso_minor_or_none(obj.get("unit_amount"), obj["currency"]),
        currency=iso_code(obj["currency"]),
        interval=interval,
        interval_count=count,
        trial_days=(obj.get("recurring") or {}).get("trial_period_days") or 0,
        is_active=bool(obj.get("active", False)),
    )


def recurrence(obj: Obj) -> tuple[Interval, int]:
    """How often a price recurs: interval and count, ONCE for a one-time price."""
    recurring = obj.get("recurring")
    if not recurring:
        return Interval.ONCE, 1
    interval = known(
        INTERVALS, recurring["interval"], field="price.interval", fallback=Interval.ONCE
    )
    return interval, recurring.get("interval_count") or 1


def coupon(obj: Obj, seen: Seen) -> CouponSnapshot:
    """A discount, in percent or as an amount."""
    code, percent = obj.get("currency") or "", obj.get("percent_off")
    return CouponSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=seen.is_deleted or bool(obj.get("deleted")),
        name=obj.get("name") or "",
        percent_off=decimal_text(percent) if percent is not None else "",
        amount_off_minor=iso_minor_or_none(obj.get("amount_off"), code) if code else None,
        currency=iso_code(code) if code else "",
        duration=obj.get("duration") or "",
        duration_months=obj.get("duration_in_months"),
        is_valid=bool(obj.get("valid", False)),
    )
