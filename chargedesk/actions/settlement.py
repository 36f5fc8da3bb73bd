"""Settling: what an answer, a look-up or a webhook proves about an order, by compare-and-set (M16).

The first of worker, webhook, poll and recovery wins; the others find the order settled and change
nothing. Lock order: root (taken by the ledger's doors), budget, intent, audit head.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit.services import Actor, record, system_actor
from audit.verbs import Verb
from chargedesk.actions.acceptance import order_from_json
from chargedesk.actions.alike import charges_alike
from chargedesk.actions.behind import changed_behind
from chargedesk.actions.budgets import lock_budgets, release_budget, reserve_budget
from chargedesk.actions.claims import Claim
from chargedesk.actions.crash_points import reached
from chargedesk.actions.database_clock import database_now, insist_on_durable_commit
from chargedesk.actions.intents import find_intent, give_back, locked_intent, record_turn
from chargedesk.actions.late_effects import watch_for_late_effects
from chargedesk.actions.models import NOT_EXECUTED, SENT_AND_OPEN, ActionIntent, IntentState, Try
from chargedesk.actions.progress import DONE, is_begun
from chargedesk.actions.subjects import TAKES_MONEY, find_thing
from chargedesk.actions.waking import wake_after_commit
from chargedesk.base import scoping
from chargedesk.ledger.locking import locked_root, release_hold
from chargedesk.ledger.models import Charge, Refund, Subscription
from chargedesk.ledger.models.mirrored import Mirrored
from chargedesk.ledger.services import record_snapshots
from chargedesk.tenants.models import Connection
from chargedesk.tenants.services import mark_credentials_failed
from gateways import registry
from gateways.capabilities import ActionKind
from gateways.contract import Finding, FrozenStep, Outcome, TakesRecords, records_taker
from gateways.errors import (
    AlreadyDoneError,
    CredentialsError,
    GatewayError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from gateways.function_kinds import FUNCTION_KINDS
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    ChargeStatus,
    ObjectKind,
    RefundStatus,
    SubscriptionSnapshot,
)

log = structlog.get_logger(__name__)
SETTLER = system_actor("settlement")

# The provider said no, which is no proof about what stands behind it.
_REFUSED = "refused_unproven"
UNANSWERED = ("", "unknown", _REFUSED)
_STOOD_SINCE = "stood_since"
_OPEN = (*SENT_AND_OPEN, IntentState.PENDING)
_ORDERED = (ChargeSnapshot, SubscriptionSnapshot)
_BACK_OFF = timedelta(seconds=5)
# A tenant's own system gives times by its own clock.
_CLOCKS_DIFFER = timedelta(minutes=5)
# A gateway's clock is right, but many give whole seconds only.
_CLOCKS_AGREE = timedelta(minutes=1)
_STATES = {
    "succeeded": IntentState.SUCCEEDED,
    "pending": IntentState.PENDING,
    "failed": IntentState.FAILED,
}
_HAPPENED = (IntentState.SUCCEEDED, IntentState.PENDING, IntentState.REVERSED)
_MADE: dict[ObjectKind, type[Mirrored]] = {
    ObjectKind.REFUND: Refund,
    ObjectKind.CHARGE: Charge,
    ObjectKind.SUBSCRIPTION: Subscription,
}
_SAYS_WHOSE: dict[ObjectKind, type[Refund] | type[Charge]] = {
    ObjectKind.REFUND: Refund,
    ObjectKind.CHARGE: Charge,
}
_ENDED_WITHOUT_EFFECT = (
    IntentState.FAILED,
    IntentState.EXPIRED,
    IntentState.REJECTED,
    IntentState.CANCELED,
    IntentState.SUPERSEDED,
)
_VERBS = {
    IntentState.SUCCEEDED: Verb.ACTION_SUCCEEDED,
    IntentState.PENDING: Verb.ACTION_PENDING,
    IntentState.FAILED: Verb.ACTION_FAILED,
}


def settle_answer(claim: Claim, step: FrozenStep, outcome: Outcome) -> bool:
    """Store the provider's answer, settle after the last step; True if a step may follow."""
    is_last = step == claim.steps[-1]
    if _is_of_another(claim, outcome):
        settle_unanswered(claim, step, detail="it named what another order made")
        return False
    reached("before_settling")
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        store(find_intent(claim.intent_id).connection, _after_the_read(claim, outcome.snapshots))
        intent = locked_intent(claim.intent_id)
        _answer_try(claim, step, DONE, outcome.detail)
        if is_last:
            settle(intent, outcome)
    reached("after_settling")
    return not is_last


