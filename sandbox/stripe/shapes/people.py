"""Customers and how they pay."""

from dataclasses import dataclass, field

from sandbox.wire import Json

NO_ADDRESS: Json = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


@dataclass(frozen=True)
class Person:
    """A customer about to be written."""

    name: str | None
    email: str | None
    currency: str | None = None
    phone: str | None = None
    address: Json | None = None
    locales: tuple[str, ...] = ()
    description: str | None = None
    metadata: Json = field(default_factory=dict)


def customer(object_id: str, created: int, person: Person, *, livemode: bool) -> Json:
    """Write a customer."""
    return {
        "id": object_id,
        "object": "customer",
        "address": person.address,
        "balance": 0,
        "business_name": None,
        "created": created,
        "currency": person.currency,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": person.description,
        "discount": None,
        "email": person.email,
        "individual_name": None,
        "invoice_prefix": object_id[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": livemode,
        "metadata": person.metadata,
        "name": person.name,
        "next_invoice_sequence": 1,
        "phone": person.phone,
        "preferred_locales": list(person.locales),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


@dataclass(frozen=True)
class Method:
    """How somebody pays: a card, or a SEPA debit when `brand` is None."""

    id: str
    brand: str | None
    last4: str
    country: str
    exp_month: int = 12
    exp_year: int = 2029
    fingerprint: str = "Xt5EWLLDS7FJjR1c"
    funding: str = "credit"

    @property
    def type(self) -> str:
        """Stripe's name for the kind of method."""
        return "card" if self.brand else "sepa_debit"


def billing_details(who: Json | None) -> Json:
    """Write the payer's details from a customer."""
    who = who or {}
    return {
        "address": who.get("address") or NO_ADDRESS,
        "email": who.get("email"),
        "name": who.get("name"),
        "phone": who.get("phone"),
        "tax_id": None,
    }


def payment_method(method: Method, created: int, who: Json | None, *, livemode: bool) -> Json:
    """Write a payment method that belongs to a customer."""
    body: Json = {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(who),
        "created": created,
        "customer": who["id"] if who else None,
        "customer_account": None,
        "livemode": livemode,
        "metadata": {},
        "type": method.type,
    }
    if method.brand is None:
        body["sepa_debit"] = {
            "bank_code": "37040044",
            "branch_code": "",
            "country": method.country,
            "fingerprint": method.fingerprint,
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": method.last4,
        }
        return body
    body["card"] = {
        "brand": method.brand,
        "checks": card_checks(),
        "country": method.country,
        "display_brand": method.brand,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "fingerprint": method.fingerprint,
        "funding": method.funding,
        "generated_from": None,
        "last4": method.last4,
        "networks": {"available": [method.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return body


def card_checks() -> Json:
    """Write what the bank said about address and security code."""
    return {
        "address_line1_check": None,
        "address_postal_code_check": "pass",
        "cvc_check": "pass",
    }
