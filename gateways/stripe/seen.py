"""Words for what is at Stripe instead of an order's result, for a human to judge (M6, M7)."""

from gateways.contract import Order, Outcome
from gateways.stripe.mapping import Obj
from gateways.stripe.outcomes import money_of

_UNTOUCHED = {
    "customer": frozenset({""}),
    "invoice": frozenset({"draft", "open"}),
    "payment_intent": frozenset({"requires_capture"}),
}
_ENDED = frozenset({"canceled", "incomplete_expired"})


def seen_instead(order: Order, obj: Obj, *, outcome: Outcome | None) -> str:
    """What is there instead of the order's result; empty while nothing has happened at all.

    `outcome`: the object is as ordered, and nothing says that it was this order.
    """
    if obj["object"] == "subscription":
        return named(obj) if outcome or obj["status"] in _ENDED else ""
    status = obj.get("status", "")
    if status in _UNTOUCHED.get(obj["object"], ()):
        return ""
    if obj["object"] != "payment_intent":
        return named(obj)
    amount = obj["amount"] if status == "canceled" else obj.get("amount_received") or 0
    return f"{named(obj)} {money_of(amount, obj)}"


def named(obj: Obj) -> str:
    """An object by its id and status."""
    return f"{obj['id']} {obj.get('status', '')}".strip()


def described(refund: Obj) -> str:
    """A refund by id, status and amount."""
    return f"{named(refund)} {money_of(refund['amount'], refund)}"