def settle_error(claim: Claim, step: FrozenStep, error: GatewayError) -> None:
    """Settle a call that raised, as far as the error proves anything (M4, M5, M6)."""
    if isinstance(error, OutcomeUnknownError):
        refusal = error if error.is_refusal else None
        detail = error.provider_code or error.message
        settle_unanswered(claim, step, detail=detail, refusal=refusal)
        return
    finding = _look_before_believing(claim, step) if isinstance(error, AlreadyDoneError) else None
    reached("before_settling")
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        if finding is not None:
            store(find_intent(claim.intent_id).connection, finding.snapshots)
        intent = locked_intent(claim.intent_id)
        _answer_try(claim, step, error.code, error.provider_code)
        _settle_refusal(intent, error, finding)
    reached("after_settling")


def settle_unanswered(
    claim: Claim, step: FrozenStep, *, detail: str, refusal: OutcomeUnknownError | None = None
) -> None:
    """A call whose outcome nobody knows: never shown as failed, looked up from now on (M4, M8)."""
    reached("before_settling")
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        intent = locked_intent(claim.intent_id)
        _answer_try(claim, step, _REFUSED if refusal else "unknown", detail)
        if refusal:
            _note_provider_words(intent, refusal)
        _stay_unknown(intent)
    reached("after_settling")


def settle_unsent_error(claim: Claim, error: GatewayError) -> None:
    """An error while reading before money: nothing was sent by this claim."""
    with scoping.tenant(claim.tenant_id, durable=True):
        intent = locked_intent(claim.intent_id)
        if intent.lease_token != claim.token or intent.state != IntentState.EXECUTING:
            return
        if isinstance(error, UnavailableError | RateLimitedError | OutcomeUnknownError):
            _back_to_ready(intent, error)
            return
        _note_provider_words(intent, error)
        fail(intent, code=_failure_code(error), message=error.message)
        _stop_connection(intent, error)


def settle_finding(
    claim: Claim, finding: Finding, *, empty_is_proof: bool, is_read_behind: bool = False
) -> None:
    """Settle by what a look-up saw (M7). Only our marker, or an equal state and amount, settles.

    `is_read_behind`: the gateway behind was just read, too (`reading_behind`).
    """
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        store(find_intent(claim.intent_id).connection, finding.snapshots)
        intent = locked_intent(claim.intent_id)
        finding = _without_others(intent, finding)
        if finding.outcome is not None:
            settle(intent, finding.outcome)
            return
        if intent.state not in SENT_AND_OPEN:
            return
        seen = _note_seen(intent, finding)
        # What is there without our marker proves nothing either way: a human looks at it (M7).
        is_empty = not seen and not is_begun(intent)
        is_refused = is_read_behind and _is_refused(intent)
        may_prove = (empty_is_proof or is_refused) and _is_leased_by(claim, intent)
        if may_prove and is_empty and _is_second_empty(intent):
            fail(intent, code=NOT_EXECUTED, message=_nothing_moved(is_refused=is_refused))
        else:
            _stay_unknown(intent)


