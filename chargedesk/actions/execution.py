"""Sending an order: claim it, read the object again, write down the try, call the provider, settle.

No provider call happens inside a database transaction, and nothing is sent that no try row tells
of (M3).
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit.services import system_actor
from audit.verbs import Verb
from chargedesk.actions import policy, settlement
from chargedesk.actions.acceptance import steps_from_json
from chargedesk.actions.behind import note_picture_behind
from chargedesk.actions.claims import Claim, is_busy, lease
from chargedesk.actions.crash_points import reached
from chargedesk.actions.database_clock import database_now, insist_on_durable_commit
from chargedesk.actions.intents import end_unsent, find_intent, locked_intent
from chargedesk.actions.models import SENT_AND_OPEN, ActionIntent, IntentState, Try
from chargedesk.actions.pace import at_the_pace_of, place_of_reading, place_of_sending
from chargedesk.actions.progress import DONE, is_begun
from chargedesk.actions.requesters import requester_now
from chargedesk.actions.restored import orders_are_paused, settle_if_made
from chargedesk.actions.routes import has_moved
from chargedesk.actions.seen import seen_facts
from chargedesk.actions.targets import Target, find_target, gather_facts
from chargedesk.base import scoping
from chargedesk.kit import clock
from chargedesk.ledger.purchases import settle_purchases
from gateways.capabilities import ActionKind
from gateways.contract import FrozenStep, calls_completer
from gateways.errors import GatewayError, RateLimitedError
from gateways.snapshots import AnySnapshot

log = structlog.get_logger(__name__)
SENDER = system_actor("sender")
# Which credentials a try went out with (`Claim.sender`), among the order's evidence.
SENT_WITH = "sent_with"
READY_LIFE = timedelta(hours=1)


def execute(tenant_id: UUID, intent_id: UUID) -> None:
    """Send one ready order, if due, free and still allowed; else do nothing. Outside scopes."""
    _find_outer_record(tenant_id, intent_id)
    claim = _claim_ready(tenant_id, intent_id)
    if claim is None:
        return
    reached("after_claim")
    try:
        with at_the_pace_of(place_of_reading(claim)):
            snapshots = claim.adapter.read_before_money(claim.credentials, claim.order)
            claim = _completed(claim)
    except GatewayError as error:
        settlement.settle_unsent_error(claim, error)
        return
    checked = _checked(claim, snapshots)
    if checked is None:
        return
    try:
        send_steps(checked)
    except RateLimitedError as error:
        settlement.settle_unsent_error(checked, error)


def send_steps(claim: Claim) -> None:
    """Send what is left of an order: each step is written down before, settled after its call.

    RateLimitedError before anything is written down, if the gateway asks to be left alone: whoever
    dies after a try row has perhaps sent (M3).
    """
    for step in claim.steps:
        if _is_done(claim, step):
            continue
        with at_the_pace_of(place_of_sending(claim)):
            deadline = _write_try(claim, step)
        if deadline is None or not _send(claim, step, deadline):
            return


def expire(intent: ActionIntent) -> None:
    """End an order that waited too long to be sent (M9). `intent` is locked."""
    message = (
        _("It could not be finished within an hour.") + f" {_rest_unsent()}"
        if is_begun(intent)
        else _("It could not be sent within an hour. Nothing was moved; order it again if needed.")
    )
    end_unsent(intent, IntentState.EXPIRED, verb=Verb.ACTION_EXPIRED, actor=SENDER, message=message)


def _find_outer_record(tenant_id: UUID, intent_id: UUID) -> None:
    """An order or invoice may have turned up since this was ordered (M10)."""
    with scoping.tenant(tenant_id):
        object_id = find_intent(intent_id).object_id
    settle_purchases(tenant_id, [object_id])


def _claim_ready(tenant_id: UUID, intent_id: UUID) -> Claim | None:
    try:
        with scoping.tenant(tenant_id, durable=True):
            insist_on_durable_commit()
            intent, now = locked_intent(intent_id), database_now()
            if intent.state != IntentState.READY or intent.not_before > now:
                return None
            if orders_are_paused(tenant_id) or settle_if_made(intent):
                return None
            if intent.ready_at is None or now - intent.ready_at > READY_LIFE:
                expire(intent)
                return None
            if is_busy(intent) or not _is_still_allowed(intent):
                return None
            intent.state = IntentState.EXECUTING
            return lease(intent, now)
    except IntegrityError:
        # Another order of the same root was claimed between our look and our write (M10).
        return None


def _is_still_allowed(intent: ActionIntent) -> bool:
    """Ask once more about policy, member and connection (M17); what may not be sent ends here."""
    target = find_target(ActionKind(intent.action), intent.object_id)
    facts = gather_facts(
        target,
        requester_now(intent),
        amount=intent.amount,
        details=intent.order.get("details"),
    )
    refused = policy.refusal_here(facts) or _refused_route(intent)
    if refused is not None:
        end_unsent(
            intent,
            IntentState.REJECTED,
            verb=Verb.ACTION_REJECTED,
            actor=SENDER,
            message=str(refused.message),
        )
    return refused is None


def _refused_route(intent: ActionIntent) -> policy.Deny | None:
    """An order goes where it was frozen for, or nowhere (M1)."""
    if not has_moved(intent):
        return None
    message = (
        _("Orders of this kind go elsewhere now.") + f" {_rest_unsent()}"
        if is_begun(intent)
        else _("Orders of this kind go elsewhere now. Nothing was moved; order it again.")
    )
    return policy.Deny("route_changed", message)


def _rest_unsent() -> str:
    return _("The rest was not sent.")


def _completed(claim: Claim) -> Claim:
    """With what only the gateway can say of the calls; the tenant's own system is told all (M1)."""
    completer = calls_completer(claim.adapter)
    if completer is None or claim.order.function is not None:
        return claim
    return replace(claim, steps=completer.complete(claim.credentials, claim.order, claim.steps))


