"""What was told, as proof of an order: our key on a refund, or state and amount as ordered (M6)."""

from collections.abc import Sequence

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.function_kinds import FUNCTION_KINDS, made_state
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    RefundSnapshot,
    RefundStatus,
    SubscriptionSnapshot,
)

REFUND_STATES = {
    RefundStatus.SUCCEEDED: "succeeded",
    RefundStatus.PENDING: "pending",
    RefundStatus.FAILED: "failed",
    RefundStatus.CANCELED: "failed",
}


_LONGEST_WORD = 60
# Which field of a record shows what an order did; the status for all others.
_SHOWN_BY = {
    ActionKind.CHANGE_SUBSCRIPTION: "product_id",
    ActionKind.APPLY_COUPON: "coupon",
    ActionKind.REMOVE_COUPON: "coupon",
}


def outcome_shown(order: Order, snapshots: Sequence[AnySnapshot]) -> Outcome | None:
    """What these pictures of the order's object, or of what it made, prove; None if nothing."""
    kind = FUNCTION_KINDS[order.action]
    if order.action is ActionKind.REFUND:
        return _refunded(order, snapshots)
    if kind.makes is not None:
        return _made(order, snapshots)
    for each in snapshots:
        if each.external_id == order.target_id and kind.shows and kind.shows(order, each):
            return Outcome(
                state="succeeded",
                object_id=each.external_id,
                money=order.money,
                snapshots=tuple(snapshots),
            )
    return None


def _made(order: Order, snapshots: Sequence[AnySnapshot]) -> Outcome | None:
    """The charge or subscription with the order's key."""
    for each in snapshots:
        is_kind = isinstance(each, ChargeSnapshot | SubscriptionSnapshot)
        state = made_state(order, each) if is_kind and each.marker == order.intent_id else ""
        if state:
            return Outcome(
                state=state,
                object_id=each.external_id,
                money=order.money,
                carries_marker=True,
                snapshots=tuple(snapshots),
                detail=str(getattr(each, "failure_message", "")),
            )
    return None


def contradicting(order: Order, snapshots: Sequence[AnySnapshot]) -> str:
    """What its own record shows instead of what was ordered, in words; empty if it tells nothing.

    A record that leaves the field out, which would show it, says neither.
    """
    shows, field = FUNCTION_KINDS[order.action].shows, _shown_by(order)
    for each in snapshots:
        if shows is None or each.external_id != order.target_id or each.told is None:
            continue
        if each.told.get(field) is not None and shows(order, each) is False:
            return f"{each.external_id} {field}: {str(each.told[field])[:_LONGEST_WORD]}"
    return ""


def described(order: Order, snapshots: Sequence[AnySnapshot]) -> str:
    """What is there instead of what was ordered, in words for a human; empty if nothing is."""
    if order.action is ActionKind.REFUND:
        found = [each for each in snapshots if isinstance(each, RefundSnapshot)]
        return "; ".join(f"{each.external_id} {_money(each)} {each.status}" for each in found)
    return ""


def _refunded(order: Order, snapshots: Sequence[AnySnapshot]) -> Outcome | None:
    for each in snapshots:
        if isinstance(each, RefundSnapshot) and each.marker == order.intent_id:
            state = REFUND_STATES.get(each.status)
            if state is None:
                return None
            return Outcome(
                state=state,
                object_id=each.external_id,
                money=_money(each),
                carries_marker=True,
                snapshots=tuple(snapshots),
                detail=each.failure_reason,
            )
    return None


def _money(refund: RefundSnapshot) -> Money:
    return Money.of(refund.amount_minor, refund.currency)


def _shown_by(order: Order) -> str:
    if order.action is ActionKind.CANCEL_SUBSCRIPTION and order.at_period_end:
        return "cancel_at_period_end"
    return _SHOWN_BY.get(order.action, "status")
