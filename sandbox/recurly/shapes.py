"""Recurly's objects as its contract describes them."""

import hashlib
from dataclasses import dataclass

from sandbox.recurly.context import Context, stamp
from sandbox.wire import Json

DAY = 86_400
_NO_DIGITS = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
_THREE_DIGITS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
GATEWAY = {
    "id": "gatewayaurora1",
    "object": "payment_gateway",
    "type": "test",
    "name": "Test Gateway",
}


@dataclass(frozen=True)
class Person:
    """Who an account belongs to."""

    name: str
    email: str
    country: str = "DE"
    city: str = "Berlin"
    locale: str = "en-US"


@dataclass(frozen=True)
class Deal:
    """One payment to write: `amount` in ISO minor units."""

    amount: int
    currency: str
    created: int
    status: str = "success"
    origin: str = "api"
    description: str = "Test order"
    status_code: str = ""
    subscription: Json | None = None


def exponent(currency: str) -> int:
    """How many digits a currency has after the point."""
    if currency in _NO_DIGITS:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def major(minor: int, currency: str) -> float | int:
    """ISO minor units as Recurly's number."""
    digits = exponent(currency)
    return minor / 10**digits if digits else minor


def minor(amount: float, currency: str) -> int:
    """Recurly's number as ISO minor units."""
    return int(round(amount * 10 ** exponent(currency), 0))


def uuid_of(object_id: str) -> str:
    """The longer id that transactions, invoices and subscriptions have as well."""
    return hashlib.sha256(object_id.encode()).hexdigest()[:32]


def times(created: float) -> Json:
    """The times of a new object."""
    return {
        "created": int(created),
        "updated": int(created),
        "created_at": stamp(created),
        "updated_at": stamp(created),
    }


def site(account: str, *, currency: str, features: list[str], created: int) -> Json:
    """The one site that a key opens."""
    return {
        "id": account,
        "object": "site",
        "subdomain": account.replace("_", "-"),
        "public_api_key": "ewr1-sandboxpublickey",
        "mode": "sandbox",
        "address": {"city": "Dublin", "country": "IE"},
        "settings": {
            "billing_address_requirement": "none",
            "accepted_currencies": [currency],
            "default_currency": currency,
        },
        "features": features,
        "deleted_at": None,
        **times(created),
    }


def account(ctx: Context, person: Person, created: int) -> Json:
    """A customer."""
    first, _, last = person.name.partition(" ")
    object_id = ctx.new_id()
    return {
        "id": object_id,
        "object": "account",
        "code": f"cust-{object_id}",
        "state": "active",
        "hosted_login_token": uuid_of(f"login {object_id}"),
        "email": person.email,
        "username": None,
        "first_name": first,
        "last_name": last,
        "company": None,
        "cc_emails": None,
        "preferred_locale": person.locale,
        "vat_number": None,
        "tax_exempt": False,
        "address": {
            "phone": None,
            "street1": "Example Street 1",
            "street2": None,
            "city": person.city,
            "region": None,
            "postal_code": "10115",
            "country": person.country,
        },
        "has_live_subscription": False,
        "has_active_subscription": False,
        "has_past_due_invoice": False,
        "shipping_addresses": [],
        "deleted_at": None,
        **times(created),
    }


def card(last_four: str = "1111") -> Json:
    """A card as payment method."""
    return {
        "object": "credit_card",
        "card_type": "Visa",
        "first_six": "411111",
        "last_four": last_four,
        "exp_month": 12,
        "exp_year": 2031,
        "cc_bin_country": "US",
    }


def billing_info(ctx: Context, owner: Json, created: int) -> Json:
    """The card on file of an account."""
    return {
        "id": ctx.new_id(),
        "object": "billing_info",
        "account_id": owner["id"],
        "first_name": owner["first_name"],
        "last_name": owner["last_name"],
        "company": None,
        "address": owner["address"],
        "vat_number": None,
        "valid": True,
        "payment_method": card(),
        "primary_payment_method": True,
        "backup_payment_method": False,
        "payment_gateway_references": [],
        **times(created),
    }


def account_mini(owner: Json) -> Json:
    """An account as other objects name it."""
    names = ("id", "code", "email", "first_name", "last_name", "company")
    return {"object": "account", **{name: owner[name] for name in names}}


def invoice_mini(body: Json) -> Json:
    """An invoice as transactions name it."""
    names = ("id", "number", "type", "state")
    return {"object": "invoice", **{name: body[name] for name in names}}


