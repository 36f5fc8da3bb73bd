"""Builds the dialog of one action: what is, what would happen, and what the agent must say (R1)."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.actions import policy
from chargedesk.actions.selectors import Preview, preview
from chargedesk.kit import clock, ids
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import available, refunded_minor
from chargedesk.ledger.models import Charge, GatewayCustomer, GatewayInvoice, Subscription
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.card import WEAK_GRADES, found_for_ticket
from chargedesk.sidebar.orders import AT_PERIOD_END, NOW, Problems, Submitted
from chargedesk.sidebar.session import PanelSession
from gateways.capabilities import ActionKind
from gateways.snapshots import SubscriptionStatus
from helpdesk_apps.card import MatchGrade

_DANGEROUS = (ActionKind.VOID, ActionKind.CANCEL_SUBSCRIPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What would happen with the amount as typed, and the button that says so (R4)."""

    sentences: tuple[str, ...]
    button: str
    is_possible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """Everything the dialog's template draws, in words."""

    title: str
    action: str
    object_id: str
    operation: str
    money_version: int | None
    facts: tuple[tuple[str, str], ...]
    amount: str
    currency: str
    reasons: tuple[tuple[str, str], ...]
    reason: str
    note: str
    when: str
    whens: tuple[tuple[str, str, str], ...]
    has_amount: bool
    asks_first: str
    is_confirmed: bool
    banners: tuple[str, ...]
    outcome: Outcome
    budget: str
    is_dangerous: bool
    problems: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The charge or subscription of a dialog, with its preview and whose it is."""

    seen: Preview
    person: str
    grade: MatchGrade

    @property
    def asks_first(self) -> bool:
        """Whether a weak match must be confirmed before money moves."""
        return self.grade in WEAK_GRADES

    @property
    def currency(self) -> str:
        """The currency of the object."""
        return str(self.seen.target.thing.currency)


def subject_of(
    session: PanelSession, action: ActionKind, object_id: UUID, *, ip: str | None
) -> Subject:
    """Read what a dialog is about, inside the tenant's scope. NoSuchObjectError."""
    seen = preview(action, object_id, session.requester(ip=ip))
    customer_id = seen.target.customer_id
    owner_id = seen.target.thing.gateway_customer_id
    owners = GatewayCustomer.objects.select_related("customer")
    owner = owners.filter(pk=owner_id).first() if owner_id else None
    names = (owner.name or owner.customer.name, owner.email) if owner else ()
    return Subject(
        seen=seen,
        person=" · ".join(filter(None, names)),
        grade=found_for_ticket(session).grade_of(customer_id),
    )


def new_dialog(session: PanelSession, subject: Subject, *, trouble: str = "") -> Dialog:
    """A fresh dialog with an operation id of its own; `trouble`: why the live reading failed."""
    target = subject.seen.target
    most = subject.seen.most
    amount = (
        formats.number_text(most, session.language)
        if most is not None and target.action in (ActionKind.REFUND, ActionKind.CAPTURE)
        else ""
    )
    submitted = Submitted(
        action=target.action,
        object_id=target.thing.id,
        operation=str(ids.new_id()),
        amount=amount,
    )
    return dialog_for(session, subject, submitted, amount=most, trouble=trouble)


def dialog_for(
    session: PanelSession,
    subject: Subject,
    submitted: Submitted,
    *,
    amount: Money | None,
    problems: Problems | None = None,
    trouble: str = "",
) -> Dialog:
    """The dialog with what was typed so far."""
    seen = subject.seen
    action = seen.target.action
    has_amount = action in (ActionKind.REFUND, ActionKind.CAPTURE)
    banners = _banners(session, seen, trouble=trouble)
    outcome = outcome_for(session, subject, amount=amount, when=submitted.when)
    if trouble or _denied(seen):
        outcome = replace(outcome, is_possible=False)
    return Dialog(
        title=_TITLES[action](),
        action=action.value,
        object_id=str(submitted.object_id),
        operation=submitted.operation,
        money_version=seen.money_version,
        facts=tuple(_facts(session, subject)),
        amount=submitted.amount,
        currency=subject.currency,
        reasons=tuple((code, str(text)) for code, text in policy.REASONS.items()),
        reason=submitted.reason,
        note=submitted.note,
        when=submitted.when,
        whens=_whens(session, subject) if action is ActionKind.CANCEL_SUBSCRIPTION else (),
        has_amount=has_amount,
        asks_first=_asks_first(subject),
        is_confirmed=submitted.is_confirmed,
        banners=banners,
        outcome=outcome,
        budget=_budget(session, seen),
        is_dangerous=action in _DANGEROUS,
        problems=problems.by_field if problems else {},
        labels=_labels(),
    )


