"""Customers and their payment methods."""

from gateways.braintree.mapping.values import Obj, Seen, created, inner, many, text
from gateways.snapshots import CustomerSnapshot, PaymentMethodSnapshot

# The arrays of a customer, and what each kind of payment method is called with us.
METHODS = {
    "credit_cards": ("credit_card", "card"),
    "paypal_accounts": ("paypal_account", "paypal"),
    "apple_pay_cards": ("apple_pay_card", "apple_pay"),
    "android_pay_cards": ("android_pay_card", "google_pay"),
    "venmo_accounts": ("venmo_account", "venmo"),
    "us_bank_accounts": ("us_bank_account", "us_bank_account"),
    "sepa_debit_accounts": ("sepa_debit_account", "sepa_debit"),
}
KINDS = dict(METHODS.values())


def customer(obj: Obj, seen: Seen) -> CustomerSnapshot:
    """A customer of the vault."""
    parts = (text(obj.get("first_name")), text(obj.get("last_name")))
    name = " ".join(part for part in parts if part) or text(obj.get("company"))
    address = next(iter(many(obj, "addresses")), {})
    default = next((each for each in methods_of(obj) if each[1].get("default")), None)
    return CustomerSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        name=name,
        email=text(obj.get("email")),
        phone=text(obj.get("phone")),
        country=text(address.get("country_code_alpha2")),
        description=text(obj.get("company")),
        default_payment_method=text(default[1].get("token")) if default else "",
        address=_address(address),
        metadata={name: text(value) for name, value in inner(obj, "custom_fields").items()},
    )


def methods_of(obj: Obj) -> list[tuple[str, Obj]]:
    """Everything on file of a customer, each with the name of its element."""
    return [(tag, each) for field, (tag, _) in METHODS.items() for each in many(obj, field)]


def payment_method(tag: str, obj: Obj, seen: Seen) -> PaymentMethodSnapshot:
    """A card or account on file; the element's name tells which."""
    month, year = text(obj.get("expiration_month")), text(obj.get("expiration_year"))
    return PaymentMethodSnapshot(
        external_id=obj["token"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        customer_id=text(obj.get("customer_id")),
        kind=KINDS.get(tag, tag),
        brand=text(obj.get("card_type")).lower(),
        last4=text(obj.get("last_4")),
        expires=f"{year}-{month}" if month and year else "",
    )


def _address(address: Obj) -> dict[str, str]:
    fields = {
        "line1": "street_address",
        "line2": "extended_address",
        "city": "locality",
        "state": "region",
        "postal_code": "postal_code",
        "country": "country_code_alpha2",
    }
    found = {ours: text(address.get(theirs)) for ours, theirs in fields.items()}
    return {name: value for name, value in found.items() if value}
