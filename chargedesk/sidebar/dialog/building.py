"""Builds the dialog of any action out of its family's form."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chargedesk.actions import policy
from chargedesk.actions.details import currency_of
from chargedesk.actions.selectors import Preview, approval_needed, preview
from chargedesk.actions.targets import Target
from chargedesk.kit import ids
from chargedesk.kit.money import Money
from chargedesk.ledger.models import CustomerTotal, GatewayCustomer, Price
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.card import found_for_ticket
from chargedesk.sidebar.dialog import charges, customers, invoices, payments, subscriptions
from chargedesk.sidebar.dialog.shape import Dialog, Draft, Form, Outcome, Subject
from chargedesk.sidebar.orders import Problems, Submitted, check_words, checked_amount
from chargedesk.sidebar.session import PanelSession
from gateways.capabilities import ActionKind

FORMS: dict[ActionKind, Form] = {
    **charges.FORMS,
    **payments.FORMS,
    **subscriptions.FORMS,
    **invoices.FORMS,
    **customers.FORMS,
}


def subject_of(
    session: PanelSession, action: ActionKind, object_id: UUID, *, ip: str | None
) -> Subject:
    """Read what a dialog is about, inside the tenant's scope. NoSuchObjectError."""
    seen = preview(action, object_id, session.requester(ip=ip))
    owner_id = seen.target.owner_id
    owners = GatewayCustomer.objects.select_related("customer")
    owner = owners.filter(pk=owner_id).first() if owner_id else None
    names = (owner.name or owner.customer.name, owner.email) if owner else ()
    return Subject(
        seen=seen,
        person=" · ".join(filter(None, names)),
        grade=found_for_ticket(session).grade_of(seen.target.customer_id),
        currencies=_currencies(seen.target),
    )


def new_dialog(session: PanelSession, subject: Subject, *, trouble: str = "") -> Dialog:
    """A fresh dialog with an operation id of its own; `trouble`: why the live reading failed."""
    target, most = subject.seen.target, subject.seen.most
    is_preset = FORMS[target.action].is_preset and most is not None
    submitted = Submitted(
        action=target.action,
        object_id=target.thing.id,
        operation=str(ids.new_id()),
        amount=formats.number_text(most, session.language) if is_preset and most else "",
    )
    amount = most if is_preset else None
    draft = Draft(session=session, subject=subject, submitted=submitted, amount=amount)
    return dialog_for(draft, trouble=trouble)


def checked(draft: Draft) -> tuple[Draft, dict[str, Any], Problems]:
    """Read what was submitted, strictly: the draft with its amount, the details, what is wrong."""
    submitted, subject, problems = draft.submitted, draft.subject, Problems()
    form = FORMS[submitted.action]
    if form.has_amount:
        amount = checked_amount(
            submitted,
            currencies=subject.currencies,
            language=draft.session.language,
            problems=problems,
        )
        draft = replace(draft, amount=amount)
    details = form.details(draft, problems)
    check_words(submitted, problems, asks_first=subject.asks_first, needs_reason=form.needs_reason)
    return draft, details, problems


def dialog_for(draft: Draft, *, problems: Problems | None = None, trouble: str = "") -> Dialog:
    """The dialog with what was typed so far."""
    session, subject, submitted = draft.session, draft.subject, draft.submitted
    seen, form = subject.seen, FORMS[submitted.action]
    outcome = outcome_for(draft)
    if trouble or _denied(seen):
        outcome = replace(outcome, is_possible=False)
    person = [(_("Customer"), subject.person)] if subject.person else []
    wrong = problems.by_field if problems else {}
    return Dialog(
        title=form.title(),
        action=submitted.action.value,
        object_id=str(submitted.object_id),
        operation=submitted.operation,
        money_version=seen.money_version,
        facts=(*person, *form.facts(draft)),
        amount=submitted.amount,
        currency=submitted.currency or subject.currencies[0],
        currencies=subject.currencies,
        fields=tuple(
            replace(each, problem=wrong.get(each.name, "")) for each in form.fields(draft)
        ),
        reasons=_reasons(form),
        reason=submitted.reason,
        note=submitted.note,
        has_amount=form.has_amount,
        asks_first=_asks_first(subject),
        is_confirmed=submitted.is_confirmed,
        banners=_banners(session, seen, trouble=trouble),
        outcome=outcome,
        budget=_budget(session, seen),
        is_dangerous=form.is_dangerous,
        problems=wrong,
        labels=_labels(),
    )


