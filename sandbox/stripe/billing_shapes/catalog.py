"""Products, prices, coupons and discounts."""

from dataclasses import dataclass

from sandbox.wire import Json


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
