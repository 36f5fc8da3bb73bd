"""Finding orders nobody works on: forgotten, abandoned, unknown, pending, old (M3, M7-M9)."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.services import system_actor
from audit.verbs import Verb
from chargedesk.actions.claims import Claim, lease
from chargedesk.actions.database_clock import database_now, insist_on_durable_commit
from chargedesk.actions.execution import READY_LIFE, SENT_WITH, expire, send_steps
from chargedesk.actions.intents import end_unsent, find_intent, locked_intent, record_turn
from chargedesk.actions.models import SENT_AND_OPEN, ActionIntent, IntentState, Try
from chargedesk.actions.pace import at_the_pace_of, place_of_reading
from chargedesk.actions.reading_behind import read_behind
from chargedesk.actions.restored import orders_are_paused, settle_if_made
from chargedesk.actions.settlement import (
    next_look_up,
    note_finding,
    settle_finding,
    settle_from_record,
    store,
    wait_asked_for,
)
from chargedesk.actions.sweeping import logged_failure
from chargedesk.base import scoping
from chargedesk.kit.errors import ChargeDeskError
from chargedesk.messaging.tasks import mail_members
from chargedesk.tenants.roles import Right
from gateways.capabilities import ActionKind, Proof
from gateways.contract import records_taker
from gateways.errors import GatewayError, RateLimitedError
from gateways.snapshots import ObjectKind

log = structlog.get_logger(__name__)
RECOVERY = system_actor("recovery")
APPROVAL_LIFE = timedelta(hours=24)
_ALERT_AFTER = timedelta(hours=1)
_BATCH = 200
_PENDING_OR_UNKNOWN = (IntentState.UNKNOWN, IntentState.PENDING)


def due_orders(tenant_id: UUID) -> tuple[list[UUID], list[UUID]]:
    """Ids of orders to send, and of orders to find out about, oldest first. Outside any scope.

    An order that must wait for another of its root (M10) is not due: handed out all the same, many
    of them would keep the workers busy with nothing.
    """
    with scoping.tenant(tenant_id):
        now = database_now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        ready = Q(state=IntentState.READY, not_before__lte=now)
        open_ = free & Q(state__in=_PENDING_OR_UNKNOWN, next_look_up_at__lte=now)
        next_ready = ready & _is_next_of_its_root(ready)
        return _oldest_of_each_connection(next_ready), _oldest_of_each_connection(open_)


def next_to_send(tenant_id: UUID, *, after: UUID) -> UUID | None:
    """The oldest due order of the same connection. Outside any scope.

    None while the order before it is still due itself: an order that cannot be claimed must not
    call itself again and again.
    """
    with scoping.tenant(tenant_id):
        done, now = find_intent(after), database_now()
        if done.state == IntentState.READY and done.not_before <= now:
            return None
        ready = Q(state=IntentState.READY, not_before__lte=now)
        beside = ready & Q(connection_id=done.connection_id)
        return next(iter(_oldest(beside & _is_next_of_its_root(ready))), None)


def tidy(tenant_id: UUID) -> None:
    """End leases, waits and approvals that have run out, each in a transaction of its own."""
    with scoping.tenant(tenant_id):
        now = database_now()
        work = {
            _release_abandoned: Q(state=IntentState.EXECUTING, lease_until__lt=now),
            _end_overdue: Q(state=IntentState.READY, ready_at__lt=now - READY_LIFE)
            | Q(state=IntentState.AWAITING_APPROVAL, created_at__lt=now - APPROVAL_LIFE),
            _alert: Q(
                state=IntentState.UNKNOWN, alerted_at=None, first_try_at__lt=now - _ALERT_AFTER
            ),
        }
        found = [(step, intent_id) for step, which in work.items() for intent_id in _oldest(which)]
    for step, intent_id in found:
        # One order that cannot be tidied now, because it is locked, keeps up no other.
        with (
            logged_failure("order_not_tidied", intent=str(intent_id)),
            scoping.tenant(tenant_id, durable=True),
        ):
            insist_on_durable_commit()
            step(intent_id)


def _is_next_of_its_root(ready: Q) -> Q:
    beside = ActionIntent.objects.filter(subject_id=OuterRef("subject_id"))
    earlier = beside.filter(ready, created_at__lt=OuterRef("created_at"))
    return ~Exists(beside.filter(state__in=SENT_AND_OPEN)) & ~Exists(earlier)


def _oldest_of_each_connection(which: Q) -> list[UUID]:
    """More than are handed out may wait for one gateway that hangs; they keep no other's back."""
    connections = ActionIntent.objects.filter(which).order_by().values_list("connection_id")
    due = [_oldest(which & Q(connection_id=each)) for (each,) in connections.distinct()]
    return [intent_id for ids in due for intent_id in ids]


