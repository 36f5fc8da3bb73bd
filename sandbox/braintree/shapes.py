"""How new objects look: customers with cards, sales, refunds."""

from dataclasses import dataclass, field

from sandbox.braintree.amounts import written
from sandbox.braintree.context import Context, instant
from sandbox.wire import Json

DAY = 24 * 3600
HOLD = 7 * DAY


@dataclass(frozen=True)
class Person:
    """Who a customer is."""

    name: str
    email: str
    country: str = "DE"
    phone: str | None = None


@dataclass(frozen=True)
class Sale:
    """What is sold; `status` is where it stands, `method` credit_card or paypal_account."""

    amount: int
    currency: str
    created: int
    status: str = "settled"
    method: str = "credit_card"
    order_id: str | None = None
    response: tuple[str, str] = ("1000", "Approved")
    subscription_id: str | None = None
    plan_id: str | None = None
    account: str = ""
    extra: Json = field(default_factory=dict)


def customer(ctx: Context, person: Person, created: int, last_4: str = "1111") -> Json:
    """A customer with one card, stored."""
    first, _, last = person.name.partition(" ")
    own = ctx.new_id()
    address = _address(first, last, person.country)
    card = {
        "token": ctx.new_id(),
        "customer_id": own,
        "bin": "411111",
        "last_4": last_4,
        "card_type": "Visa",
        "cardholder_name": person.name,
        "expiration_month": "08",
        "expiration_year": "2029",
        "expired": False,
        "default": True,
        "billing_address": address,
        "created_at": instant(created),
        "updated_at": instant(created),
        "subscriptions": [],
        "verifications": [],
    }
    body: Json = {
        "id": own,
        "created": created,
        "merchant_id": ctx.account,
        "first_name": first,
        "last_name": last,
        "company": None,
        "email": person.email,
        "phone": person.phone,
        "fax": None,
        "website": None,
        "created_at": instant(created),
        "updated_at": instant(created),
        "custom_fields": "",
        "credit_cards": [card],
        "paypal_accounts": [],
        "addresses": [{**address, "id": "a1", "customer_id": own}],
    }
    ctx.shelf.add("customer", body)
    return body


def sale(ctx: Context, who: Json | None, wanted: Sale) -> Json:
    """A sale with the history that leads to its status, stored."""
    body = _transaction(ctx, wanted, kind="sale")
    body["customer"] = _customer_in(who)
    body["billing"] = (who or {}).get("addresses", [{}])[0] if who else _address("", "", None)
    body |= _instrument(who, wanted.method)
    body |= wanted.extra
    ctx.shelf.add("transaction", body)
    return body


def refund(ctx: Context, of: Json, wanted: Sale) -> Json:
    """A credit that gives back a part of a sale, stored; the sale names it."""
    body = _transaction(ctx, wanted, kind="credit")
    for name in ("customer", "billing", "payment_instrument_type", "credit_card", "paypal"):
        if name in of:
            body[name] = of[name]
    body["refunded_transaction_id"] = of["id"]
    ctx.shelf.add("transaction", body)
    of["refund_ids"] = [*of["refund_ids"], body["id"]]
    of["refund_id"] = of["refund_ids"][0]
    of["updated_at"] = instant(wanted.created)
    ctx.shelf.save("transaction", of)
    return body


PATHS = {
    "authorized": ("authorized",),
    "submitted_for_settlement": ("authorized", "submitted_for_settlement"),
    "settling": ("authorized", "submitted_for_settlement", "settling"),
    "settled": ("authorized", "submitted_for_settlement", "settled"),
}


def event(body: Json, status: str, at: float) -> Json:
    """One line of a transaction's history."""
    return {
        "timestamp": instant(at),
        "status": status,
        "amount": body["amount"],
        "user": "api_user",
        "transaction_source": "api",
    }


def _transaction(ctx: Context, wanted: Sale, *, kind: str) -> Json:
    code, text = wanted.response
    body: Json = {
        "id": ctx.new_id(),
        "created": wanted.created,
        "status": wanted.status,
        "type": kind,
        "currency_iso_code": wanted.currency,
        "amount": written(wanted.amount, wanted.currency),
        "merchant_account_id": wanted.account or f"{ctx.account}_{wanted.currency}",
        "sub_merchant_account_id": None,
        "order_id": wanted.order_id,
        "created_at": instant(wanted.created),
        "updated_at": instant(wanted.created),
        "refund_id": None,
        "refund_ids": [],
        "refunded_transaction_id": None,
        "partial_settlement_transaction_ids": [],
        "authorized_transaction_id": None,
        "settlement_batch_id": None,
        "processor_response_code": code,
        "processor_response_text": text,
        "processor_response_type": "approved" if code == "1000" else "soft_declined",
        "gateway_rejection_reason": None,
        "channel": None,
        "custom_fields": "",
        "subscription_id": wanted.subscription_id,
        "plan_id": wanted.plan_id,
        "recurring": wanted.subscription_id is not None,
        "authorization_expires_at": instant(wanted.created + HOLD),
        "descriptor": {"name": "AURORA*LABS", "phone": None, "url": None},
        "disputes": [],
        "tax_amount": None,
        "tax_exempt": False,
    }
    steps = PATHS.get(wanted.status, (wanted.status,))
    # A day lies between submitting and settling, but never the future.
    times = [min(wanted.created + (DAY if s == "settled" else 0), ctx.now) for s in steps]
    body["status_history"] = [event(body, s, t) for s, t in zip(steps, times, strict=True)]
    body["updated_at"] = instant(times[-1])
    return body


def _customer_in(who: Json | None) -> Json:
    names = ("id", "first_name", "last_name", "company", "email", "phone", "fax", "website")
    return {name: (who or {}).get(name) for name in names}


def _instrument(who: Json | None, method: str) -> Json:
    card = who["credit_cards"][0] if who else None
    empty = dict.fromkeys(("token", "bin", "last_4", "card_type", "cardholder_name"))
    if method == "paypal_account":
        paypal = {"payer_email": (who or {}).get("email"), "token": None, "payment_id": "PAY-1"}
        return {"payment_instrument_type": method, "paypal": paypal, "credit_card": empty}
    names = ("token", "bin", "last_4", "card_type", "cardholder_name")
    shown = {name: card[name] for name in names} if card else {**empty, "last_4": "1111"}
    dates = {"expiration_month": "08", "expiration_year": "2029"}
    return {"payment_instrument_type": method, "credit_card": shown | dates}


def _address(first: str, last: str, country: str | None) -> Json:
    return {
        "first_name": first,
        "last_name": last,
        "company": None,
        "street_address": "Example Street 1",
        "extended_address": None,
        "locality": "Example City",
        "region": None,
        "postal_code": "10115",
        "country_code_alpha2": country,
    }
