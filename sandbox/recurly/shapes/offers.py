"""Plans, coupons and subscriptions."""

from sandbox.recurly.context import Context, stamp
from sandbox.recurly.shapes.ground import DAY, major, times, uuid_of
from sandbox.recurly.shapes.people import account_mini
from sandbox.wire import Json


def plan(ctx: Context, code: str, name: str, prices: dict[str, int], created: int) -> Json:
    """A plan with a price per currency; a code that ends in `-year` bills yearly."""
    return {
        "id": ctx.new_id(),
        "object": "plan",
        "code": code,
        "name": name,
        "state": "active",
        "pricing_model": "fixed",
        "description": f"The plan {name}",
        "interval_unit": "months",
        "interval_length": 12 if code.endswith("-year") else 1,
        "trial_unit": "days",
        "trial_length": 14 if code.startswith("starter") else 0,
        "trial_requires_billing_info": True,
        "total_billing_cycles": None,
        "auto_renew": True,
        "tax_exempt": False,
        "currencies": [
            {
                "currency": currency,
                "setup_fee": major(0, currency),
                "unit_amount": major(amount, currency),
                "tax_inclusive": False,
            }
            for currency, amount in prices.items()
        ],
        "deleted_at": None,
        **times(created),
    }


def coupon(ctx: Context, code: str, discount: Json, created: int, *, state: str) -> Json:
    """A discount."""
    return {
        "id": ctx.new_id(),
        "object": "coupon",
        "code": code,
        "name": code.replace("-", " ").title(),
        "state": state,
        "max_redemptions": None,
        "max_redemptions_per_account": 1,
        "unique_coupon_codes_count": 0,
        "duration": "temporal",
        "temporal_amount": 3,
        "temporal_unit": "month",
        "applies_to_all_plans": True,
        "applies_to_all_items": False,
        "applies_to_non_plan_charges": False,
        "plans": [],
        "items": [],
        "redemption_resource": "account",
        "discount": discount,
        "coupon_type": "single_code",
        "redeem_by": None,
        "expired_at": None,
        **times(created),
    }


def subscription(ctx: Context, owner: Json, of: Json, currency: str, created: int) -> Json:
    """An active subscription whose current period has begun with it, trial included."""
    object_id = ctx.new_id()
    price = next(each for each in of["currencies"] if each["currency"] == currency)
    trial = of["trial_length"] * DAY
    ends = created + trial + _length(of)
    return {
        "id": object_id,
        "object": "subscription",
        "uuid": uuid_of(object_id),
        "account": account_mini(owner),
        "plan": {"object": "plan", **{name: of[name] for name in ("id", "code", "name")}},
        "state": "active",
        "coupon_redemptions": [],
        "pending_change": None,
        "current_period_started_at": stamp(created + trial),
        "current_period_ends_at": stamp(ends),
        "current_term_started_at": stamp(created),
        "current_term_ends_at": stamp(ends),
        "trial_started_at": stamp(created) if trial else None,
        "trial_ends_at": stamp(created + trial) if trial else None,
        "remaining_billing_cycles": 1,
        "total_billing_cycles": 1,
        "renewal_billing_cycles": 1,
        "auto_renew": True,
        "paused_at": None,
        "remaining_pause_cycles": None,
        "currency": currency,
        "unit_amount": price["unit_amount"],
        "quantity": 1,
        "add_ons": [],
        "add_ons_total": major(0, currency),
        "subtotal": price["unit_amount"],
        "tax": major(0, currency),
        "total": price["unit_amount"],
        "collection_method": "automatic",
        "po_number": None,
        "net_terms": 0,
        "expiration_reason": None,
        "activated_at": stamp(created),
        "canceled_at": None,
        "expires_at": None,
        "active_invoice_id": None,
        **times(created),
    }


def begin_period(body: Json, of: Json, moment: int) -> None:
    """Let a period, and the term with it, begin now."""
    ends = stamp(moment + _length(of))
    body.update(
        current_period_started_at=stamp(moment),
        current_period_ends_at=ends,
        current_term_started_at=stamp(moment),
        current_term_ends_at=ends,
    )


def _length(of: Json) -> int:
    return (365 if of["interval_length"] == 12 else 30) * DAY  # noqa: PLR2004  a year