def outcome_for(
    session: PanelSession, subject: Subject, *, amount: Money | None, when: str = AT_PERIOD_END
) -> Outcome:
    """What would happen with this amount; without one, the button waits."""
    action = subject.seen.target.action
    sentences, button = _OUTCOMES[action](session, subject, amount, when)
    return Outcome(
        sentences=tuple(filter(None, sentences)), button=button, is_possible=bool(button)
    )


# --- Refund, capture, release ---
def _refund_outcome(
    session: PanelSession, subject: Subject, amount: Money | None, _when: str
) -> tuple[list[str], str]:
    charge, most = subject.seen.target.thing, subject.seen.most
    assert isinstance(charge, Charge)  # noqa: S101  a refund is of a charge
    if amount is None or most is None:
        return [_("Type an amount to see what happens.")], ""
    values = _money_values(session, charge, amount)
    if amount > most:
        text = _("At most %(most)s can go back.") % {"most": _money(session, most)}
        return [text], ""
    sentences = [
        _("%(amount)s of %(whole)s goes back to %(method)s, in 5 to 10 business days.") % values,
        _("The gateway keeps its fee of %(fee)s.") % values if charge.fee_minor else "",
        *_side_effects(session, charge),
    ]
    return sentences, _("Refund %(amount)s") % values


def _capture_outcome(
    session: PanelSession, subject: Subject, amount: Money | None, _when: str
) -> tuple[list[str], str]:
    charge, most = subject.seen.target.thing, subject.seen.most
    assert isinstance(charge, Charge)  # noqa: S101  a capture is of a charge
    if amount is None or most is None:
        return [_("Type an amount to see what happens.")], ""
    values = _money_values(session, charge, amount)
    if amount > most:
        text = _("At most %(most)s can be captured.") % {"most": _money(session, most)}
        return [text], ""
    rest = most - amount
    sentences = [
        _("%(amount)s of the %(whole)s held on %(method)s is collected.") % values,
        _("The remaining %(rest)s is released and cannot be collected later.")
        % {"rest": _money(session, rest)}
        if rest
        else "",
    ]
    return sentences, _("Capture %(amount)s") % values


def _void_outcome(
    session: PanelSession, subject: Subject, amount: Money | None, _when: str
) -> tuple[list[str], str]:
    charge = subject.seen.target.thing
    assert isinstance(charge, Charge)  # noqa: S101  a void is of a charge
    held = amount or subject.seen.most
    if not held:
        return [_("Nothing is held any more.")], ""
    values = _money_values(session, charge, held)
    sentences = [
        _("The hold of %(amount)s on %(method)s is released. Nothing is charged.") % values,
        _("This cannot be taken back: a new payment would need the customer."),
    ]
    return sentences, _("Release %(amount)s") % values


