"""What every frozen order is made of: checked ids, amounts and details."""

from urllib.parse import quote

from chargedesk.kit.money import Money
from gateways.contract import Order
from gateways.errors import InvalidOrderError
from gateways.recurly.mapping.amounts import recurly_amount

# Amounts are frozen as text, because JSON in a database has floats only; the client writes them
# as the numbers that Recurly wants.
AMOUNTS = frozenset({"amount", "unit_amount"})


def positive(order: Order) -> Money:
    """The amount; InvalidOrderError if there is none."""
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money


def frozen_amount(money: Money) -> str:
    """An amount as it is stored until it is sent."""
    return f"{recurly_amount(money)}"


def named(external_id: str) -> str:
    """An id that names something; InvalidOrderError if it does not."""
    if not external_id.strip("."):
        raise InvalidOrderError("This order names no object.", parameter="target_id")
    return external_id


def customer_of(order: Order) -> str:
    """The account an order is about; a guest has none."""
    if order.target_id.startswith("guest:"):
        raise InvalidOrderError("Recurly has no account of this customer.", parameter="target_id")
    return named(order.target_id)


def address_of(path: str, external_id: str, tail: str = "") -> str:
    """The address of an object; an id cannot lead elsewhere."""
    return f"{path}/{quote(named(external_id), safe='')}{tail}"


def needed(order: Order, name: str) -> str:
    """A detail that must be there."""
    value = text(order, name)
    if not value.strip("."):
        raise InvalidOrderError(f"This order lacks its {name}.", parameter=name)
    return value


def text(order: Order, name: str) -> str:
    """A detail that may be empty."""
    value = order.details.get(name, "")
    if not isinstance(value, str):
        raise InvalidOrderError(f"The {name} of this order is no text.", parameter=name)
    return value


def whole(order: Order, name: str) -> int:
    """A detail that is a whole number above zero."""
    value = order.details.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidOrderError(f"The {name} must be at least one.", parameter=name)
    return value


def plan_of(order: Order) -> tuple[str, str]:
    """Plan and currency in our id of a price."""
    plan, _, currency = needed(order, "price").partition(":")
    if not plan or not currency:
        raise InvalidOrderError("This is no price of Recurly.", parameter="price")
    return plan, currency