def _is_leased_by(claim: Claim, intent: ActionIntent) -> bool:
    """Whether what this worker saw is of now: one that was frozen may have looked long ago (M7)."""
    until = intent.lease_until
    return intent.lease_token == claim.token and until is not None and until > database_now()


def _is_refused(intent: ActionIntent) -> bool:
    """Whether it was refused and nothing went unanswered; beside that no refusal counts (M4)."""
    answers = Try.objects.filter(intent=intent, answer__in=UNANSWERED)
    return set(answers.values_list("answer", flat=True)) == {_REFUSED}


def _nothing_moved(*, is_refused: bool) -> str:
    if is_refused:
        return _("It was refused, and the gateway behind it shows that nothing was moved.")
    return _("The gateway shows that nothing was moved.")


def _without_others(intent: ActionIntent, finding: Finding) -> Finding:
    """What carries no mark may be somebody else's: people look at it (M4, M6).

    Unless it is what the order is known to have made.
    """
    found = finding.outcome
    if found is None or found.carries_marker or found.object_id == intent.result_id:
        return finding
    if found.state != "failed" and not _was_made_before(intent, found):
        return finding
    amount = str(found.money) if found.money else ""
    words = " ".join(filter(None, (found.object_id, amount, found.state, found.detail)))
    return replace(finding, outcome=None, seen="; ".join(filter(None, (finding.seen, words))))


def _was_made_before(intent: ActionIntent, found: Outcome) -> bool:
    """Whether an order that makes a charge of a hold is shown one that is older than its try."""
    if intent.first_try_at is None or found.object_id in _names_of_object(intent):
        return False
    made = Charge.objects.filter(connection=intent.connection_id, external_id=found.object_id)
    return made.filter(occurred_at__lt=intent.first_try_at - _CLOCKS_AGREE).exists()


def _names_of_object(intent: ActionIntent) -> tuple[str, str]:
    return intent.target_id, str(intent.order.get("payment_id", ""))


def note_finding(claim: Claim, finding: Finding) -> None:
    """Keep what a look-up saw for whoever looks at an unknown order; it settles nothing (M7)."""
    with scoping.tenant(claim.tenant_id, durable=True):
        insist_on_durable_commit()
        store(find_intent(claim.intent_id).connection, finding.snapshots)
        intent = locked_intent(claim.intent_id)
        if intent.state in SENT_AND_OPEN:
            _note_seen(intent, finding)
            intent.save(update_fields=["evidence"])


def note_standing(intent: ActionIntent, snapshots: Sequence[AnySnapshot]) -> None:
    """Remember since when its object stands as it was read before the first try."""
    since = _turned_at(intent, snapshots)
    if since:
        intent.evidence = {**intent.evidence, _STOOD_SINCE: since}
        intent.save(update_fields=["evidence"])


def store(connection: Connection, snapshots: Sequence[AnySnapshot]) -> None:
    """Bring what was read to the ledger's doors, and settle every order whose marker was in it."""
    recorded = record_snapshots(connection, snapshots)
    for incident in recorded.incidents:
        log.error("ledger_incident", code=incident.code, intent=str(incident.intent_id))
    settle_from_news(connection, snapshots, marked=recorded.linked_intents)


def settle_from_news(
    connection: Connection, snapshots: Sequence[AnySnapshot], *, marked: Iterable[UUID]
) -> None:
    """Settle what the doors just took proves, by marker or by state; same transaction (M6, M7)."""
    watch_for_late_effects(connection, snapshots)
    by_mark = set(marked)
    adapter = records_taker(registry.adapter(connection.provider))
    by_state = _unknown_about(connection, snapshots) if adapter else set()
    if by_mark and by_state:
        # Of both before the first of them enters the audit log (M17).
        insist_on_durable_commit()
        _locked_orders(by_mark | by_state)
    settle_from_marked(by_mark)
    if adapter is not None and by_state:
        insist_on_durable_commit()
        for intent in _locked_orders(by_state):
            settle_from_record(adapter, intent, begun=_begun_by(intent, snapshots))


