"""What was told, as proof of an order: our key on a refund, or state and amount as ordered (M6)."""

from collections.abc import Sequence

from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import Order, Outcome
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    ChargeStatus,
    RefundSnapshot,
    RefundStatus,
    SubscriptionSnapshot,
    SubscriptionStatus,
)

REFUND_STATES = {
    RefundStatus.SUCCEEDED: "succeeded",
    RefundStatus.PENDING: "pending",
    RefundStatus.FAILED: "failed",
    RefundStatus.CANCELED: "failed",
}
_TAKEN = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED, ChargeStatus.REFUNDED})


def outcome_shown(order: Order, snapshots: Sequence[AnySnapshot]) -> Outcome | None:
    """What these pictures of the order's object prove; None if nothing."""
    if order.action is ActionKind.REFUND:
        return _refunded(order, snapshots)
    for each in snapshots:
        if each.external_id == order.target_id and _is_as_ordered(order, each):
            return Outcome(
                state="succeeded",
                object_id=each.external_id,
                money=order.money,
                snapshots=tuple(snapshots),
            )
    return None


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


def _is_as_ordered(order: Order, each: AnySnapshot) -> bool:
    if isinstance(each, SubscriptionSnapshot):
        is_over = each.status in {SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED}
        ends = each.cancels_at_period_end if order.at_period_end else is_over
        return order.action is ActionKind.CANCEL_SUBSCRIPTION and ends
    if not isinstance(each, ChargeSnapshot):
        return False
    if order.action is ActionKind.VOID:
        return each.status is ChargeStatus.CANCELED
    taken = Money.of(each.captured_minor, each.currency)
    return order.action is ActionKind.CAPTURE and each.status in _TAKEN and taken == order.money


def _money(refund: RefundSnapshot) -> Money:
    return Money.of(refund.amount_minor, refund.currency)
