"""Orders follow their money: when two records become one purchase, they wait in one queue (M10)."""

from collections.abc import Collection
from uuid import UUID

from chargedesk.actions.models import SENT_AND_OPEN, UNSETTLED, ActionIntent, IntentState

_OPEN = (*UNSETTLED, IntentState.PENDING)


def follow(from_root: UUID, to_root: UUID, charge_ids: Collection[UUID]) -> list[UUID] | None:
    """Queue the open orders about these charges under the other root; both roots are locked.

    Returns their ids. None, moving none, if orders of both roots are at their providers: at most
    one may be, so whoever links them comes again.
    """
    rows = ActionIntent.objects.filter(
        subject_id=from_root, object_id__in=list(charge_ids), state__in=_OPEN
    )
    # Whoever wants one of these rows locks its root first, so nobody waits in a circle (M17).
    orders = list(rows.select_for_update().order_by("pk"))
    is_sent = any(order.state in SENT_AND_OPEN for order in orders)
    there = ActionIntent.objects.filter(subject_id=to_root, state__in=SENT_AND_OPEN)
    if is_sent and there.exists():
        return None
    moved = [order.pk for order in orders]
    ActionIntent.objects.filter(pk__in=moved).update(subject_id=to_root)
    return moved