def _unknown_about(connection: Connection, snapshots: Sequence[AnySnapshot]) -> set[UUID]:
    """Unknown orders about these objects, and those that a subscription carries the key of.

    Refunds and new charges settle by the marker that their own rows keep.
    """
    told = {each.external_id for each in snapshots if isinstance(each, _ORDERED)}
    if not told:
        return set()
    begun = {
        each.marker
        for each in snapshots
        if isinstance(each, SubscriptionSnapshot) and each.marker is not None
    }
    about = Q(target_id__in=told, state=IntentState.UNKNOWN)
    made = Q(pk__in=begun, action=ActionKind.CREATE_SUBSCRIPTION, state__in=_OPEN)
    found = ActionIntent.objects.filter(about | made, connection=connection)
    return set(found.exclude(action=ActionKind.REFUND).values_list("pk", flat=True))


def _locked_orders(intent_ids: set[UUID]) -> list[ActionIntent]:
    """All roots, then budgets, then intents, each in order: nobody waits in a circle (M17)."""
    wanted = sorted(intent_ids)
    _lock_roots(wanted)
    lock_budgets(wanted)
    rows = ActionIntent.objects.select_for_update(of=("self",)).select_related("connection")
    return list(rows.filter(pk__in=wanted).order_by("pk"))


def _begun_by(intent: ActionIntent, snapshots: Sequence[AnySnapshot]) -> Subscription | None:
    """The stored subscription that carries the key of this order."""
    names = [
        each.external_id
        for each in snapshots
        if isinstance(each, SubscriptionSnapshot) and each.marker == intent.id
    ]
    rows = Subscription.objects.filter(connection=intent.connection, external_id__in=names)
    return rows.first() if names else None


def settle_from_record(
    adapter: TakesRecords, intent: ActionIntent, *, begun: Subscription | None = None
) -> bool:
    """Settle a locked order by what is stored; False if that proves none.

    By the record of its object, or of the subscription it began.
    """
    row = begun or find_thing(ActionKind(intent.action), intent.object_id)
    kind = ObjectKind.SUBSCRIPTION if begun else ObjectKind(intent.object_kind)
    pictures = adapter.pictures(kind, {}, stored=row.raw_payload(), as_of=row.as_of)
    outcome = adapter.outcome_shown(order_from_json(intent.order), pictures)
    return outcome is not None and settle(intent, outcome)


def settle_from_marked(intent_ids: Iterable[UUID]) -> None:
    """Settle the orders whose refunds and charges just arrived at the ledger's door.

    In the same transaction. A marker that no order of ours has, or one of another connection, is an
    incident: somebody else, or a copy of this database, moves money in our name.
    """
    wanted = sorted(set(intent_ids))
    if not wanted:
        return
    insist_on_durable_commit()
    _lock_roots(wanted)
    refunds = {(row.intent_id, row.connection_id): row for row in _oldest_first(Refund, wanted)}
    charges = _charges_by_intent(wanted)
    lock_budgets(wanted)
    intents = ActionIntent.objects.select_for_update(of=("self",)).select_related("connection")
    found = list(intents.filter(pk__in=wanted).order_by("pk"))
    for intent in found:
        refund = refunds.get((intent.id, intent.connection_id))
        charge = charges.get((intent.id, intent.connection_id))
        if refund is not None:
            settle(intent, outcome_of(refund))
        elif charge is not None and intent.action in TAKES_MONEY:
            _settle_from_charge(intent, charge)
    ours = {(intent.id, intent.connection_id) for intent in found}
    strange = {intent_id for intent_id, _connection in {*refunds, *charges} - ours}
    _alert_of_strangers(strange | (set(wanted) - {intent.id for intent in found}))