def _checked(claim: Claim, snapshots: Sequence[AnySnapshot]) -> Claim | None:
    """Store what was read and check the order against it, before the first try (R2, M11, M18)."""
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        settlement.store(find_intent(claim.intent_id).connection, snapshots)
        # News that came while it was ready could not settle it, and is no news any more.
        settlement.settle_from_marked([claim.intent_id])
        intent = locked_intent(claim.intent_id)
        if intent.lease_token != claim.token or intent.state != IntentState.EXECUTING:
            return None
        target = find_target(ActionKind(intent.action), intent.object_id)
        refused = _refusal_now(intent, target)
        if refused is not None:
            settlement.fail(intent, code=refused.reason, message=str(refused.message))
            return None
        if steps_from_json(intent.steps) != claim.steps:
            intent.steps = [asdict(step) for step in claim.steps]
            intent.save(update_fields=["steps"])
        settlement.note_standing(intent, snapshots)
        note_picture_behind(intent)
        return replace(claim, stored_as_of=target.as_of)


def _refusal_now(intent: ActionIntent, target: Target) -> policy.Deny | None:
    # Once a step is done, what changed is our own doing, and no reason to leave it at half (M4).
    is_from_page = intent.money_version is not None and not is_begun(intent)
    if is_from_page and seen_facts(target) != intent.seen:
        message = _("It was changed elsewhere before this was sent. Nothing was moved.")
        return policy.Deny("changed_elsewhere", message)
    facts = gather_facts(
        target,
        requester_now(intent),
        amount=intent.amount,
        at_period_end=bool(intent.order["at_period_end"]),
        details=intent.order.get("details"),
        own_hold=intent.amount if intent.action == ActionKind.REFUND else None,
    )
    return policy.refusal(facts)


def _is_done(claim: Claim, step: FrozenStep) -> bool:
    with scoping.tenant(claim.tenant_id):
        tries = Try.objects.filter(intent_id=claim.intent_id, step=step.name)
        return tries.filter(answer=DONE).exists()


def _write_try(claim: Claim, step: FrozenStep) -> datetime | None:
    """Commit the try row, if the lease is still ours and long enough; return the call's deadline.

    The deadline counts from before the commit, on this process's clock: whoever is frozen in
    between finds it passed and does not send.
    """
    before = clock.now()
    call = timedelta(seconds=settings.ACTION_CALL_S)
    needed = call + timedelta(seconds=settings.ACTION_LEASE_MARGIN_S)
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        intent, now = locked_intent(claim.intent_id), database_now()
        is_ours = intent.lease_token == claim.token and intent.state in SENT_AND_OPEN
        lease_until = intent.lease_until or now
        if not is_ours or lease_until - now < needed:
            return None
        Try.objects.create(
            tenant_id=claim.tenant_id,
            intent=intent,
            step=step.name,
            number=Try.objects.filter(intent=intent, step=step.name).count() + 1,
            lease_token=claim.token,
            sent_at=now,
        )
        intent.first_try_at = intent.first_try_at or now
        # What was not found before this try says nothing about it (M7).
        intent.first_empty_look_up_at = None
        intent.evidence = {**intent.evidence, SENT_WITH: claim.sender}
        intent.save(update_fields=["first_try_at", "first_empty_look_up_at", "evidence"])
    return before + call


def _send(claim: Claim, step: FrozenStep, deadline: datetime) -> bool:
    """Make the call and settle what came of it; True if the next step may follow."""
    reached("after_try")
    try:
        with at_the_pace_of(place_of_sending(claim)):
            outcome = claim.adapter.send(claim.credentials, claim.order, step, deadline=deadline)
    except GatewayError as error:
        reached("after_answer")
        settlement.settle_error(claim, step, error)
        return False
    except Exception:
        # A bug of ours after bytes may have left: nothing is known about the outcome (M4).
        log.exception("send_failed", intent=str(claim.intent_id))
        settlement.settle_unanswered(claim, step, detail="internal error")
        return False
    reached("after_answer")
    return settlement.settle_answer(claim, step, outcome)