def outcome_for(draft: Draft) -> Outcome:
    """What would happen with what is typed; without all of it, the button waits."""
    told, needed = FORMS[draft.submitted.action].told(draft), _approval_needed(draft)
    sentences, button = told.sentences, told.button
    if needed:
        asked = _("%(why)s A second person will be asked to approve.") % {"why": needed.message}
        sentences = (*sentences, asked)
        button = button and _("Ask for approval: %(deed)s") % {"deed": button}
    return Outcome(
        sentences=tuple(filter(None, sentences)),
        button=button,
        is_possible=bool(button),
        lines=told.lines,
        hidden=told.hidden,
    )


def _approval_needed(draft: Draft) -> policy.NeedsApproval | None:
    """Why what is typed would wait for a second person (R7); None before an amount is typed."""
    seen, amount = draft.subject.seen, draft.amount
    if amount is None:
        is_amount_missing = FORMS[draft.submitted.action].has_amount
        decision = None if is_amount_missing else seen.decision
    elif amount == seen.most:
        decision = seen.decision
    else:
        return approval_needed(seen.target, draft.session.requester(ip=None), amount)
    return decision if isinstance(decision, policy.NeedsApproval) else None


def _currencies(target: Target) -> tuple[str, ...]:
    """The object's own currency; for a customer those they could pay in, the likeliest first."""
    if not isinstance(target.thing, GatewayCustomer):
        return (str(target.thing.currency),)
    paid = CustomerTotal.objects.filter(gateway_customer_id=target.thing.id)
    sold = Price.objects.filter(connection_id=target.connection.id, is_deleted=False)
    known = [
        currency_of(target),
        *paid.order_by("-paid_minor").values_list("currency", flat=True),
        *sold.order_by("currency").values_list("currency", flat=True).distinct(),
    ]
    return tuple(dict.fromkeys(known))


def _reasons(form: Form) -> tuple[tuple[str, str], ...]:
    if not form.needs_reason:
        return ()
    return tuple((code, str(text)) for code, text in policy.REASONS.items())


def _banners(session: PanelSession, seen: Preview, *, trouble: str) -> tuple[str, ...]:
    texts = [trouble] if trouble else []
    denied = _denied(seen)
    if denied:
        texts.append(str(denied.message))
    if seen.other:
        is_own = seen.other.actor_id == session.bearer.member
        who = "" if is_own else seen.other.actor_label
        texts.append(words.open_order(seen.other.action, seen.other.state, who))
    return tuple(texts)


def _denied(seen: Preview) -> policy.Deny | None:
    return seen.decision if isinstance(seen.decision, policy.Deny) else None


def _budget(session: PanelSession, seen: Preview) -> str:
    """What needs no second person (R7): in one order, and in the rest of the day."""
    if seen.target.action is not ActionKind.REFUND:
        return ""
    at_once, left = seen.at_once, seen.budget_left
    if at_once is not None and left is not None and at_once < left:
        text = _("Without approval you can refund %(at_once)s at once and %(left)s today.")
    elif left is not None:
        text = _("You can still refund %(left)s today without approval.")
    elif at_once is not None:
        text = _("You can refund %(at_once)s at once without approval.")
    else:
        return ""
    told = {"at_once": at_once, "left": left}
    return text % {name: _money(session, each) for name, each in told.items() if each is not None}


def _asks_first(subject: Subject) -> str:
    if not subject.asks_first:
        return ""
    return _("This match is weak. I have checked that this is %(person)s.") % {
        "person": subject.person or _("the right person")
    }


def _money(session: PanelSession, amount: Money) -> str:
    return formats.money(amount, session.language)


def _labels() -> dict[str, str]:
    return {
        "amount": _("Amount"),
        "currency": _("Currency"),
        "reason": _("Reason"),
        "choose": _("Choose a reason"),
        "note": _("Note for the record"),
        "note_help": _("Kept in the audit log; the customer does not see it."),
        "problems": _("Please correct:"),
        "back": _("Back"),
        "fraud": _("“Fraud” may block this card for future payments."),
        "close": _("Close"),
        "retry": _("Try again"),
    }
