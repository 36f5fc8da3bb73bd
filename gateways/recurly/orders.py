"""Freezes an order into the exact call Recurly will get (M1)."""

from urllib.parse import quote

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, Order
from gateways.errors import InvalidOrderError, UnsupportedError
from gateways.recurly.client import Method
from gateways.recurly.mapping.amounts import recurly_amount
from gateways.recurly.mapping.values import marked

# Recurly takes no reason; ours stays with us.
REFUND_REASONS = dict.fromkeys(
    (
        "duplicate",
        "requested_by_customer",
        "not_as_described",
        "service_problem",
        "goodwill",
        "fraud",
        "other",
    ),
    "",
)
AMOUNT = "amount"


def freeze(order: Order) -> tuple[FrozenStep, ...]:
    """One call per order.

    InvalidOrderError where a part is missing, UnsupportedError where Recurly has no such call.
    """
    if order.action not in _FREEZERS:
        raise UnsupportedError(f"{order.action} is not offered for Recurly.")
    if order.reason and order.reason not in REFUND_REASONS:
        raise InvalidOrderError(f"There is no reason “{order.reason}”.", parameter="reason")
    return (_FREEZERS[order.action](order),)


def _refund(order: Order) -> FrozenStep:
    # The amount is frozen as text, because JSON in a database has floats only; the client writes
    # it as the number that Recurly wants.
    body: dict[str, object] = {
        "type": "amount",
        AMOUNT: f"{recurly_amount(_positive(order))}",
        # Said out loud: the default differs between sites, and credit is no refund to a card.
        "refund_method": "transaction_first",
        "credit_customer_notes": marked(order.intent_id),
    }
    path = f"/invoices/{quote(_invoice_of(order), safe='')}/refund"
    return FrozenStep(name="refund", method=Method.POST.name, path=path, body=body)


def _cancel_subscription(order: Order) -> FrozenStep:
    path = f"/subscriptions/{quote(_named(order.target_id), safe='')}"
    if order.at_period_end:
        # The default, `term_end`, would go on billing until a term of several periods is over.
        later: dict[str, object] = {"timeframe": "bill_date"}
        return FrozenStep(
            name="cancel_at_period_end", method=Method.PUT.name, path=f"{path}/cancel", body=later
        )
    # Both said out loud, so that a cancellation never refunds or bills by itself (M12).
    now: dict[str, object] = {"refund": "none", "charge": False}
    return FrozenStep(name="cancel", method=Method.DELETE.name, path=path, body=now)


_FREEZERS = {
    ActionKind.REFUND: _refund,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_subscription,
}


def _positive(order: Order) -> Money:
    if order.money is None or order.money.minor <= 0:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    return order.money


def _named(external_id: str) -> str:
    if not external_id.strip("."):
        raise InvalidOrderError("This order names no object.", parameter="target_id")
    return external_id


def _invoice_of(order: Order) -> str:
    if not order.payment_id or order.payment_id == order.target_id:
        raise UnsupportedError("Recurly refunds invoices, and this payment has none.")
    return _named(order.payment_id)
