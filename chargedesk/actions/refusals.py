"""Why something cannot be done to a customer, a subscription or an invoice, whoever asks."""

from django.utils.translation import gettext_lazy as _

from chargedesk.actions.facts import Deny, Facts
from gateways.snapshots import InvoiceStatus, SubscriptionStatus

UNSUPPORTED = _("This gateway does not offer that.")
RUNNING = {
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.TRIALING,
    SubscriptionStatus.PAST_DUE,
}
CANCELLABLE = RUNNING | {SubscriptionStatus.PAUSED, SubscriptionStatus.PENDING}
_SENDABLE = {InvoiceStatus.DRAFT, InvoiceStatus.OPEN, InvoiceStatus.PARTIALLY_PAID}
_VOIDABLE = {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}
_MOST_TRIAL_DAYS = 730


def taking_money(facts: Facts) -> Deny | None:
    """Anything that is paid with a card on file."""
    return of_customer(facts) or _needs_payment_method(facts)


def of_customer(facts: Facts) -> Deny | None:
    """Anything that needs a record of the customer."""
    if facts.is_guest:
        return Deny("guest", _("This customer paid as a guest: the gateway keeps no record."))
    return None


def _needs_payment_method(facts: Facts) -> Deny | None:
    if not facts.has_payment_method:
        message = _("No card is on file. Send a payment request or a card update link instead.")
        return Deny("no_payment_method", message)
    return None


def creating_subscription(facts: Facts) -> Deny | None:
    """A new subscription, within what the gateway can."""
    offered = facts.capabilities.create_subscription
    if offered is None:
        return None
    wanted = facts.details
    trial = wanted.get("trial_days", 0)
    refusals = (
        (wanted.get("quantity", 1) != 1 and not offered.has_quantity, "quantity"),
        (bool(trial) and not offered.has_trial, "trial_days"),
        (bool(wanted.get("coupon")) and not offered.has_coupon, "coupon"),
    )
    limited = next((Deny("unsupported", UNSUPPORTED, name) for no, name in refusals if no), None)
    if not 0 <= trial <= _MOST_TRIAL_DAYS:
        message = _("A trial has at most %(most)s days.") % {"most": _MOST_TRIAL_DAYS}
        return Deny("trial_too_long", message, "trial_days")
    return limited or _quantity(facts) or taking_money(facts)


def changing_subscription(facts: Facts) -> Deny | None:
    """Another price or quantity."""
    offered = facts.capabilities.change_subscription
    if facts.cancels_at_period_end:
        return Deny("already_ending", _("This subscription ends with the paid period."))
    has_quantity = offered is None or offered.has_quantity
    if facts.details.get("quantity", 1) != 1 and not has_quantity:
        return Deny("unsupported", UNSUPPORTED, "quantity")
    return of_running(facts) or _quantity(facts)


def _quantity(facts: Facts) -> Deny | None:
    if facts.details.get("quantity", 1) < 1:
        return Deny("quantity_zero", _("The quantity must be at least one."), "quantity")
    return None


def of_running(facts: Facts) -> Deny | None:
    """What only a running subscription allows."""
    if facts.is_paused or facts.status == SubscriptionStatus.PAUSED:
        return Deny("paused", _("This subscription is paused."))
    if facts.status not in RUNNING:
        return Deny("not_running", _("This subscription is not running."))
    return None


def resuming(facts: Facts) -> Deny | None:
    """Ending a pause."""
    if not facts.is_paused and facts.status != SubscriptionStatus.PAUSED:
        return Deny("not_paused", _("This subscription is not paused."))
    return None


def of_coupon(facts: Facts) -> Deny | None:
    """Giving or taking a discount."""
    if facts.status not in CANCELLABLE:
        return Deny("already_ended", _("This subscription has already ended."))
    return None


def sending_invoice(facts: Facts) -> Deny | None:
    """Mailing an invoice again."""
    if facts.status not in _SENDABLE:
        return Deny("not_open", _("Only an invoice that waits for money can be sent."))
    offered = facts.capabilities.send_invoice
    if facts.status != InvoiceStatus.DRAFT and offered and not offered.is_repeatable:
        return Deny("sent_before", _("This gateway mails an invoice only once."))
    return None


def voiding_invoice(facts: Facts) -> Deny | None:
    """Taking an invoice back that nobody has paid."""
    if facts.status == InvoiceStatus.PARTIALLY_PAID:
        return Deny("partly_paid", _("Part of this invoice is paid. Refund that first."))
    if facts.status not in _VOIDABLE:
        return Deny("not_open", _("Only an open invoice can be voided."))
    return None