def settle(intent: ActionIntent, outcome: Outcome, *, actor: Actor = SETTLER) -> bool:
    """Bring a locked order to the state that `outcome` proves, if the way there exists (M16)."""
    state = _STATES[outcome.state]
    if intent.state in _OPEN:
        if state == intent.state:
            return False
        _close(intent, state, outcome, actor=actor)
        return True
    if intent.state == IntentState.FAILED and intent.failure_code == NOT_EXECUTED:
        return _reopen(intent, state, outcome)
    if intent.state == IntentState.SUCCEEDED and state == IntentState.FAILED:
        _reverse(intent, outcome)
        return True
    if intent.state in _ENDED_WITHOUT_EFFECT and state != IntentState.FAILED:
        _alert_of_effect(intent, outcome)
    return False


def fail(intent: ActionIntent, *, code: str, message: str, actor: Actor = SETTLER) -> None:
    """End a locked order that surely moved nothing: hold and budget go back."""
    give_back(intent)
    intent.state = IntentState.FAILED
    intent.failure_code, intent.failure_message = code[:60], message[:500]
    _finish(intent)
    record_turn(intent, Verb.ACTION_FAILED, actor=actor)


def next_look_up(intent: ActionIntent, now: datetime) -> datetime:
    """When an order is looked up next: after 1, 5, 15 and 60 minutes, then daily (M8)."""
    delays: Sequence[int] = settings.ACTION_LOOK_UP_AFTER_S
    if intent.look_ups >= len(delays):
        return now + timedelta(seconds=settings.ACTION_LOOK_UP_LATER_S)
    began = intent.first_try_at or now
    return max(now, began + timedelta(seconds=delays[intent.look_ups]))


def wait_asked_for(error: RateLimitedError) -> timedelta:
    """As long as the provider says, within reason: an order waits an hour at the most (M9)."""
    seconds = error.retry_after if math.isfinite(error.retry_after) else 0
    return min(max(timedelta(seconds=seconds), _BACK_OFF), timedelta(hours=1))


def _is_of_another(claim: Claim, outcome: Outcome) -> bool:
    """Whether the tenant's own system named what another order made: no proof (M7).

    One that takes two like orders for the same does. Orders of one root or customer follow each
    other, so what the first one made is linked before the second one is sent.
    """
    makes = FUNCTION_KINDS[claim.order.action].makes
    if makes is None or claim.order.function is None:
        return False
    with scoping.tenant(claim.tenant_id):
        others = ActionIntent.objects.filter(
            connection_id=claim.connection_id, result_id=outcome.object_id, state__in=_HAPPENED
        ).exclude(pk=claim.intent_id)
        alike = [each for each in others if FUNCTION_KINDS[ActionKind(each.action)].makes is makes]
        return bool(alike) or _is_linked_to_another(claim, makes, outcome.object_id)


def _is_linked_to_another(claim: Claim, makes: ObjectKind, external_id: str) -> bool:
    """Whether it says itself whose it is, or was there before this order was sent."""
    intent = find_intent(claim.intent_id)
    it = {"connection_id": claim.connection_id, "external_id": external_id}
    linked = _SAYS_WHOSE[makes].objects.filter(**it) if makes in _SAYS_WHOSE else None
    if linked is not None and linked.filter(intent_id=intent.id).exists():
        return False
    if linked is not None and linked.exclude(intent_id=None).exists():
        return True
    sent_at = intent.first_try_at or database_now()
    # A row remembers when it changed last, and the earliest time it was ever given.
    was_there = Q(recorded_at__lt=sent_at) | Q(occurred_at__lt=sent_at - _CLOCKS_DIFFER)
    rows = _MADE[makes]._default_manager.filter(**it)  # noqa: SLF001  Django's name
    return rows.filter(was_there).exists()


def _after_the_read(claim: Claim, snapshots: Sequence[AnySnapshot]) -> list[AnySnapshot]:
    """The answer to our own change shows a later moment than what we read before sending it."""
    if claim.stored_as_of is None:
        return list(snapshots)
    earliest = claim.stored_as_of + timedelta(microseconds=1)
    return [replace(each, as_of=max(each.as_of, earliest)) for each in snapshots]


