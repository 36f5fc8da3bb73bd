"""The second person: approving, rejecting, settling by hand what no gateway tells (M8, M17)."""

from dataclasses import replace
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

from audit.verbs import Verb
from chargedesk.actions import policy
from chargedesk.actions.database_clock import database_now, insist_on_durable_commit
from chargedesk.actions.errors import ActionDeniedError, IntentClosedError
from chargedesk.actions.intents import (
    end_unsent,
    find_intent,
    locked_intent,
    make_ready,
    record_turn,
)
from chargedesk.actions.models import NOT_EXECUTED, ActionIntent, Approval, IntentState
from chargedesk.actions.progress import is_begun
from chargedesk.actions.requesters import requester_now
from chargedesk.actions.requests import Requester
from chargedesk.actions.seen import seen_facts
from chargedesk.actions.settlement import fail, outcome_of, settle, store
from chargedesk.actions.targets import find_target, gather_facts
from chargedesk.actions.waking import wake_after_commit
from chargedesk.base import scoping
from chargedesk.ledger.models import Refund
from chargedesk.ledger.services import link_refund
from chargedesk.tenants.credentials import gateway_credentials
from chargedesk.tenants.roles import Right, has_right
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.contract import Outcome
from gateways.errors import GatewayError
from gateways.snapshots import ObjectKind, RefundStatus

log = structlog.get_logger(__name__)


def approve(
    tenant_id: UUID, intent_id: UUID, *, approver: Requester, note: str = ""
) -> ActionIntent:
    """Let an order go that waits for approval; one transaction, outside any scope.

    The policy is asked again for both people. If the money facts changed meanwhile, the order ends
    as `superseded` and must be asked for again (R8). Raises ActionDeniedError, IntentClosedError,
    NoSuchObjectError.
    """
    with scoping.tenant(tenant_id, durable=True):
        insist_on_durable_commit()
        intent = _waiting_intent(intent_id, approver)
        target = find_target(ActionKind(intent.action), intent.object_id)
        if seen_facts(target) != intent.seen:
            message = _("The payment changed while this waited. Ask for it again.")
            end_unsent(
                intent,
                IntentState.SUPERSEDED,
                verb=Verb.ACTION_SUPERSEDED,
                actor=approver.actor,
                message=message,
            )
            return intent
        _insist_both_may(intent, approver)
        _answer(intent, approver, is_approved=True, note=note)
        make_ready(intent)
        record_turn(intent, Verb.ACTION_APPROVED, actor=approver.actor)
        wake_after_commit(tenant_id, intent_id)
    return intent


def reject(tenant_id: UUID, intent_id: UUID, *, approver: Requester, note: str) -> ActionIntent:
    """Say no to an order that waits for approval; nothing was held or sent. Outside any scope."""
    with scoping.tenant(tenant_id, durable=True):
        intent = _waiting_intent(intent_id, approver)
        _answer(intent, approver, is_approved=False, note=note)
        end_unsent(
            intent,
            IntentState.REJECTED,
            verb=Verb.ACTION_REJECTED,
            actor=approver.actor,
            message=note,
        )
    return intent


def propose_resolution(
    tenant_id: UUID,
    intent_id: UUID,
    *,
    proposer: Requester,
    has_succeeded: bool,
    provider_id: str,
    evidence: str,
) -> ActionIntent:
    """Say, with evidence, what became of an unknown order; a second person must confirm (M8)."""
    with scoping.tenant(tenant_id, durable=True):
        intent = _unknown_intent(intent_id, proposer)
        if has_succeeded and not provider_id:
            raise ActionDeniedError(
                _("Give the gateway's id of what was done."),
                reason="provider_id_missing",
                parameter="provider_id",
            )
        if has_succeeded:
            _named_refund(intent, provider_id)
        intent.evidence = {
            **intent.evidence,
            "proposal": {
                "has_succeeded": has_succeeded,
                "provider_id": provider_id,
                "evidence": evidence,
                "by": proposer.actor.id,
                "label": proposer.actor.label,
            },
        }
        intent.save(update_fields=["evidence"])
        record_turn(
            intent,
            Verb.ACTION_RESOLVED,
            actor=proposer.actor,
            proposal=intent.evidence["proposal"],
            stage="proposed",
        )
    return intent


def confirm_resolution(tenant_id: UUID, intent_id: UUID, *, confirmer: Requester) -> ActionIntent:
    """The second person agrees: the order is settled by hand, audited, and the hold ends (M8).

    The refund they name belongs to the order from then on, so that its amount counts once (M11).
    IntentClosedError, also while a worker is asking the gateway. Outside any scope.
    """
    _read_what_is_named(tenant_id, intent_id)
    with scoping.tenant(tenant_id, durable=True):
        insist_on_durable_commit()
        intent = _unknown_intent(intent_id, confirmer)
        _insist_nobody_asks(intent)
        proposal = intent.evidence.get("proposal")
        if proposal is None:
            raise IntentClosedError(_("Nobody has said yet what became of this order."))
        if proposal["by"] == confirmer.actor.id:
            raise ActionDeniedError(
                _("A second person must confirm what you found."), reason="same_person"
            )
        if proposal["has_succeeded"]:
            found = _what_was_found(intent, proposal["provider_id"])
            settle(intent, found, actor=confirmer.actor)
        else:
            message = (
                _("Two people found that the rest was not done.")
                if is_begun(intent)
                else _("Two people found that nothing was moved.")
            )
            fail(intent, code=NOT_EXECUTED, message=message, actor=confirmer.actor)
        record_turn(intent, Verb.ACTION_RESOLVED, actor=confirmer.actor, stage="confirmed")
    return intent


