"""Freezes orders about what a customer's invoices say: name, address, tax id."""

from typing import Any

from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError
from gateways.stripe.client import Method
from gateways.stripe.orders.parts import address_of, change_marks, customer_of, listed, text

ADDRESS = ("line1", "line2", "city", "postal_code", "state", "country")
_CUSTOMERS = "/v1/customers"


def update_tax_details(order: Order) -> tuple[FrozenStep, ...]:
    """Several calls: a tax id cannot be changed, only made and removed.

    The new one is made first, because it is what Stripe may refuse; the customer comes last and
    carries the marker, so that it shows the whole order done.
    """
    customer = address_of(_CUSTOMERS, customer_of(order))
    address = dict.fromkeys(ADDRESS, "") | _address(order)
    body: dict[str, object] = {
        "name": text(order, "name"),
        # Empty parts are sent too: they clear what was there.
        "address": address if any(address.values()) else "",
        "metadata": change_marks(order),
        "expand": ["tax_ids"],
    }
    return (
        *_made(order, customer),
        *(_removed(customer, each) for each in listed(order, "replaces")),
        _post("update_customer", customer, body),
    )


def _address(order: Order) -> dict[str, str]:
    given: Any = order.details.get("address", {})
    is_known = isinstance(given, dict) and set(given) <= set(ADDRESS)
    if not is_known or not all(isinstance(each, str) for each in given.values()):
        raise InvalidOrderError("This is no address.", parameter="address")
    return dict(given)


def _made(order: Order, customer: str) -> tuple[FrozenStep, ...]:
    kind, value = text(order, "tax_id_type"), text(order, "tax_id").strip()
    if bool(kind) != bool(value):
        raise InvalidOrderError("A tax id has a kind and a number.", parameter="tax_id")
    if not value:
        return ()
    return (_post("make_tax_id", f"{customer}/tax_ids", {"type": kind, "value": value}),)


def _removed(customer: str, tax_id: str) -> FrozenStep:
    return FrozenStep(
        name=f"remove_{tax_id}",
        method=Method.DELETE.name,
        path=address_of(f"{customer}/tax_ids", tax_id),
        body={},
    )


def _post(name: str, path: str, body: dict[str, object]) -> FrozenStep:
    return FrozenStep(name=name, method=Method.POST.name, path=path, body=body)
