"""Freezes orders about invoices."""

from gateways.contract import FrozenStep, Order
from gateways.stripe.client import Method
from gateways.stripe.orders.parts import address_of


def send(order: Order) -> FrozenStep:
    """Mail an invoice to the customer, a draft after making it final."""
    return _post(order, "send_invoice", "/send")


def void(order: Order) -> FrozenStep:
    """Make an open invoice one that nobody owes."""
    return _post(order, "void_invoice", "/void")


def _post(order: Order, name: str, tail: str) -> FrozenStep:
    # Neither call takes metadata: there is no place for our marker.
    path = address_of("/v1/invoices", order.target_id, tail)
    return FrozenStep(name=name, method=Method.POST.name, path=path, body={"expand": ["payments"]})
