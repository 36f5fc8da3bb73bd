"""The dialogs about a payment: give it back, collect what is held, release it."""

from django.utils.translation import gettext as _

from chargedesk.kit import clock
from chargedesk.kit.money import Money
from chargedesk.ledger.locking import available, refunded_minor
from chargedesk.ledger.models import Charge, Subscription
from chargedesk.ledger.selectors import invoice_of, subscription_of
from chargedesk.sidebar import formats, words
from chargedesk.sidebar.dialog.shape import Choice, Draft, Facts, Field, Form, Told
from chargedesk.sidebar.orders import ALSO_CANCEL, AT_PERIOD_END, NOW
from gateways.capabilities import ActionKind

_RUNS = ("active", "trialing", "past_due")


def also_cancelled(draft: Draft) -> Subscription | None:
    """The subscription that shall end beside the refund, if that was chosen."""
    if draft.typed(ALSO_CANCEL) not in (AT_PERIOD_END, NOW):
        return None
    return _running_subscription(draft)


# --- What would happen ---
def _refund(draft: Draft) -> Told:
    most, amount = draft.subject.seen.most, draft.amount
    if amount is None or most is None:
        return Told(sentences=(_("Type an amount to see what happens."),))
    if amount > most:
        return Told(sentences=(_("At most %(most)s can go back.") % {"most": draft.money(most)},))
    charge, values = _charge(draft), _values(draft, amount)
    cancelled = also_cancelled(draft)
    button = _("Refund %(amount)s and cancel") if cancelled else _("Refund %(amount)s")
    return Told(
        sentences=(
            _("%(amount)s of %(whole)s goes back to %(method)s, in 5 to 10 business days.")
            % values,
            _("The gateway keeps its fee of %(fee)s.") % values if charge.fee_minor else "",
            _invoice_sentence(charge),
            _subscription_sentence(draft, cancelled),
        ),
        button=button % values,
    )


def _capture(draft: Draft) -> Told:
    most, amount = draft.subject.seen.most, draft.amount
    if amount is None or most is None:
        return Told(sentences=(_("Type an amount to see what happens."),))
    if amount > most:
        text = _("At most %(most)s can be captured.") % {"most": draft.money(most)}
        return Told(sentences=(text,))
    values, rest = _values(draft, amount), most - amount
    return Told(
        sentences=(
            _("%(amount)s of the %(whole)s held on %(method)s is collected.") % values,
            _("The remaining %(rest)s is released and cannot be collected later.")
            % {"rest": draft.money(rest)}
            if rest
            else "",
        ),
        button=_("Capture %(amount)s") % values,
    )


def _void(draft: Draft) -> Told:
    held = draft.subject.seen.most
    if not held:
        return Told(sentences=(_("Nothing is held any more."),))
    values = _values(draft, held)
    return Told(
        sentences=(
            _("The hold of %(amount)s on %(method)s is released. Nothing is charged.") % values,
            _("This cannot be taken back: a new payment would need the customer."),
        ),
        button=_("Release %(amount)s") % values,
    )


def _values(draft: Draft, amount: Money) -> dict[str, str]:
    charge = _charge(draft)
    fee = Money.of(charge.fee_minor or 0, charge.settled_currency or charge.currency)
    return {
        "amount": draft.money(amount),
        "whole": draft.money(charge.amount),
        "method": words.method(charge),
        "fee": draft.money(fee),
    }


def _invoice_sentence(charge: Charge) -> str:
    invoice = invoice_of(charge)
    if invoice is None:
        return ""
    number = invoice.number or invoice.external_id
    return _("Invoice %(number)s stays paid.") % {"number": number}


def _subscription_sentence(draft: Draft, cancelled: Subscription | None) -> str:
    if cancelled is None:
        is_running = _running_subscription(draft) is not None
        return _("The subscription keeps running.") if is_running else ""
    if draft.typed(ALSO_CANCEL) == NOW:
        return _("The subscription ends at once, by an order of its own.")
    end = cancelled.period_end
    if end is None:
        return _("The subscription ends with the paid period, by an order of its own.")
    return _("The subscription ends on %(when)s, by an order of its own.") % {
        "when": draft.day(end)
    }


# --- What is ---
def _facts(draft: Draft) -> Facts:
    charge = _charge(draft)
    moment = formats.moment(
        charge.occurred_at,
        now=clock.now(),
        zone=draft.session.zone,
        language=draft.session.language,
    )
    return [(_("Payment"), _bought(charge)), (_("Date"), moment.exact)]


def _bought(charge: Charge) -> str:
    """What the card's line is called: the invoice's first line, or the charge's description."""
    invoice = invoice_of(charge)
    lines = invoice.lines if invoice else ()
    name = lines[0].get("description") if lines else charge.description
    return str(name or _("Payment"))


def _refund_facts(draft: Draft) -> Facts:
    root, facts = draft.subject.seen.target.root, _facts(draft)
    if root is None:
        return facts
    refunded = refunded_minor(root)
    figures = (
        (_("Captured"), root.captured_minor, True),
        (_("Already refunded"), -refunded, bool(refunded)),
        (_("On its way back"), -root.held_minor, bool(root.held_minor)),
        (_("Refundable now"), available(root).minor, True),
    )
    return facts + [
        (label, draft.money(Money.of(minor, root.currency)))
        for label, minor, is_shown in figures
        if is_shown
    ]


def _hold_facts(draft: Draft) -> Facts:
    root, facts = draft.subject.seen.target.root, _facts(draft)
    if root is None:
        return facts
    facts.append((_("Held"), draft.money(Money.of(root.capturable_minor, root.currency))))
    if root.capture_before:
        facts.append((_("Capture before"), draft.day(root.capture_before)))
    return facts


# --- What may be said besides ---
def _refund_fields(draft: Draft) -> tuple[Field, ...]:
    subscription = _running_subscription(draft)
    offered = draft.subject.seen.target.adapter.capabilities.cancel_subscription
    if subscription is None or offered is None:
        return ()
    choices = [Choice("", _("Keeps running"))]
    if offered.at_period_end and not subscription.cancels_at_period_end:
        choices.append(Choice(AT_PERIOD_END, _("Cancel at the end of the paid period")))
    if offered.now:
        choices.append(Choice(NOW, _("Cancel now"), _("access ends at once")))
    return (
        Field(
            name=ALSO_CANCEL,
            label=_("The subscription"),
            kind="radio",
            value=draft.typed(ALSO_CANCEL),
            choices=tuple(choices),
            is_telling=True,
        ),
    )


def _running_subscription(draft: Draft) -> Subscription | None:
    subscription = subscription_of(_charge(draft))
    return subscription if subscription and subscription.status in _RUNS else None


def _charge(draft: Draft) -> Charge:
    charge = draft.subject.thing
    assert isinstance(charge, Charge)  # noqa: S101  these actions are about charges
    return charge


FORMS = {
    ActionKind.REFUND: Form(
        title=lambda: _("Refund a payment"),
        told=_refund,
        facts=_refund_facts,
        fields=_refund_fields,
        has_amount=True,
        is_preset=True,
    ),
    ActionKind.CAPTURE: Form(
        title=lambda: _("Capture a payment"),
        told=_capture,
        facts=_hold_facts,
        has_amount=True,
        is_preset=True,
    ),
    ActionKind.VOID: Form(
        title=lambda: _("Release a hold"), told=_void, facts=_hold_facts, is_dangerous=True
    ),
}