def _cancel_outcome(
    session: PanelSession, subject: Subject, _amount: Money | None, when: str
) -> tuple[list[str], str]:
    subscription = subject.seen.target.thing
    assert isinstance(subscription, Subscription)  # noqa: S101  a cancellation is of one
    open_invoice = _open_invoice(subscription)
    warning = ""
    if open_invoice:
        warning = _("Invoice %(number)s over %(amount)s stays open.") % {
            "number": open_invoice.number or open_invoice.external_id,
            "amount": _money(session, Money.of(open_invoice.due_minor, open_invoice.currency)),
        }
    if when == NOW:
        sentences = [
            _("It ends at once. The customer loses access to what is already paid."),
            _unused(session, subscription),
            _("Nothing is refunded by this; refund the last payment separately if you want to."),
            warning,
        ]
        return sentences, _("Cancel now")
    end = subscription.period_end
    until = formats.local_day(end, zone=session.zone, language=session.language) if end else ""
    sentences = [
        _("It runs until %(when)s and is not charged again.") % {"when": until}
        if until
        else _("It runs until the end of the paid period and is not charged again."),
        _("Nothing is refunded."),
        warning,
    ]
    button = _("Cancel on %(when)s") % {"when": until} if until else _("Cancel at the period's end")
    return sentences, button


def _unused(session: PanelSession, subscription: Subscription) -> str:
    """What the unused rest of the paid period is worth, by the day's share (R10)."""
    start, end, now = subscription.period_start, subscription.period_end, clock.now()
    price = subscription.amount_minor
    if not (start and end and price) or not start < now < end:
        return ""
    if subscription.status != SubscriptionStatus.ACTIVE:
        return ""
    worth = Money.of(
        price * int((end - now).total_seconds()) // int((end - start).total_seconds()),
        subscription.currency,
    )
    return _("The unused rest of the period is worth %(amount)s.") % {
        "amount": _money(session, worth)
    }


_OUTCOMES = {
    ActionKind.REFUND: _refund_outcome,
    ActionKind.CAPTURE: _capture_outcome,
    ActionKind.VOID: _void_outcome,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel_outcome,
}
_TITLES = {
    ActionKind.REFUND: lambda: _("Refund a payment"),
    ActionKind.CAPTURE: lambda: _("Capture a payment"),
    ActionKind.VOID: lambda: _("Release a hold"),
    ActionKind.CANCEL_SUBSCRIPTION: lambda: _("Cancel a subscription"),
}


# --- What is ---
def _facts(session: PanelSession, subject: Subject) -> list[tuple[str, str]]:
    thing, root = subject.seen.target.thing, subject.seen.target.root
    facts = [(_("Customer"), subject.person)] if subject.person else []
    if isinstance(thing, Subscription):
        facts.append((_("Plan"), words.item_names(thing.items) or _("Subscription")))
        facts.append((_("Price"), _price(session, thing)))
        return facts
    moment = formats.moment(
        thing.occurred_at, now=clock.now(), zone=session.zone, language=session.language
    )
    facts.append((_("Payment"), _bought(thing)))
    facts.append((_("Date"), moment.exact))
    if root is None:
        return facts
    unit = root.currency
    captured, refunded = root.captured_minor, refunded_minor(root)
    if subject.seen.target.action is ActionKind.REFUND:
        facts.append((_("Captured"), _money(session, Money.of(captured, unit))))
        if refunded:
            facts.append((_("Already refunded"), _money(session, Money.of(-refunded, unit))))
        if root.held_minor:
            facts.append((_("On its way back"), _money(session, Money.of(-root.held_minor, unit))))
        facts.append((_("Refundable now"), _money(session, available(root))))
    else:
        held = Money.of(root.capturable_minor, unit)
        facts.append((_("Held"), _money(session, held)))
        if root.capture_before:
            until = formats.local_day(
                root.capture_before, zone=session.zone, language=session.language
            )
            facts.append((_("Capture before"), until))
    return facts


def _bought(charge: Charge) -> str:
    """What the card's line is called: the invoice's first line, or the charge's description."""
    invoice = _invoice_of(charge)
    lines = invoice.lines if invoice else ()
    name = lines[0].get("description") if lines else charge.description
    return str(name or _("Payment"))


def _price(session: PanelSession, each: Subscription) -> str:
    amount = None if each.amount_minor is None else Money.of(each.amount_minor, each.currency)
    return words.price(amount, each.interval, each.interval_count, session.language)


