"""What every frozen order is made of: our marker, checked ids, amounts and details."""

from typing import Any
from urllib.parse import quote

from chargedesk.kit.money import Money
from gateways.contract import Order
from gateways.errors import InvalidOrderError
from gateways.stripe.mapping.values import CHANGE_MARKER, MARKER

REASON = "chargedesk_reason"


def birth_marks(order: Order) -> dict[str, str]:
    """Metadata of an object that this order makes: the caller's words, and our mark above all."""
    return _own_words(order) | _marks(order, MARKER)


def change_marks(order: Order) -> dict[str, str]:
    """Metadata of an object that this order changes.

    A word of its own: it must not wipe out the marker of the order that made the object, by which
    that one may still have to be found (M7).
    """
    return _marks(order, CHANGE_MARKER)


def positive(order: Order) -> Money:
    """The amount; InvalidOrderError if there is none."""
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money


def named(external_id: str) -> str:
    """An id that names something; InvalidOrderError if it does not."""
    if not external_id.strip("."):
        raise InvalidOrderError("This order names no object.", parameter="target_id")
    return external_id


def customer_of(order: Order) -> str:
    """The customer an order is about; a guest has no record that could be charged."""
    if order.target_id.startswith("guest:"):
        raise InvalidOrderError(
            "Stripe keeps no record of this customer: there is nothing on file.",
            parameter="target_id",
        )
    return named(order.target_id)


def address_of(path: str, external_id: str, tail: str = "") -> str:
    """The address of an object; an id cannot lead elsewhere."""
    return f"{path}/{quote(named(external_id), safe='')}{tail}"


def text(order: Order, name: str) -> str:
    """A detail that may be empty."""
    value = order.details.get(name, "")
    if not isinstance(value, str):
        raise InvalidOrderError(f"“{name}” must be text.", parameter=name)
    return value


def needed(order: Order, name: str) -> str:
    """A detail that must be there."""
    value = text(order, name)
    if not value.strip("."):
        raise InvalidOrderError(f"This order lacks “{name}”.", parameter=name)
    return value


def whole(order: Order, name: str, *, least: int) -> int:
    """A detail that is a whole number."""
    value = order.details.get(name)
    if type(value) is not int or value < least:
        raise InvalidOrderError(f"“{name}” must be a whole number from {least} up.", parameter=name)
    return value


def listed(order: Order, name: str) -> list[str]:
    """A detail that is a list of external ids."""
    value: Any = order.details.get(name, ())
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise InvalidOrderError(f"“{name}” must be a list of ids.", parameter=name)
    return [named(each) for each in value]


def _own_words(order: Order) -> dict[str, str]:
    given: Any = order.details.get("metadata", {})
    is_text = isinstance(given, dict) and all(isinstance(each, str) for each in given.values())
    if not is_text:
        raise InvalidOrderError("“metadata” must be texts by name.", parameter="metadata")
    return dict(given)


def _marks(order: Order, marker: str) -> dict[str, str]:
    marked = {marker: str(order.intent_id)}
    return marked | {REASON: order.reason} if order.reason else marked
