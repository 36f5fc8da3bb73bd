"""Reads what an object in Braintree's answer proves about an order."""

from collections.abc import Callable

from chargedesk.kit.money import Money
from gateways.braintree.mapping.amounts import iso_code, iso_minor
from gateways.braintree.mapping.billing import SUBSCRIPTION_STATUSES
from gateways.braintree.mapping.payments import CHARGE_STATUSES, REFUND_STATUSES
from gateways.braintree.mapping.values import Obj, text
from gateways.braintree.orders import marker, sale_marker, subscription_id
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.snapshots import AnySnapshot, ChargeStatus, RefundStatus

TAGS = {
    ActionKind.REFUND: "transaction",
    ActionKind.CAPTURE: "transaction",
    ActionKind.VOID: "transaction",
    ActionKind.CHARGE: "transaction",
    ActionKind.AUTHORIZE: "transaction",
    ActionKind.CREATE_SUBSCRIPTION: "subscription",
    ActionKind.CANCEL_SUBSCRIPTION: "subscription",
}
TAKING = frozenset({ActionKind.CHARGE, ActionKind.AUTHORIZE})
_REFUND_STATES = {
    RefundStatus.PENDING: "pending",
    RefundStatus.SUCCEEDED: "succeeded",
    RefundStatus.FAILED: "failed",
    RefundStatus.CANCELED: "failed",
}
_SALE_STATES = {
    ChargeStatus.PENDING: "pending",
    ChargeStatus.SUCCEEDED: "succeeded",
    ChargeStatus.FAILED: "failed",
}
# A hold that was released since was made all the same; a charge that was voided took nothing.
_HOLD_STATES = {
    **_SALE_STATES,
    ChargeStatus.AUTHORIZED: "succeeded",
    ChargeStatus.CANCELED: "succeeded",
}
_TAKEN_STATES = {**_SALE_STATES, ChargeStatus.CANCELED: "failed"}
# State, money moved, detail; an empty state shows no outcome.
_Read = tuple[str, Money | None, str]
_NOTHING: _Read = ("", None, "")


def outcome_of(order: Order, obj: Obj, *, snapshots: tuple[AnySnapshot, ...]) -> Outcome | None:
    """The outcome that `obj` shows; None if it does not show one."""
    state, money, detail = _READERS[order.action](order, obj)
    if not state or not text(obj.get("id")):
        return None
    return Outcome(
        state=state,
        object_id=obj["id"],
        money=money,
        carries_marker=carries_marker(order, obj),
        snapshots=snapshots,
        detail=detail,
    )


def carries_marker(order: Order, obj: Obj) -> bool:
    """Whether this is the refund, or the sale, of this very intent."""
    if order.action is ActionKind.CREATE_SUBSCRIPTION:
        return bool(obj.get("id") == subscription_id(order))
    if order.action in TAKING:
        return obj.get("type") == "sale" and obj.get("order_id") == sale_marker(order)
    return obj.get("type") == "credit" and obj.get("order_id") == marker(order)


def money_of(obj: Obj) -> Money:
    """The amount of a transaction."""
    code = obj["currency_iso_code"]
    return Money.of(iso_minor(obj["amount"], code), iso_code(code))


def _refund(order: Order, obj: Obj) -> _Read:
    if obj.get("type") != "credit" or obj.get("refunded_transaction_id") != order.target_id:
        return _NOTHING
    status = REFUND_STATUSES.get(obj["status"])
    if status is None:
        return _NOTHING
    state = _REFUND_STATES[status]
    detail = text(obj.get("processor_response_text")) or obj["status"]
    return state, money_of(obj), detail if state == "failed" else ""


def _sale(order: Order, obj: Obj) -> _Read:
    if not carries_marker(order, obj):
        return _NOTHING
    states = _HOLD_STATES if order.action is ActionKind.AUTHORIZE else _TAKEN_STATES
    status = CHARGE_STATUSES.get(obj["status"])
    state = states.get(status, "") if status else ""
    detail = text(obj.get("processor_response_text")) or obj["status"]
    return state, money_of(obj), detail if state == "failed" else ""


def _create_subscription(order: Order, obj: Obj) -> _Read:
    """It was started, whatever became of it since."""
    is_known = obj["status"] in SUBSCRIPTION_STATUSES
    return ("succeeded", None, "") if is_known and carries_marker(order, obj) else _NOTHING


def _capture(order: Order, obj: Obj) -> _Read:
    is_taken = CHARGE_STATUSES.get(obj["status"]) is ChargeStatus.SUCCEEDED
    return ("succeeded", money_of(obj), "") if is_taken and _is_target(order, obj) else _NOTHING


def _void(order: Order, obj: Obj) -> _Read:
    is_void = obj["status"] == "voided" and _is_target(order, obj)
    return ("succeeded", money_of(obj), "") if is_void else _NOTHING


def _cancel_subscription(order: Order, obj: Obj) -> _Read:
    is_ended = obj["status"] == "Canceled" and _is_target(order, obj)
    return ("succeeded", None, "") if is_ended else _NOTHING


def _is_target(order: Order, obj: Obj) -> bool:
    return bool(obj.get("id") == order.target_id)


_READERS: dict[ActionKind, Callable[[Order, Obj], _Read]] = {
    ActionKind.REFUND: _refund,
    ActionKind.CAPTURE: _capture,
    ActionKind.VOID: _void,
    ActionKind.CHARGE: _sale,
    ActionKind.AUTHORIZE: _sale,
    ActionKind.CREATE_SUBSCRIPTION: _create_subscription,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_subscription,
}