def transaction(ctx: Context, owner: Json, deal: Deal, bill: Json, *, kind: str) -> Json:
    """One attempt to take money, or a refund."""
    object_id = ctx.new_id()
    is_good = deal.status == "success"
    return {
        "id": object_id,
        "object": "transaction",
        "uuid": uuid_of(object_id),
        "original_transaction_id": None,
        "account": account_mini(owner),
        "invoice": invoice_mini(bill),
        "voided_by_invoice": None,
        "subscription_ids": list(bill["subscription_ids"]),
        "type": kind,
        "origin": deal.origin,
        "currency": deal.currency,
        "amount": major(deal.amount, deal.currency),
        "status": deal.status,
        "success": is_good,
        "refunded": False,
        "billing_address": {
            "first_name": owner["first_name"],
            "last_name": owner["last_name"],
            **owner["address"],
        },
        "collection_method": "automatic",
        "payment_method": card(),
        "payment_gateway_references": [],
        "ip_address_v4": None,
        "ip_address_country": None,
        "status_code": deal.status_code or ("success" if is_good else deal.status),
        "status_message": "Successful test transaction" if is_good else "The card was declined.",
        "customer_message": "" if is_good else "Your card was declined.",
        "customer_message_locale": "en-US",
        "payment_gateway": GATEWAY,
        "gateway_message": "",
        "gateway_reference": f"gw_{object_id}",
        "gateway_approval_code": None,
        "gateway_response_code": None,
        "gateway_response_time": 0.2,
        "cvv_check": None,
        "avs_check": None,
        "voided_at": None,
        "collected_at": stamp(deal.created),
        **times(deal.created),
    }


def invoice(ctx: Context, owner: Json, deal: Deal, *, kind: str, state: str) -> Json:
    """A charge invoice with one line, or the credit invoice of a refund."""
    object_id = ctx.new_id()
    amount = major(deal.amount if kind == "charge" else -deal.amount, deal.currency)
    paid = kind == "charge" and state == "paid"
    zero = major(0, deal.currency)
    return {
        "id": object_id,
        "uuid": uuid_of(object_id),
        "object": "invoice",
        "type": kind,
        "origin": "purchase" if kind == "charge" else "refund",
        "state": state,
        "account": account_mini(owner),
        "subscription_ids": [deal.subscription["id"]] if deal.subscription else [],
        "previous_invoice_id": None,
        "number": str(1000 + ctx.shelf.count("invoice")),
        "collection_method": "automatic",
        "po_number": None,
        "net_terms": 0,
        "address": {**owner["address"], "first_name": owner["first_name"]},
        "currency": deal.currency,
        "discount": zero,
        "subtotal": amount,
        "tax": zero,
        "total": amount,
        "refundable_amount": amount if paid else zero,
        "paid": amount if paid or kind == "credit" else zero,
        "balance": zero if paid or kind == "credit" else amount,
        "vat_number": None,
        "terms_and_conditions": None,
        "customer_notes": None,
        "line_items": [_line(ctx, owner, deal, object_id, amount)],
        "has_more_line_items": False,
        "transactions": [],
        "credit_payments": [],
        "due_at": stamp(deal.created),
        "closed_at": stamp(deal.created) if state in {"paid", "closed"} else None,
        **times(deal.created),
    }


def _line(ctx: Context, owner: Json, deal: Deal, invoice_id: str, amount: float | int) -> Json:
    object_id = ctx.new_id()
    length = 30 * DAY if deal.subscription else 0
    return {
        "id": object_id,
        "object": "line_item",
        "uuid": uuid_of(object_id),
        "type": "charge" if amount >= 0 else "credit",
        "state": "invoiced",
        "account": account_mini(owner),
        "subscription_id": deal.subscription["id"] if deal.subscription else None,
        "invoice_id": invoice_id,
        "currency": deal.currency,
        "amount": amount,
        "description": deal.description,
        "quantity": 1,
        "unit_amount": abs(amount),
        "subtotal": amount,
        "discount": major(0, deal.currency),
        "tax": major(0, deal.currency),
        "start_date": stamp(deal.created),
        "end_date": stamp(deal.created + length) if length else None,
        **times(deal.created),
    }


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
    months = of["interval_length"]
    trial = of["trial_length"] * DAY
    ends = created + trial + (365 if months == 12 else 30) * DAY  # noqa: PLR2004  a year
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