def _waiting_intent(intent_id: UUID, approver: Requester) -> ActionIntent:
    intent = locked_intent(intent_id)
    if intent.state != IntentState.AWAITING_APPROVAL:
        raise IntentClosedError(_("This order no longer waits for approval."))
    if not has_right(approver.role, Right.APPROVE):
        raise ActionDeniedError(_("Your role cannot approve orders."), reason="not_permitted")
    if approver.actor.id == intent.actor_id:
        raise ActionDeniedError(
            _("A second person must approve what you asked for."), reason="same_person"
        )
    return intent


def _unknown_intent(intent_id: UUID, person: Requester) -> ActionIntent:
    intent = locked_intent(intent_id)
    if intent.state != IntentState.UNKNOWN:
        raise IntentClosedError(_("The outcome of this order is known."))
    if not has_right(person.role, Right.RESOLVE_UNKNOWN):
        raise ActionDeniedError(
            _("Your role cannot settle orders by hand."), reason="not_permitted"
        )
    return intent


def _insist_nobody_asks(intent: ActionIntent) -> None:
    """While a worker repeats it by its key, it may be happening: its amount stays held (M8)."""
    if intent.lease_until is not None and intent.lease_until > database_now():
        raise IntentClosedError(
            _("The gateway is being asked about this order right now. Try again in two minutes.")
        )


def _read_what_is_named(tenant_id: UUID, intent_id: UUID) -> None:
    """Bring a named refund that we do not have yet to the ledger, if the gateway answers."""
    with scoping.tenant(tenant_id):
        intent = find_intent(intent_id)
        named = str(intent.evidence.get("proposal", {}).get("provider_id", ""))
        if not named or intent.action != ActionKind.REFUND or _stored(intent, named):
            return
        connection, credentials = intent.connection, gateway_credentials(intent.connection)
    try:
        found = registry.adapter(connection.provider).read(credentials, ObjectKind.REFUND, named)
    except GatewayError as error:
        # Two people's word stands; its row may come later, and is shown as one without an order.
        log.warning("named_refund_unread", intent=str(intent_id), error=error.code)
        return
    with scoping.tenant(tenant_id, durable=True):
        insist_on_durable_commit()
        store(connection, found)


def _what_was_found(intent: ActionIntent, named: str) -> Outcome:
    refund = _named_refund(intent, named)
    if refund is None:
        return Outcome(state="succeeded", object_id=named, money=intent.amount)
    link_refund(refund, intent.id)
    found = outcome_of(refund)
    # Where the gateway itself stays unsure, what two people found is the last word (M8).
    is_unsure = refund.status == RefundStatus.UNKNOWN
    return replace(found, state="succeeded") if is_unsure else found


def _named_refund(intent: ActionIntent, named: str) -> Refund | None:
    """The refund two people name, if we have it; ActionDeniedError if it cannot be the order's."""
    refund = _stored(intent, named) if intent.action == ActionKind.REFUND else None
    if refund is None:
        return None
    is_of_order = refund.root_id == intent.root_id and refund.amount == intent.amount
    if not is_of_order or refund.intent_id not in (None, intent.id):
        raise ActionDeniedError(
            _("This refund is another payment's, of another amount, or of another order."),
            reason="provider_id_not_the_orders",
            parameter="provider_id",
        )
    return refund


def _stored(intent: ActionIntent, named: str) -> Refund | None:
    return Refund.objects.filter(connection_id=intent.connection_id, external_id=named).first()


def _insist_both_may(intent: ActionIntent, approver: Requester) -> None:
    target = find_target(ActionKind(intent.action), intent.object_id)
    at_period_end = bool(intent.order["at_period_end"])
    for person in (requester_now(intent), approver):
        facts = gather_facts(
            target,
            person,
            amount=intent.amount,
            at_period_end=at_period_end,
            details=intent.order.get("details"),
        )
        decision = policy.decide(facts)
        if isinstance(decision, policy.Deny):
            raise ActionDeniedError(str(decision.message), reason=decision.reason)
        if person is approver and isinstance(decision, policy.NeedsApproval):
            raise ActionDeniedError(
                _("This is over your own limit; somebody with a higher one must approve."),
                reason="approver_limit",
            )


def _answer(intent: ActionIntent, approver: Requester, *, is_approved: bool, note: str) -> None:
    Approval.objects.create(
        tenant_id=intent.tenant_id,
        intent=intent,
        member_id=UUID(approver.actor.id),
        member_label=approver.actor.label,
        is_approved=is_approved,
        note=note[:500],
        at=database_now(),
    )
