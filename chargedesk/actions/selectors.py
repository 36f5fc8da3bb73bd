"""Reading orders: the preview before a click, what is possible, and the work lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from chargedesk.actions import policy
from chargedesk.actions.acceptance import open_order
from chargedesk.actions.models import UNSETTLED, ActionIntent, IntentState
from chargedesk.actions.requests import Requester
from chargedesk.actions.seen import version_of
from chargedesk.actions.targets import Target, find_target, gather_facts, resolved_amount
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen, before anything does (R1).

    Attributes:
        target: the object, its root and connection.
        most: all that can be refunded, captured or given back now; None where no amount limits it.
        decision: Allow, NeedsApproval or Deny, for the amount `most`.
        money_version: hand it back with the order (M14).
        other: another order for the same root that is not settled, and whose.
        at_once: what the requester's role may move in one order without a second person.
        budget_left: what it may still move so today, for this customer too. Both None without a
            limit, and where every amount needs a second person.
    """

    target: Target
    most: Money | None
    decision: policy.Decision
    money_version: int
    other: ActionIntent | None
    at_once: Money | None
    budget_left: Money | None


def preview(
    action: ActionKind, object_id: UUID, requester: Requester, *, at_period_end: bool = False
) -> Preview:
    """Tell what an order would do; NoSuchObjectError. Inside the tenant's scope, reads only."""
    target = find_target(action, object_id)
    most = resolved_amount(target, None)
    facts = gather_facts(target, requester, amount=most, at_period_end=at_period_end)
    return Preview(
        target=target,
        most=most,
        decision=policy.decide(facts),
        money_version=version_of(target),
        other=open_order(target.subject_id),
        at_once=_limit(facts, most, facts.limit.action_minor),
        budget_left=_limit(facts, most, *_left_today(facts)),
    )


def approval_needed(
    target: Target, requester: Requester, amount: Money
) -> policy.NeedsApproval | None:
    """Why this amount would wait for a second person; None if it would not, or cannot be at all."""
    decision = policy.decide(gather_facts(target, requester, amount=amount))
    return decision if isinstance(decision, policy.NeedsApproval) else None


def open_orders(subject_ids: Iterable[UUID]) -> dict[UUID, ActionIntent]:
    """The oldest unsettled order of each root or subscription that has one; one statement."""
    rows = ActionIntent.objects.filter(subject_id__in=list(subject_ids), state__in=UNSETTLED)
    return {intent.subject_id: intent for intent in rows.order_by("-created_at")}


def orders_of(object_id: UUID) -> QuerySet[ActionIntent]:
    """All orders about one charge or subscription, newest first."""
    return ActionIntent.objects.filter(object_id=object_id).order_by("-created_at")


def orders_needing_people() -> QuerySet[ActionIntent]:
    """The work list: what waits for approval and what is unknown, oldest first (M8)."""
    states = (IntentState.AWAITING_APPROVAL, IntentState.UNKNOWN)
    rows = ActionIntent.objects.filter(state__in=states).select_related("connection", "root")
    return rows.order_by("created_at")


def has_unknown_orders(connection_id: UUID) -> bool:
    """Whether a connection must stay because the outcome of an order is not known (M8)."""
    states = (IntentState.UNKNOWN, IntentState.EXECUTING, IntentState.PENDING)
    return ActionIntent.objects.filter(connection_id=connection_id, state__in=states).exists()


def _left_today(facts: policy.Facts) -> list[int]:
    limits = (
        (facts.limit.day_minor, facts.spent_today_minor),
        (facts.limit.customer_day_minor, facts.customer_today_minor),
    )
    return [limit - moved for limit, moved in limits if limit is not None]


def _limit(facts: policy.Facts, most: Money | None, *minors: int | None) -> Money | None:
    """The narrowest of some limits in minor units, of the root's currency."""
    known = [minor for minor in minors if minor is not None]
    if most is None or facts.is_unlimited or policy.is_too_old(facts) or not known:
        return None
    return Money(max(0, min(known)), most.currency)
