"""Says honestly where an order stands, and offers the note and reply that go with it (S9, R6)."""

from dataclasses import dataclass, field

from django.utils import translation
from django.utils.translation import gettext as _

from chargedesk.actions.models import ActionIntent, IntentState
from chargedesk.actions.policy import REASONS
from chargedesk.actions.progress import PARTLY_DONE, Progress, half_done
from chargedesk.actions.routes import functions_for
from chargedesk.actions.subjects import About
from chargedesk.actions.targets import Target, find_target
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, GatewayCustomer, PaymentMethod
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.result_words import SAID
from chargedesk.sidebar.session import PanelSession, first_known
from gateways.capabilities import ActionKind
from gateways.routing import adapter_for
from gateways.snapshots import ObjectKind
from helpdesk_apps.card import Tone

_FOLLOWED_EVERY_S = {
    IntentState.READY: 1,
    IntentState.EXECUTING: 1,
    IntentState.UNKNOWN: 10,
    IntentState.AWAITING_APPROVAL: 15,
}
_TONES = {
    IntentState.SUCCEEDED: Tone.GOOD,
    IntentState.PENDING: Tone.GOOD,
    IntentState.FAILED: Tone.BAD,
    IntentState.REVERSED: Tone.BAD,
    IntentState.REJECTED: Tone.BAD,
    IntentState.UNKNOWN: Tone.WARNING,
    IntentState.EXPIRED: Tone.WARNING,
}
_DONE = (IntentState.SUCCEEDED, IntentState.PENDING)
_FOLLOWED_THERE = (IntentState.UNKNOWN, IntentState.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A text to send somewhere, if the agent wants to: nothing is sent without a click."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Where an order stands, in words.

    `follow_s`: look again after so many seconds; 0 for an order that has ended. `undo_s`: seconds
    left in which it can be taken back.
    """

    intent_id: str
    state: str
    tone: str
    headline: str
    sentences: tuple[str, ...]
    follow_s: int
    undo_s: int
    can_undo: bool
    reference: str
    url: str
    details: tuple[str, ...]
    note: Offer | None
    reply: Offer | None
    labels: dict[str, str] = field(default_factory=dict)


def result_of(session: PanelSession, intent: ActionIntent, *, takes_notes: bool) -> Result:
    """Describe an intent to the agent who follows it, inside the tenant's scope."""
    state, progress = IntentState(intent.state), half_done(intent)
    undo_s = _undo_seconds(intent)
    is_done = state in _DONE
    values = _values(intent, session.language)
    headline = _("Done in part") if progress else _headline(state, intent, values, undo_s=undo_s)
    sentences = (
        _how_far(intent, progress) if progress is not None else _sentences(session, state, intent)
    )
    has_note = takes_notes and (is_done or progress is not None)
    return Result(
        intent_id=str(intent.id),
        state=PARTLY_DONE if progress else state.value,
        tone=(Tone.WARNING if progress else _TONES.get(state, Tone.NEUTRAL)).value,
        headline=headline,
        sentences=tuple(filter(None, sentences)),
        follow_s=_FOLLOWED_EVERY_S.get(state, 0),
        undo_s=undo_s,
        can_undo=(state is IntentState.READY and undo_s > 0)
        or state is IntentState.AWAITING_APPROVAL,
        reference=intent.result_id,
        url=intent.result_url if is_done else "",
        details=tuple(
            filter(
                None,
                (intent.provider_code, intent.provider_message, intent.provider_request_id),
            )
        ),
        note=Offer(text=_note(headline, intent, progress)) if has_note else None,
        reply=_reply(session, intent) if is_done else None,
        labels=_labels(),
    )


def _undo_seconds(intent: ActionIntent) -> int:
    left = (intent.not_before - clock.now()).total_seconds()
    return max(0, round(left))


def _values(intent: ActionIntent, language: str) -> dict[str, str]:
    amount = intent.result or intent.amount
    return {
        "amount": formats.money(amount, language) if amount else "",
        "url": intent.result_url,
    }


def _headline(
    state: IntentState, intent: ActionIntent, values: dict[str, str], *, undo_s: int
) -> str:
    said = SAID[ActionKind(intent.action)]
    if state is IntentState.READY and undo_s > 0:
        return said.scheduled() % values
    if state in (IntentState.READY, IntentState.EXECUTING):
        return said.sending() % values
    if state in _DONE:
        return (said.pending() if state is IntentState.PENDING else said.done()) % values
    return str(_ENDS[state]())


_ENDS = {
    IntentState.AWAITING_APPROVAL: lambda: _("Waiting for a second person to approve"),
    IntentState.FAILED: lambda: _("Not done"),
    IntentState.UNKNOWN: lambda: _("Unknown, checking with the gateway"),
    IntentState.REJECTED: lambda: _("Not approved"),
    IntentState.EXPIRED: lambda: _("Expired before it was sent"),
    IntentState.SUPERSEDED: lambda: _("Replaced by another order"),
    IntentState.CANCELED: lambda: _("Taken back before it was sent"),
    IntentState.REVERSED: lambda: _("Given back by the gateway"),
}


def _sentences(session: PanelSession, state: IntentState, intent: ActionIntent) -> list[str]:
    """Whether money moved, and what to do (R13)."""
    if state is IntentState.READY:
        return [_("Closing this panel does not stop it.")]
    if state in _FOLLOWED_THERE and not _can_be_asked(intent):
        return _unasked(state)
    if state is IntentState.UNKNOWN:
        return [
            _("The gateway did not answer clearly, so it may have happened."),
            _("We keep asking it. Do not repeat the order: it is never sent twice."),
        ]
    if state in _DONE or state is IntentState.EXECUTING:
        return _of_done(session, state, intent)
    return [intent.failure_message, _what_moved(state)]


def _of_done(session: PanelSession, state: IntentState, intent: ActionIntent) -> list[str]:
    if state is IntentState.SUCCEEDED and intent.action == ActionKind.REFUND:
        return [_("A sent refund cannot be taken back.")]
    if state is IntentState.SUCCEEDED and intent.result_url:
        return [_until(session, intent)]
    return []


def _unasked(state: IntentState) -> list[str]:
    """Where no address for look-ups was given, only the tenant's own system knows."""
    if state is IntentState.PENDING:
        return [_("We cannot ask for it: its end shows here once your own system tells it.")]
    return [
        _("There was no clear answer, so it may have happened."),
        _("We cannot ask for it: your own system tells, or two people settle it."),
        _("Do not repeat the order."),
    ]


def _can_be_asked(intent: ActionIntent) -> bool:
    """Whether anything can be looked up of it where it went (M7)."""
    adapter = adapter_for(intent.connection.provider, functions_for(intent))
    declared = adapter.capabilities
    proof = declared.proof(ActionKind(intent.action))
    is_read = intent.action == ActionKind.REFUND and ObjectKind.REFUND in declared.reads
    return proof is None or proof.looks_up or bool(proof.key_life) or is_read


def _how_far(intent: ActionIntent, progress: Progress) -> list[str]:
    """Nobody may read “failed” of what happened in part, or order all of it again."""
    return [
        *progress.sentences,
        intent.failure_message,
        _("Look at what is there now before you order the rest."),
    ]


def _until(session: PanelSession, intent: ActionIntent) -> str:
    if intent.result_expires_at is None:
        return _("Nothing was sent to the customer. Pass the link on.")
    exact = formats.moment(
        intent.result_expires_at, now=clock.now(), zone=session.zone, language=session.language
    ).exact
    return _("It works until %(when)s. Nothing was sent to the customer: pass it on.") % {
        "when": exact
    }


def _what_moved(state: IntentState) -> str:
    if state is IntentState.AWAITING_APPROVAL:
        return _("No money was moved. You will see the answer here.")
    if state is IntentState.REVERSED:
        return _("The amount is available again.")
    return _("No money was moved.")


def _note(headline: str, intent: ActionIntent, progress: Progress | None) -> str:
    """What, amount, how far, reason, who, reference."""
    lines = [
        headline if progress is None else f"{words.deed(ActionKind(intent.action))}: {headline}",
        _OBJECTS[About(intent.object_kind)]() % {"id": intent.target_id},
        *(progress.sentences if progress else ()),
    ]
    if intent.reason in REASONS:
        lines.append(_("Reason: %(reason)s") % {"reason": REASONS[intent.reason]})
    if intent.note:
        lines.append(_("Note: %(note)s") % {"note": intent.note})
    lines.append(_("By: %(who)s") % {"who": intent.actor_label})
    if intent.result_id:
        lines.append(_("Reference: %(id)s") % {"id": intent.result_id})
    if intent.result_url:
        lines.append(_("Link: %(url)s") % {"url": intent.result_url})
    return "\n".join(lines)


_OBJECTS = {
    About.CHARGE: lambda: _("Payment: %(id)s"),
    About.CUSTOMER: lambda: _("Customer: %(id)s"),
    About.SUBSCRIPTION: lambda: _("Subscription: %(id)s"),
    About.INVOICE: lambda: _("Invoice: %(id)s"),
}


def _reply(session: PanelSession, intent: ActionIntent) -> Offer:
    """A text to the customer, in the ticket's language."""
    customer, method, language = _addressee(intent)
    spoken = first_known(session.bearer.ticket_language, language, session.tenant_language)
    with translation.override(spoken):
        values = _values(intent, spoken) | {"name": customer, "method": method}
        greeting = _("Hello %(name)s,") % values if customer else _("Hello,")
        text = SAID[ActionKind(intent.action)].reply() % values
        if intent.action == ActionKind.CANCEL_SUBSCRIPTION and intent.order.get("at_period_end"):
            text = _(
                "we have cancelled your subscription. You can use it until the end of the paid "
                "period, and nothing more will be charged."
            )
        return Offer(text=f"{greeting}\n\n{text}", language=spoken)


def _addressee(intent: ActionIntent) -> tuple[str, str, str]:
    """First name, payment method and language of the customer of an order."""
    target = find_target(ActionKind(intent.action), intent.object_id)
    owner = GatewayCustomer.objects.filter(pk=target.owner_id).first() if target.owner_id else None
    method = _method(intent, target)
    if owner is None:
        return "", method, ""
    return owner.name, method, owner.language


def _method(intent: ActionIntent, target: Target) -> str:
    if isinstance(target.thing, Charge):
        return words.method(target.thing)
    wanted = (intent.order.get("details") or {}).get("payment_method", "")
    found = PaymentMethod.objects.filter(
        connection_id=target.connection.id, external_id=wanted
    ).first()
    return words.stored_method(found) if found else ""


def _labels() -> dict[str, str]:
    return {
        "undo": _("Undo"),
        "take_back": _("Take the request back"),
        "seconds": _("s left"),
        "dismiss": _("Dismiss"),
        "note": _("Internal note"),
        "add_note": _("Add to the ticket"),
        "note_added": _("Added to the ticket as an internal note."),
        "reply": _("Reply to the customer"),
        "insert": _("Insert into reply"),
        "copy": _("Copy"),
        "link": _("Link for the customer"),
        "copy_link": _("Copy the link"),
        "reference": _("Reference"),
        "details": _("The gateway's own words"),
        "copy_id": _("Copy the id"),
    }
