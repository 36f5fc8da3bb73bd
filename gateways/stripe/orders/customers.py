"""Freezes orders about what is kept of a customer: name, address, tax id, the card to use."""

from typing import Any

from gateways.contract import FrozenStep, Order, StepDeed
from gateways.errors import InvalidOrderError
from gateways.stripe.client import Method
from gateways.stripe.orders.parts import (
    address_of,
    change_marks,
    customer_of,
    listed,
    needed,
    text,
)

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
        _post("update_customer", customer, body, StepDeed.SAVE_DETAILS),
    )


def use_payment_method(order: Order) -> tuple[FrozenStep, ...]:
    """Pay by this card from now on: each subscription named, then whatever is to come.

    A subscription with a card of its own does not follow its customer's.
    """
    method = needed(order, "payment_method")
    paid_by_it = [
        _post(
            f"use_for_{each}",
            address_of("/v1/subscriptions", each),
            {"default_payment_method": method, "expand": ["discounts"]},
            StepDeed.USE_CARD_FOR_SUBSCRIPTION,
            about=each,
        )
        for each in listed(order, "subscriptions")
    ]
    body: dict[str, object] = {
        "invoice_settings": {"default_payment_method": method},
        "metadata": change_marks(order),
    }
    customer = address_of(_CUSTOMERS, customer_of(order))
    last = _post("use_payment_method", customer, body, StepDeed.USE_CARD_BY_DEFAULT)
    return (*paid_by_it, last)


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
    body: dict[str, object] = {"type": kind, "value": value}
    return (_post("make_tax_id", f"{customer}/tax_ids", body, StepDeed.ADD_TAX_ID),)


def _removed(customer: str, tax_id: str) -> FrozenStep:
    return FrozenStep(
        name=f"remove_{tax_id}",
        method=Method.DELETE.name,
        path=address_of(f"{customer}/tax_ids", tax_id),
        body={},
        deed=StepDeed.REMOVE_TAX_ID,
        about=tax_id,
    )


def _post(
    name: str, path: str, body: dict[str, object], deed: StepDeed, *, about: str = ""
) -> FrozenStep:
    return FrozenStep(
        name=name, method=Method.POST.name, path=path, body=body, deed=deed, about=about
    )
