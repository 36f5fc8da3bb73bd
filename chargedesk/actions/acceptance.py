"""Accepting a wish: under the root's lock it is checked, frozen, held for and written down."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit.verbs import Verb
from chargedesk.actions import policy
from chargedesk.actions.budgets import lock_budget, lock_customer
from chargedesk.actions.database_clock import database_now
from chargedesk.actions.details import resolved_details
from chargedesk.actions.errors import (
    ActionDeniedError,
    KeyMisuseError,
    MoneyChangedError,
)
from chargedesk.actions.intents import make_ready, record_turn
from chargedesk.actions.models import UNSETTLED, ActionIntent, IntentState
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.routes import function_call
from chargedesk.actions.seen import seen_facts, version_of
from chargedesk.actions.subjects import lock_thing
from chargedesk.actions.targets import Target, find_target, gather_facts, resolved_amount
from chargedesk.kit import ids
from chargedesk.kit.money import Money
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, FunctionCall, Order

_SAME_WISH_WINDOW = timedelta(minutes=10)


def accept(request: ActionRequest) -> tuple[ActionIntent, bool]:
    """Turn a wish into an intent; the second value says whether it is new. In a durable scope."""
    root = lock_thing(request.action, request.object_id)
    earlier = earlier_order(request)
    if earlier is not None:
        return earlier, False
    target = find_target(request.action, request.object_id, root=root)
    _stop_if_changed(request, target)
    amount = resolved_amount(target, request.amount)
    if amount is not None and not request.requester.is_unlimited:
        lock_budget(request.requester.actor.id, amount.currency.code)
        lock_customer(target.customer_id)
    facts = _insist_it_can_be(request, target, amount)
    details = resolved_details(target, request.details)
    decision = policy.decide(replace(facts, details=details))
    if isinstance(decision, policy.Deny):
        raise _denied(decision)
    intent = _written(request, target, amount, details)
    if isinstance(decision, policy.NeedsApproval):
        intent.failure_message = str(decision.message)[:500]
        intent.save(update_fields=["failure_message"])
    else:
        make_ready(intent, undo_seconds=request.requester.undo_seconds)
    record_turn(intent, Verb.ACTION_REQUESTED, actor=request.requester.actor)
    return intent, True


def earlier_order(request: ActionRequest) -> ActionIntent | None:
    """The order that this request repeats (M2, M15), if there is one. KeyMisuseError; in scope."""
    if request.client_key:
        earlier = ActionIntent.objects.filter(pk=_intent_id(request)).first()
        if earlier is not None and not _is_repeated(earlier, request):
            raise KeyMisuseError(
                _("This key was used for another order. Use a new key for a new order."),
                intent_id=earlier.id,
            )
        return earlier
    same_wish = ActionIntent.objects.filter(
        object_id=request.object_id,
        actor_id=request.requester.actor.id,
        fingerprint=request.fingerprint,
        client_key="",
    ).order_by("-created_at")
    newest = same_wish.first()
    if newest is None or newest.state in UNSETTLED or newest.settled_at is None:
        return newest
    is_recent = database_now() - newest.settled_at < _SAME_WISH_WINDOW
    return newest if is_recent else None


def frozen_order(
    target: Target,
    *,
    intent_id: UUID,
    amount: Money | None,
    request: ActionRequest | None = None,
    details: Mapping[str, Any] | None = None,
) -> Order:
    """The order as the adapter takes it; without a request, one that is only read for."""
    return Order(
        action=target.action,
        intent_id=intent_id,
        target_id=target.thing.external_id,
        payment_id=target.payment_id,
        money=amount,
        reason=request.reason if request else "",
        at_period_end=request.at_period_end if request else False,
        details=details or {},
        function=function_call(target, request) if request else None,
    )


def order_to_json(order: Order) -> dict[str, Any]:
    """An order as JSON values, to be stored on the intent."""
    stored = asdict(replace(order, details=dict(order.details)))
    stored["intent_id"] = str(order.intent_id)
    stored["money"] = [order.money.minor, order.money.currency.code] if order.money else None
    return stored


def order_from_json(stored: Mapping[str, Any]) -> Order:
    """The order as it was frozen."""
    values = dict(stored)
    values["action"] = ActionKind(values["action"])
    values["intent_id"] = UUID(values["intent_id"])
    values["money"] = Money.of(*values["money"]) if values["money"] else None
    call = values.get("function")
    values["function"] = FunctionCall(**call) if call else None
    return Order(**values)


def steps_from_json(stored: list[Mapping[str, Any]]) -> tuple[FrozenStep, ...]:
    """The provider calls as they were frozen."""
    return tuple(FrozenStep(**step) for step in stored)


def _is_repeated(earlier: ActionIntent, request: ActionRequest) -> bool:
    """Whether this is the same request, word for word: the log keeps what the first one said."""
    words = (request.reason, request.note)
    return earlier.fingerprint == request.fingerprint and (earlier.reason, earlier.note) == words


def _intent_id(request: ActionRequest) -> UUID:
    """Derived from tenant, credential and client key (M2), so that a retry meets the same order."""
    if not request.client_key:
        return ids.new_id()
    return ids.derived_id(
        "intent", request.tenant_id, request.requester.credential, request.client_key
    )


def _stop_if_changed(request: ActionRequest, target: Target) -> None:
    """Two people, one wish (M14): a page's order stops if the money is not as it showed."""
    if request.money_version is None:
        return
    other = open_order(target.subject_id)
    if other is not None:
        raise MoneyChangedError(
            _("%(who)s is already working on this payment.")
            % {"who": other.actor_label or other.actor_id}
            if target.root
            else _("%(who)s is already working on this.")
            % {"who": other.actor_label or other.actor_id},
            difference={"open_order": str(other.id), "by": other.actor_label},
        )
    version = version_of(target)
    if request.money_version != version:
        raise MoneyChangedError(
            _("This payment has changed since you opened it. Look at it again before you go on.")
            if target.root
            else _("This has changed since you opened it. Look at it again before you go on."),
            difference={"money_version": version, **seen_facts(target)},
        )


