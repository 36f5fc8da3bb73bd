"""Addresses, customers and lines as a shop keeps them."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.wire import Json
from sandbox.woocommerce.shop import Shop


@dataclass(frozen=True)
class Person:
    """Who buys."""

    name: str
    email: str
    country: str = "IT"
    city: str = "Torino"
    phone: str = ""


def address(person: Person) -> Json:
    """A billing address."""
    first, _, last = person.name.partition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "company": "",
        "address_1": "Example Street 1",
        "address_2": "",
        "city": person.city,
        "state": "",
        "postcode": "10121",
        "country": person.country,
        "email": person.email,
        "phone": person.phone,
    }


def add_customer(shop: Shop, person: Person, *, created: int, role: str = "customer") -> Json:
    """Register a customer."""
    billing = address(person)
    return shop.add(
        "customer",
        {
            "id": shop.new_id(),
            "created": created,
            "email": person.email,
            "first_name": billing["first_name"],
            "last_name": billing["last_name"],
            "role": role,
            "username": person.email.partition("@")[0],
            "billing": billing,
            "shipping": {name: billing[name] for name in billing if name != "email"},
            "is_paying_customer": True,
            "avatar_url": "",
            "meta_data": [],
        },
    )


def line(shop: Shop, name: str, total: Decimal, *, product_id: int = 0, quantity: int = 1) -> Json:
    """One line of an order or subscription; the price is a JSON number (reference A8)."""
    return {
        "id": shop.new_id(),
        "name": name,
        "product_id": product_id,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": shop.written(total),
        "subtotal_tax": shop.written(Decimal(0)),
        "total": shop.written(total),
        "total_tax": shop.written(Decimal(0)),
        "taxes": [],
        "meta_data": [],
        "sku": "",
        "price": float(total) / quantity,
    }
