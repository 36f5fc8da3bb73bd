"""Plans as products with one price per currency, and coupons."""

from dataclasses import replace

from gateways.recurly.mapping.amounts import iso_code, iso_minor, iso_minor_or_none
from gateways.recurly.mapping.values import Obj, Seen, created
from gateways.snapshots import CouponSnapshot, Interval, PriceSnapshot, ProductSnapshot

_MONTHS_A_YEAR = 12
_DAYS_A_WEEK = 7
_MONTHS = {"month": 1, "year": 12}


def product(obj: Obj, seen: Seen) -> ProductSnapshot:
    """A plan as what is sold."""
    return ProductSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        deleted=bool(obj.get("deleted_at")),
        name=obj.get("name") or "",
        description=obj.get("description") or "",
        is_active=obj.get("state") == "active",
        metadata={"code": obj["code"]} if obj.get("code") else {},
    )


def prices(obj: Obj, seen: Seen) -> tuple[PriceSnapshot, ...]:
    """What a plan costs, one price per currency.

    The amount is None where it changes over time (ramp) or a segment has another price.
    """
    interval, count = recurrence(obj)
    first: dict[str, PriceSnapshot] = {}
    for each in obj.get("currencies") or ():
        code = iso_code(each["currency"])
        is_told = obj.get("pricing_model") != "ramp" and code not in first
        made = PriceSnapshot(
            external_id=price_id(obj["id"], code),
            as_of=seen.as_of,
            created_at=created(obj, seen),
            raw=seen.raw,
            deleted=bool(obj.get("deleted_at")),
            product_id=obj["id"],
            name=obj.get("name") or "",
            amount_minor=iso_minor_or_none(each.get("unit_amount"), code) if is_told else None,
            currency=code,
            interval=interval,
            interval_count=count,
            trial_days=_trial_days(obj),
            is_active=obj.get("state") == "active",
        )
        first[code] = replace(first[code], amount_minor=None) if code in first else made
    return tuple(first.values())


def coupon(obj: Obj, seen: Seen) -> CouponSnapshot:
    """A discount; the first currency stands for a fixed one with several."""
    discount = obj.get("discount") or {}
    fixed = next(iter(discount.get("currencies") or ()), None)
    percent = discount.get("percent")
    months = _MONTHS.get(str(obj.get("temporal_unit")), 0) * (obj.get("temporal_amount") or 0)
    return CouponSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=obj.get("name") or obj.get("code") or "",
        percent_off=str(percent) if percent is not None else "",
        amount_off_minor=iso_minor(fixed["amount"], fixed["currency"]) if fixed else None,
        currency=iso_code(fixed["currency"]) if fixed else "",
        duration=obj.get("duration") or "",
        duration_months=months or None,
        is_valid=obj.get("state") == "redeemable",
    )


def price_id(plan_id: str, code: str) -> str:
    """Our id for a plan's price in one currency: Recurly gives it none."""
    return f"{plan_id}:{code.upper()}"


def recurrence(plan: Obj) -> tuple[Interval, int]:
    """How often a plan bills: interval and count."""
    length = plan.get("interval_length") or 1
    if plan.get("interval_unit") == "days":
        whole, rest = divmod(length, _DAYS_A_WEEK)
        return (Interval.DAY, length) if rest else (Interval.WEEK, whole)
    years, rest = divmod(length, _MONTHS_A_YEAR)
    return (Interval.MONTH, length) if rest else (Interval.YEAR, years)


def _trial_days(plan: Obj) -> int:
    length = plan.get("trial_length") or 0
    return length if plan.get("trial_unit") == "days" else length * 30