def _side_effects(session: PanelSession, charge: Charge) -> list[str]:
    """What a refund does to invoice and subscription: nothing by itself, and that is said."""
    sentences = []
    if charge.invoice_external_id:
        invoice = _invoice_of(charge)
        number = invoice.number if invoice and invoice.number else charge.invoice_external_id
        sentences.append(_("Invoice %(number)s stays paid.") % {"number": number})
    subscription = _subscription_of(charge)
    if subscription and subscription.status in ("active", "trialing", "past_due"):
        sentences.append(_("The subscription keeps running; cancel it separately if you want to."))
    return sentences


def _invoice_of(charge: Charge) -> GatewayInvoice | None:
    if not charge.invoice_external_id:
        return None
    return GatewayInvoice.objects.filter(
        connection_id=charge.connection_id, external_id=charge.invoice_external_id
    ).first()


def _subscription_of(charge: Charge) -> Subscription | None:
    if not charge.subscription_external_id:
        return None
    return Subscription.objects.filter(
        connection_id=charge.connection_id, external_id=charge.subscription_external_id
    ).first()


def _open_invoice(subscription: Subscription) -> GatewayInvoice | None:
    return GatewayInvoice.objects.filter(
        subscription_id=subscription.id, status__in=("open", "partially_paid")
    ).first()


def _banners(session: PanelSession, seen: Preview, *, trouble: str) -> tuple[str, ...]:
    texts = [trouble] if trouble else []
    denied = _denied(seen)
    if denied:
        texts.append(str(denied.message))
    if isinstance(seen.decision, policy.NeedsApproval):
        texts.append(
            _("%(why)s A second person will be asked to approve.") % {"why": seen.decision.message}
        )
    if seen.other:
        is_own = seen.other.actor_id == session.bearer.member
        who = "" if is_own else seen.other.actor_label
        texts.append(words.open_order(seen.other.action, seen.other.state, who))
    return tuple(texts)


def _denied(seen: Preview) -> policy.Deny | None:
    return seen.decision if isinstance(seen.decision, policy.Deny) else None


def _budget(session: PanelSession, seen: Preview) -> str:
    if seen.budget_left is None or seen.target.action is not ActionKind.REFUND:
        return ""
    return _("You can still refund %(amount)s today without approval.") % {
        "amount": _money(session, seen.budget_left)
    }


def _asks_first(subject: Subject) -> str:
    if not subject.asks_first:
        return ""
    return _("This match is weak. I have checked that this is %(person)s.") % {
        "person": subject.person or _("the right person")
    }


def _whens(session: PanelSession, subject: Subject) -> tuple[tuple[str, str, str], ...]:
    offered = subject.seen.target.adapter.capabilities.cancel_subscription
    choices = []
    if offered is None or offered.at_period_end:
        choices.append((AT_PERIOD_END, _("At the end of the paid period"), _("no refund needed")))
    if offered is None or offered.now:
        choices.append((NOW, _("Now"), _("access ends at once")))
    return tuple(choices)


def _money_values(session: PanelSession, charge: Charge, amount: Money) -> dict[str, Any]:
    fee = Money.of(charge.fee_minor or 0, charge.settled_currency or charge.currency)
    return {
        "amount": _money(session, amount),
        "whole": _money(session, Money.of(charge.amount_minor, charge.currency)),
        "method": words.method(charge),
        "fee": _money(session, fee),
    }


def _money(session: PanelSession, amount: Money) -> str:
    return formats.money(amount, session.language)


def _labels() -> dict[str, str]:
    return {
        "amount": _("Amount"),
        "reason": _("Reason"),
        "choose": _("Choose a reason"),
        "note": _("Note for the record"),
        "note_help": _("Kept in the audit log; the customer does not see it."),
        "when": _("When"),
        "what_happens": _("What happens"),
        "problems": _("Please correct:"),
        "back": _("Back"),
        "fraud": _("“Fraud” may block this card for future payments."),
        "close": _("Close"),
    }