def open_order(subject_id: UUID) -> ActionIntent | None:
    """The oldest order for this root or other object that is not settled."""
    rows = ActionIntent.objects.filter(subject_id=subject_id, state__in=UNSETTLED)
    return rows.order_by("created_at").first()


def _insist_it_can_be(request: ActionRequest, target: Target, amount: Money | None) -> policy.Facts:
    """The facts, unless they refuse the order whatever its details are."""
    facts = gather_facts(
        target, request.requester, amount=amount, at_period_end=request.at_period_end
    )
    refused = policy.insist_on_amount(facts) or policy.refusal(facts)
    if refused is not None:
        raise _denied(refused)
    return facts


def _denied(refused: policy.Deny) -> ActionDeniedError:
    return ActionDeniedError(
        str(refused.message), reason=refused.reason, parameter=refused.parameter
    )


def _written(
    request: ActionRequest, target: Target, amount: Money | None, details: Mapping[str, Any]
) -> ActionIntent:
    intent_id = _intent_id(request)
    order = frozen_order(
        target,
        intent_id=intent_id,
        amount=amount,
        request=request,
        details=details,
    )
    steps = target.adapter.freeze(order)
    actor, now = request.requester.actor, database_now()
    return ActionIntent.objects.create(
        id=intent_id,
        tenant_id=request.tenant_id,
        connection=target.connection,
        action=request.action,
        state=IntentState.AWAITING_APPROVAL,
        subject_id=target.subject_id,
        root=target.root,
        object_kind=target.object_kind,
        object_id=target.thing.id,
        target_id=target.thing.external_id,
        customer_id=target.customer_id,
        amount_minor=amount.minor if amount is not None else None,
        currency=amount.currency.code if amount is not None else "",
        order=order_to_json(order),
        steps=[asdict(step) for step in steps],
        seen=seen_facts(target),
        reason=request.reason,
        note=request.note,
        money_version=request.money_version,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        actor_role=request.requester.role,
        is_unlimited=request.requester.is_unlimited,
        on_behalf_of=actor.on_behalf_of,
        ip=actor.ip,
        client_key=request.client_key,
        fingerprint=request.fingerprint,
        created_at=now,
        not_before=now,
    )