def _settle_refusal(intent: ActionIntent, error: GatewayError, finding: Finding | None) -> None:
    finding = _without_others(intent, finding) if finding is not None else None
    if finding is not None and finding.outcome is not None:
        settle(intent, finding.outcome)
        return
    is_unread = isinstance(error, AlreadyDoneError) and finding is None
    proves_nothing = _has_unanswered_try(intent) and not error.is_replay
    if is_unread or proves_nothing or intent.state not in SENT_AND_OPEN:
        _stay_unknown(intent, error)
    elif isinstance(error, UnavailableError | RateLimitedError):
        _back_to_ready(intent, error)
    else:
        _note_provider_words(intent, error)
        fail(intent, code=_failure_code(error), message=_plain(error, finding))
        _stop_connection(intent, error)


def _close(intent: ActionIntent, state: IntentState, outcome: Outcome, *, actor: Actor) -> None:
    intent.result_id = outcome.object_id or intent.result_id
    if state == IntentState.FAILED:
        fail(intent, code="refused_by_gateway", message=outcome.detail, actor=actor)
        return
    # The refund row carries the amount from here on (M11).
    release_hold(intent.id)
    intent.state = state
    intent.failure_code = intent.failure_message = ""
    if outcome.money is not None:
        intent.result_minor = outcome.money.minor
        intent.result_currency = outcome.money.currency.code
    intent.result_url = outcome.url or intent.result_url
    intent.result_expires_at = outcome.expires_at or intent.result_expires_at
    _finish(intent)
    record_turn(intent, _VERBS[state], actor=actor)
    if None not in (outcome.money, intent.amount) and outcome.money != intent.amount:
        # M12: the provider's amount settles, and the difference is an incident.
        record_turn(
            intent, Verb.INCIDENT_RAISED, actor=actor, what="amount", answered=str(outcome.money)
        )


def _reopen(intent: ActionIntent, state: IntentState, outcome: Outcome) -> bool:
    if state == IntentState.FAILED:
        return False
    reserve_budget(intent)
    _close(intent, state, outcome, actor=SETTLER)
    record_turn(intent, Verb.ACTION_REOPENED, actor=SETTLER)
    record_turn(intent, Verb.INCIDENT_RAISED, actor=SETTLER, what="marker found after all")
    return True


def _alert_of_effect(intent: ActionIntent, outcome: Outcome) -> None:
    """Our marker on an order that ended without effect: no way leads out, so people must know."""
    if intent.evidence.get("effect") == outcome.object_id:
        return
    intent.evidence = {**intent.evidence, "effect": outcome.object_id}
    intent.save(update_fields=["evidence"])
    record_turn(intent, Verb.INCIDENT_RAISED, actor=SETTLER, what="marker on an ended order")
    log.error("marker_on_ended_order", intent=str(intent.id), found=outcome.object_id)


def _reverse(intent: ActionIntent, outcome: Outcome) -> None:
    """The provider failed or cancelled it days later: the amount is available again (M16)."""
    release_budget(intent)
    intent.state = IntentState.REVERSED
    intent.failure_code = "reversed_by_gateway"
    intent.failure_message = outcome.detail[:500]
    _finish(intent)
    record_turn(intent, Verb.ACTION_REVERSED, actor=SETTLER)


def _finish(intent: ActionIntent) -> None:
    now = database_now()
    is_pending = intent.state == IntentState.PENDING
    intent.settled_at = now
    intent.look_ups = 0 if is_pending else intent.look_ups
    poll = timedelta(seconds=settings.ACTION_POLL_PENDING_S)
    intent.next_look_up_at = now + poll if is_pending else None
    intent.lease_token = intent.lease_until = None
    intent.save()
    _wake_next(intent)


