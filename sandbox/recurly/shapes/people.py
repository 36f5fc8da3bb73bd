"""Sites, accounts and their cards."""

from sandbox.recurly.context import Context
from sandbox.recurly.shapes.ground import Person, times, uuid_of
from sandbox.wire import Json


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


def billing_info(ctx: Context, owner: Json, created: int, last_four: str = "1111") -> Json:
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
        "payment_method": card(last_four),
        "primary_payment_method": True,
        "backup_payment_method": False,
        "payment_gateway_references": [],
        **times(created),
    }


def account_mini(owner: Json) -> Json:
    """An account as other objects name it."""
    names = ("id", "code", "email", "first_name", "last_name", "company")
    return {"object": "account", **{name: owner[name] for name in names}}