def _oldest(which: Q) -> list[UUID]:
    rows = ActionIntent.objects.filter(which).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:_BATCH])


def recover(tenant_id: UUID, intent_id: UUID) -> None:
    """Find out about one open order: repeat with its key while it lives, else look it up."""
    claim, state = _claim_open(tenant_id, intent_id)
    if claim is None:
        return
    try:
        with at_the_pace_of(place_of_reading(claim)):
            _find_out(claim, state)
            _read_again(claim)
    except GatewayError as error:
        _look_again_later(claim, error)


def _find_out(claim: Claim, state: str) -> None:
    if state == IntentState.PENDING:
        _poll(claim)
    elif _key_lives(claim):
        send_steps(claim)
        _look_behind(claim)
    else:
        _look_up(claim)


def _claim_open(tenant_id: UUID, intent_id: UUID) -> tuple[Claim | None, str]:
    with scoping.tenant(tenant_id, durable=True):
        insist_on_durable_commit()
        intent, now = locked_intent(intent_id), database_now()
        is_leased = intent.lease_until is not None and intent.lease_until > now
        is_due = intent.next_look_up_at is not None and intent.next_look_up_at <= now
        if intent.state not in _PENDING_OR_UNKNOWN or is_leased or not is_due:
            return None, intent.state
        try:
            return lease(intent, now), intent.state
        except ChargeDeskError:
            # The connection's secrets cannot be opened: it stays unknown, a human must look (M8).
            log.exception("recovery_without_credentials", intent=str(intent_id))
            return None, intent.state


def _proof(claim: Claim) -> Proof:
    proof = claim.adapter.capabilities.proof(claim.order.action)
    return proof or Proof()


def _key_lives(claim: Claim) -> bool:
    """A key is dead at half its published life, counted from the first try (M7).

    And with the credentials it was sent with: a gateway may know it by them, and would do it again.
    """
    life = _proof(claim).key_life
    if life is None:
        return False
    with scoping.tenant(claim.tenant_id):
        intent = find_intent(claim.intent_id)
        if intent.evidence.get(SENT_WITH, claim.sender) != claim.sender:
            return False
        return intent.first_try_at is not None and (database_now() - intent.first_try_at < life / 2)


def _look_up(claim: Claim) -> None:
    proof = _proof(claim)
    if not proof.looks_up:
        if not _settled_by_record(claim):
            _look_again_later(claim, None)
        return
    finding = claim.adapter.look_up(claim.credentials, claim.order, claim.steps[-1])
    # Last, so that what the gateway behind shows is newer than what this one does.
    is_read_behind = read_behind(claim)
    settle_finding(
        claim, finding, empty_is_proof=proof.empty_is_proof, is_read_behind=is_read_behind
    )


def _settled_by_record(claim: Claim) -> bool:
    """Where nobody can be asked, what the tenant told meanwhile is all there is to look at."""
    adapter = records_taker(claim.adapter)
    if adapter is None or claim.order.action is ActionKind.REFUND:
        return False
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        intent = locked_intent(claim.intent_id)
        return settle_from_record(adapter, intent)


def _look_behind(claim: Claim) -> None:
    """A key that goes on answering 5xx proves nothing; what is to be seen settles it (M4)."""
    with scoping.tenant(claim.tenant_id):
        is_open = find_intent(claim.intent_id).state == IntentState.UNKNOWN
    if not is_open or not _proof(claim).looks_up:
        return
    finding = claim.adapter.look_up(claim.credentials, claim.order, claim.steps[-1])
    # Nothing found is no proof while the key lives: it may be repeated a moment later.
    if finding.outcome is not None:
        settle_finding(claim, finding, empty_is_proof=False)
    else:
        note_finding(claim, finding)