def _wake_next(intent: ActionIntent) -> None:
    """The root is free: the next order that waits for it may go."""
    waiting = ActionIntent.objects.filter(subject_id=intent.subject_id, state=IntentState.READY)
    following = waiting.order_by("created_at").first()
    if following is not None:
        wake_after_commit(following.tenant_id, following.id)


def _stay_unknown(intent: ActionIntent, error: GatewayError | None = None) -> None:
    """A pause that was asked for uses no look-up up (M7, M8)."""
    if intent.state not in SENT_AND_OPEN:
        return
    is_new = intent.state != IntentState.UNKNOWN
    now = database_now()
    if not is_new and not isinstance(error, RateLimitedError):
        intent.look_ups += 1
    intent.state = IntentState.UNKNOWN
    intent.lease_token = intent.lease_until = None
    intent.next_look_up_at = next_look_up(intent, now)
    if isinstance(error, RateLimitedError):
        intent.next_look_up_at = max(intent.next_look_up_at, now + wait_asked_for(error))
    intent.save()
    if is_new:
        record_turn(intent, Verb.ACTION_UNKNOWN, actor=SETTLER)


def _back_to_ready(intent: ActionIntent, error: GatewayError) -> None:
    """Nothing left this machine, or the provider said “later”: the order waits its turn again."""
    if intent.state != IntentState.EXECUTING:
        _stay_unknown(intent, error)
        return
    wait = wait_asked_for(error) if isinstance(error, RateLimitedError) else _BACK_OFF
    intent.state = IntentState.READY
    intent.not_before = database_now() + wait
    intent.lease_token = intent.lease_until = None
    intent.save()


def _answer_try(claim: Claim, step: FrozenStep, answer: str, detail: str) -> None:
    tries = Try.objects.filter(
        intent_id=claim.intent_id, step=step.name, lease_token=claim.token, answered_at=None
    )
    tries.update(answer=answer[:40], detail=detail[:500], answered_at=database_now())


def _has_unanswered_try(intent: ActionIntent) -> bool:
    return Try.objects.filter(intent=intent, answer__in=UNANSWERED).exists()


def _look_before_believing(claim: Claim, step: FrozenStep) -> Finding | None:
    """“Already done” settles nothing: read what is there (M6). None if it cannot be read now."""
    try:
        return claim.adapter.look_up(claim.credentials, claim.order, step)
    except NotFoundError:
        # There is nothing it could have been done to.
        return Finding(outcome=None)
    except GatewayError:
        return None


def _failure_code(error: GatewayError) -> str:
    return "done_elsewhere" if isinstance(error, AlreadyDoneError) else error.code


def _plain(error: GatewayError, finding: Finding | None) -> str:
    return finding.seen or error.message if finding is not None else error.message


def _note_provider_words(intent: ActionIntent, error: GatewayError) -> None:
    intent.provider_code = error.provider_code[:120]
    intent.provider_message = error.provider_message[:500]
    intent.provider_request_id = error.request_id[:120]


def _stop_connection(intent: ActionIntent, error: GatewayError) -> None:
    if isinstance(error, CredentialsError) and not error.missing:
        mark_credentials_failed(intent.connection_id, reason=error.message)


def _note_seen(intent: ActionIntent, finding: Finding) -> str:
    told = (
        finding.seen,
        _turned_meanwhile(intent, finding),
        charges_alike(intent),
        changed_behind(intent),
    )
    seen = "; ".join(filter(None, told))
    intent.evidence = {**intent.evidence, "seen": seen}
    return seen


def _turned_meanwhile(intent: ActionIntent, finding: Finding) -> str:
    """What was turned and turned back looks like nothing, but the time of the last turn is new."""
    if finding.outcome is not None:
        return ""
    now = _turned_at(intent, finding.snapshots)
    if not now or intent.evidence.get(_STOOD_SINCE, now) == now:
        return ""
    return _("Its status changed at %(at)s, after it was read for this order.") % {"at": now}


