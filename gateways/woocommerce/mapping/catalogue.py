"""Products and coupons."""

import re
from decimal import Decimal, InvalidOperation

from gateways.errors import PayloadError
from gateways.snapshots import CouponSnapshot, ProductSnapshot
from gateways.woocommerce.mapping.amounts import iso_code, iso_minor
from gateways.woocommerce.mapping.values import Obj, Seen, created, ident, known, when

_TAGS = re.compile(r"<[^>]*>")
_PERCENT, _FIXED = "percent", "fixed"
_COUPONS = {
    "percent": _PERCENT,
    "recurring_percent": _PERCENT,
    "sign_up_fee_percent": _PERCENT,
    "fixed_cart": _FIXED,
    "fixed_product": _FIXED,
    "recurring_fee": _FIXED,
    "sign_up_fee": _FIXED,
}
_RECURRING = {"recurring_percent", "recurring_fee"}
_PUBLISHED = "publish"


def product(obj: Obj, seen: Seen) -> ProductSnapshot:
    """A product of the shop."""
    text = obj.get("short_description") or obj.get("description") or ""
    return ProductSnapshot(
        external_id=ident(obj),
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=str(obj["name"]),
        description=_TAGS.sub("", str(text)).strip()[:2000],
        url=str(obj.get("permalink") or ""),
        is_active=obj.get("status") == _PUBLISHED,
        metadata={"sku": str(obj["sku"])} if obj.get("sku") else {},
    )


def coupon(obj: Obj, seen: Seen) -> CouponSnapshot:
    """A coupon; a fixed amount is in the shop's currency, and left out where that is not known."""
    kind = known(_COUPONS, obj["discount_type"], field="coupon.discount_type", fallback="")
    code = iso_code(seen.shop_currency) if kind == _FIXED and seen.shop_currency else ""
    expires = when(obj.get("date_expires_gmt"))
    limit, used = obj.get("usage_limit"), obj.get("usage_count") or 0
    return CouponSnapshot(
        external_id=ident(obj),
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=str(obj["code"]),
        percent_off=_percent(obj["amount"]) if kind == _PERCENT else "",
        amount_off_minor=iso_minor(obj["amount"], code) if code else None,
        currency=code,
        duration="forever" if obj["discount_type"] in _RECURRING else "once",
        is_valid=obj.get("status", _PUBLISHED) == _PUBLISHED
        and (expires is None or expires > seen.as_of)
        and (not limit or used < limit),
    )


def _percent(amount: object) -> str:
    try:
        share = Decimal(str(amount))
    except InvalidOperation as error:
        raise PayloadError("The shop sent a share that is not a decimal.") from error
    if not share.is_finite():
        raise PayloadError("The shop sent a share that is not a decimal.")
    return f"{share.normalize():f}"
