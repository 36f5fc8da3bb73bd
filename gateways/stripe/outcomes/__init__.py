"""Reads what an object in Stripe's answer proves about an order."""

from collections.abc import Callable

from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.snapshots import AnySnapshot
from gateways.stripe.mapping.values import CHANGE_MARKER, MARKER, Obj
from gateways.stripe.orders import cancellation_comment
from gateways.stripe.outcomes import documents, payments, subscriptions
from gateways.stripe.outcomes.shown import Shown, money_of

# What Stripe answers an order with, and who reads it.
_READERS: dict[ActionKind, tuple[tuple[str, ...], Callable[[Order, Obj], Shown]]] = {
    ActionKind.REFUND: (("refund",), payments.refund),
    ActionKind.CAPTURE: (("payment_intent",), payments.capture),
    ActionKind.VOID: (("payment_intent",), payments.void),
    ActionKind.CHARGE: (("payment_intent",), payments.charge),
    ActionKind.AUTHORIZE: (("payment_intent",), payments.authorize),
    ActionKind.REQUEST_PAYMENT: (("checkout.session",), payments.page),
    ActionKind.REQUEST_CARD_UPDATE: (("checkout.session",), payments.page),
    ActionKind.CREATE_SUBSCRIPTION: (("subscription",), subscriptions.create),
    ActionKind.CHANGE_SUBSCRIPTION: (("subscription",), subscriptions.change),
    ActionKind.PAUSE_SUBSCRIPTION: (("subscription",), subscriptions.pause),
    ActionKind.RESUME_SUBSCRIPTION: (("subscription",), subscriptions.resume),
    ActionKind.CANCEL_SUBSCRIPTION: (("subscription",), subscriptions.cancel),
    ActionKind.APPLY_COUPON: (("subscription",), subscriptions.apply_coupon),
    ActionKind.REMOVE_COUPON: (("subscription",), subscriptions.remove_coupon),
    ActionKind.SEND_INVOICE: (("invoice",), documents.sent),
    ActionKind.VOID_INVOICE: (("invoice",), documents.void),
    ActionKind.UPDATE_TAX_DETAILS: (("customer", "tax_id"), documents.tax_details),
    ActionKind.USE_PAYMENT_METHOD: (("customer", "subscription"), documents.use_payment_method),
}


def outcome_of(
    order: Order, obj: Obj, *, snapshots: tuple[AnySnapshot, ...], is_replay: bool
) -> Outcome | None:
    """The outcome that `obj` shows.

    None if it does not show one (unknown status, order not carried out).
    """
    words, reader = _READERS[order.action]
    if obj["object"] not in words:
        return None
    shown = reader(order, obj)
    if not shown.state or not isinstance(shown.object_id, str) or not shown.object_id:
        return None
    return Outcome(
        state=shown.state,
        object_id=shown.object_id,
        money=shown.money,
        is_replay=is_replay,
        carries_marker=carries_marker(order, obj),
        snapshots=snapshots,
        detail=shown.detail,
        url=shown.url,
        expires_at=shown.expires_at,
    )


def carries_marker(order: Order, obj: Obj) -> bool:
    """Whether the object was made or touched by this very intent."""
    metadata = obj.get("metadata") or {}
    comment = (obj.get("cancellation_details") or {}).get("comment")
    marks = (metadata.get(MARKER), metadata.get(CHANGE_MARKER))
    return str(order.intent_id) in marks or comment == cancellation_comment(order)


__all__ = ["carries_marker", "money_of", "outcome_of"]