def _turned_at(intent: ActionIntent, snapshots: Sequence[AnySnapshot]) -> str:
    """The gateway's own time of the last change of status, of the object an order is about."""
    times = (
        each.turned_at
        for each in snapshots
        if isinstance(each, SubscriptionSnapshot) and each.external_id == intent.target_id
    )
    return next((at.isoformat() for at in times if at is not None), "")


def _is_second_empty(intent: ActionIntent) -> bool:
    """Two empty look-ups at least ten minutes apart (M7); the first one is remembered."""
    now = database_now()
    if intent.first_empty_look_up_at is None:
        intent.first_empty_look_up_at = now
        return False
    apart = timedelta(seconds=settings.ACTION_EMPTY_LOOK_UPS_APART_S)
    return now - intent.first_empty_look_up_at >= apart


def _lock_roots(intent_ids: list[UUID]) -> None:
    roots = ActionIntent.objects.filter(pk__in=intent_ids).exclude(root=None)
    for root_id in sorted(set(roots.values_list("root_id", flat=True))):
        locked_root(root_id)


def _oldest_first(model: type[Refund] | type[Charge], intent_ids: list[UUID]) -> QuerySet[Any]:
    return model.objects.filter(intent_id__in=intent_ids).order_by("occurred_at")


def _charges_by_intent(intent_ids: list[UUID]) -> dict[tuple[UUID, UUID], Charge]:
    """By order and connection the charge that tells most: one that took money before others."""
    found: dict[tuple[UUID, UUID], Charge] = {}
    for charge in _oldest_first(Charge, intent_ids):
        key = (charge.intent_id, charge.connection_id)
        known = found.get(key)
        if known is None or _CHARGE_STATES.get(known.status) != "succeeded":
            found[key] = charge
    return found


def _settle_from_charge(intent: ActionIntent, charge: Charge) -> None:
    """What was made and then released, or given back before it settled, was made all the same."""
    state = _CHARGE_STATES.get(charge.status, "")
    was_made = intent.action == ActionKind.AUTHORIZE or charge.refunded_minor > 0
    if charge.status == ChargeStatus.CANCELED and was_made:
        state = "succeeded"
    if not state:
        return
    outcome = Outcome(
        state=state,
        object_id=charge.external_id,
        money=charge.amount,
        carries_marker=True,
        detail=charge.failure_message,
    )
    settle(intent, outcome)


_CHARGE_STATES: dict[str, str] = {
    ChargeStatus.PENDING: "pending",
    ChargeStatus.AUTHORIZED: "succeeded",
    ChargeStatus.SUCCEEDED: "succeeded",
    ChargeStatus.PARTIALLY_REFUNDED: "succeeded",
    ChargeStatus.REFUNDED: "succeeded",
    ChargeStatus.DISPUTED: "succeeded",
    ChargeStatus.FAILED: "failed",
    ChargeStatus.CANCELED: "failed",
}


def _alert_of_strangers(intent_ids: Iterable[UUID]) -> None:
    for intent_id in sorted(intent_ids):
        log.error("marker_of_no_order", intent=str(intent_id))
        record(
            Verb.INCIDENT_RAISED,
            actor=SETTLER,
            object_kind="intent",
            object_id=intent_id,
            reason="marker_unknown",
        )


def outcome_of(refund: Refund) -> Outcome:
    """What a stored refund proves about the order it belongs to."""
    states = {
        RefundStatus.SUCCEEDED: "succeeded",
        RefundStatus.FAILED: "failed",
        RefundStatus.CANCELED: "failed",
    }
    return Outcome(
        state=states.get(RefundStatus(refund.status), "pending"),
        object_id=refund.external_id,
        money=refund.amount,
        carries_marker=True,
        detail=refund.failure_reason,
    )