def _poll(claim: Claim) -> None:
    """Read a pending refund, or the object of another pending action, until it ends.

    Where no refund can be read by itself, its charge tells of it; where nobody can be asked, it
    stays pending until somebody tells.
    """
    declared = claim.adapter.capabilities
    is_readable = ObjectKind.REFUND in declared.reads | declared.reads_by_id
    if claim.order.action is not ActionKind.REFUND or not is_readable:
        _look_up(claim)
        _look_again_later(claim, None)
        return
    with scoping.tenant(claim.tenant_id):
        intent = find_intent(claim.intent_id)
    snapshots = claim.adapter.read(claim.credentials, ObjectKind.REFUND, intent.result_id)
    with scoping.tenant(claim.tenant_id, durable=True):
        store(intent.connection, snapshots)
    _look_again_later(claim, None)


def _read_again(claim: Claim) -> None:
    """Show what the order changed: a replayed answer or a look-up tells of the past only."""
    snapshots = claim.adapter.read_before_money(claim.credentials, claim.order)
    with scoping.tenant(claim.tenant_id):
        store(find_intent(claim.intent_id).connection, snapshots)


def _look_again_later(claim: Claim, error: GatewayError | None) -> None:
    with scoping.tenant(claim.tenant_id):
        intent, now = locked_intent(claim.intent_id), database_now()
        if intent.lease_token != claim.token or intent.state not in _PENDING_OR_UNKNOWN:
            return
        intent.lease_token = intent.lease_until = None
        if isinstance(error, RateLimitedError):
            # Who asks for a pause was not asked: that look-up is still to come (M7, M8).
            intent.next_look_up_at = now + wait_asked_for(error)
            intent.save()
            return
        intent.look_ups += 1
        poll = now + timedelta(seconds=settings.ACTION_POLL_PENDING_S)
        is_pending = intent.state == IntentState.PENDING
        intent.next_look_up_at = poll if is_pending else next_look_up(intent, now)
        intent.save()
    if error is not None:
        log.warning("look_up_failed", intent=str(claim.intent_id), error=error.code)


def _release_abandoned(intent_id: UUID) -> None:
    """A lease has ended: without a try row it was surely not sent, with one it is unknown (M3)."""
    intent, now = locked_intent(intent_id), database_now()
    is_over = intent.lease_until is not None and intent.lease_until < now
    if intent.state != IntentState.EXECUTING or not is_over:
        return
    was_sent = Try.objects.filter(intent=intent, answered_at=None).exists()
    intent.state = IntentState.UNKNOWN if was_sent else IntentState.READY
    intent.lease_token = intent.lease_until = None
    intent.next_look_up_at = next_look_up(intent, now) if was_sent else None
    intent.save()
    if was_sent:
        record_turn(intent, Verb.ACTION_UNKNOWN, actor=RECOVERY)


def _end_overdue(intent_id: UUID) -> None:
    """Looks at the age again: it may have been approved or sent since it was listed."""
    intent, now = locked_intent(intent_id), database_now()
    is_ready = intent.state == IntentState.READY
    is_waiting = intent.state == IntentState.AWAITING_APPROVAL
    is_forgotten = is_ready and (intent.ready_at or now) < now - READY_LIFE
    is_unapproved = is_waiting and intent.created_at < now - APPROVAL_LIFE
    if not (is_forgotten or is_unapproved):
        return
    if orders_are_paused(intent.tenant_id) or settle_if_made(intent):
        return
    if is_forgotten:
        expire(intent)
    else:
        end_unsent(
            intent,
            IntentState.EXPIRED,
            verb=Verb.ACTION_EXPIRED,
            actor=RECOVERY,
            message=_("Nobody approved it within a day. Nothing was moved."),
        )


def _alert(intent_id: UUID) -> None:
    """After an hour a human must know (M8)."""
    intent = locked_intent(intent_id)
    if intent.state != IntentState.UNKNOWN or intent.alerted_at is not None:
        return
    intent.alerted_at = database_now()
    intent.save(update_fields=["alerted_at"])
    record_turn(intent, Verb.INCIDENT_RAISED, actor=RECOVERY, what="unknown for an hour")
    facts = {
        "who": intent.actor_label or intent.actor_id,
        "amount": str(intent.amount or ""),
        "target": intent.target_id,
    }
    path = reverse("dashboard:order", args=[intent.id])
    mail = partial(
        mail_members.delay,
        *(str(intent.tenant_id), Right.RESOLVE_UNKNOWN.value, "order_unknown", path, facts),
    )
    # The incident is written down; a broker that is away costs the mail alone.
    transaction.on_commit(mail, robust=True)
    log.error("order_unknown_for_an_hour", intent=str(intent_id))
