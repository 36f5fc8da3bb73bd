"""Reads what an invoice, or what is kept of a customer, shows about an order."""

from gateways.contract import Order
from gateways.stripe.mapping.values import Obj, ref
from gateways.stripe.outcomes.shown import Shown

_FINAL = frozenset({"open", "paid", "uncollectible"})


def sent(_: Order, obj: Obj) -> Shown:
    """An invoice that could be mailed is final; who mailed it only its events tell."""
    return _done(obj, obj["status"] in _FINAL)


def void(_: Order, obj: Obj) -> Shown:
    """Nobody owes it any more."""
    return _done(obj, obj["status"] == "void")


def tax_details(_: Order, obj: Obj) -> Shown:
    """Each answer of the several calls shows its own part done."""
    if obj["object"] == "customer":
        return _done(obj, not obj.get("deleted"))
    return _done(obj, obj["object"] == "tax_id")


def use_payment_method(order: Order, obj: Obj) -> Shown:
    """Customer or subscription is paid by this card from now on."""
    settings = obj if obj["object"] == "subscription" else obj.get("invoice_settings") or {}
    chosen = ref(settings.get("default_payment_method"))
    return _done(obj, chosen == order.details["payment_method"])


def _done(obj: Obj, is_done: object) -> Shown:
    return Shown(state="succeeded" if is_done else "", object_id=obj["id"])
