"""Who may do what to which object, explained: a pure function of the values handed to it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from chargedesk.actions import refusals
from chargedesk.actions.facts import Allow, Deny, Facts, Limit, NeedsApproval, OuterRecord
from chargedesk.kit.money import Money
from chargedesk.tenants.roles import Right, has_right
from gateways.capabilities import ActionKind, CurrencyRules
from gateways.snapshots import ChargeStatus

REASONS = {
    "requested_by_customer": _("Requested by the customer"),
    "duplicate": _("Duplicate payment"),
    "not_as_described": _("Not as described"),
    "service_problem": _("Problem with the service"),
    "goodwill": _("Goodwill"),
    "fraud": _("Fraud"),
    "other": _("Other"),
}

_REFUNDABLE = {ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED}
_REFUND_REFUSALS = {
    "disputed": _(
        "The customer's bank has already pulled this money back. Answer or accept the dispute."
    ),
    "already_refunded": _("This payment has already been refunded."),
    "not_paid": _("There is no captured payment to give back."),
    "figures_disagree": _("The gateway's figures are being read again. Try once more in a minute."),
    "nothing_left": _("Nothing is left to refund, or another refund is on its way."),
    "too_old": _("The %(days)s days in which this gateway refunds are over."),
    "whole_only": _("This gateway refunds whole payments only."),
    "once_only": _("This gateway refunds a payment once only."),
}


__all__ = [
    "Allow",
    "Decision",
    "Deny",
    "Facts",
    "Limit",
    "NeedsApproval",
    "OuterRecord",
    "decide",
    "refusal",
]

Decision = Allow | NeedsApproval | Deny


def decide(facts: Facts) -> Decision:
    """Answer for one order. Refusals come before limits: nobody approves the impossible."""
    refused = refusal(facts)
    if refused:
        return refused
    return Allow() if facts.is_unlimited else _limited(facts)


def refusal(facts: Facts) -> Deny | None:
    """Why it cannot be done at all, limits aside; None if it can."""
    if facts.is_gone:
        return Deny("gone", _("The gateway says that this was deleted."))
    return refusal_here(facts) or _CHECKS[facts.action](facts) or _refused_by_amount(facts)


def insist_on_amount(facts: Facts) -> Deny | None:
    """An order for money says how much: there is no “all” of it."""
    if facts.action in _ASKS_FOR_MONEY and facts.amount is None:
        return Deny("amount_missing", _("Say how much."), "amount")
    return None


def refusal_here(facts: Facts) -> Deny | None:
    """Why this person cannot do it through this connection now, whatever the object's state."""
    if not has_right(facts.role, Right.MOVE_MONEY):
        return Deny("not_permitted", _("Your role can look, but not move money."))
    if facts.part_of:
        return Deny("part_of_purchase", part_of_text(facts.part_of))
    if getattr(facts.capabilities, facts.action.value) is None:
        return Deny("unsupported", _("This gateway does not offer that."))
    if facts.money_paused_reason:
        return Deny("money_paused", facts.money_paused_reason)
    if facts.connection_trouble:
        return Deny("connection_trouble", facts.connection_trouble)
    return None


def part_of_text(outer: OuterRecord) -> str:
    """Why nothing is moved through an inner record, and where it is."""
    return str(
        _(
            "This payment belongs to %(what)s in %(where)s. Do it there (charge %(id)s), so that "
            "both sides know of it."
        )
    ) % {"what": outer.what, "where": outer.where, "id": outer.charge_id}


def _refund(facts: Facts) -> Deny | None:
    offered = facts.capabilities.refund
    if offered is None:
        return None
    is_disputed = facts.has_open_dispute or facts.status == ChargeStatus.DISPUTED
    too_old = offered.age_limit and facts.now - facts.occurred_at > offered.age_limit
    refusals = (
        (is_disputed, "disputed"),
        (facts.status == ChargeStatus.REFUNDED, "already_refunded"),
        (facts.status not in _REFUNDABLE, "not_paid"),
        (not facts.figures_agree, "figures_disagree"),
        (not facts.available, "nothing_left"),
        (too_old, "too_old"),
        (facts.is_part and not offered.is_partial, "whole_only"),
        (facts.has_earlier_refund and not offered.is_repeatable, "once_only"),
    )
    code = next((code for applies, code in refusals if applies), "")
    if not code:
        return None
    days = {"days": offered.age_limit.days if offered.age_limit else 0}
    return Deny(
        code, str(_REFUND_REFUSALS[code]) % days if code == "too_old" else _REFUND_REFUSALS[code]
    )


def _capture(facts: Facts) -> Deny | None:
    if not facts.capturable:
        return Deny("nothing_to_capture", _("There is no open authorization to capture."))
    if facts.is_part and facts.capabilities.capture and not facts.capabilities.capture.is_partial:
        return Deny("whole_only", _("This gateway captures whole authorizations only."), "amount")
    return None


def _void(facts: Facts) -> Deny | None:
    if not facts.capturable:
        return Deny("nothing_to_void", _("There is no open authorization to give back."))
    return None


def _cancel(facts: Facts) -> Deny | None:
    offered = facts.capabilities.cancel_subscription
    if facts.status not in refusals.CANCELLABLE:
        return Deny("already_ended", _("This subscription has already ended."))
    if facts.at_period_end and facts.cancels_at_period_end:
        return Deny("already_ending", _("This subscription already ends with the paid period."))
    if offered and not (offered.at_period_end if facts.at_period_end else offered.now):
        return Deny("unsupported", _("This gateway does not offer that."))
    return None


_CHECKS: Mapping[ActionKind, Callable[[Facts], Deny | None]] = {
    ActionKind.REFUND: _refund,
    ActionKind.CAPTURE: _capture,
    ActionKind.VOID: _void,
    ActionKind.CHARGE: refusals.taking_money,
    ActionKind.AUTHORIZE: refusals.taking_money,
    ActionKind.REQUEST_PAYMENT: refusals.of_customer,
    ActionKind.CREATE_SUBSCRIPTION: refusals.creating_subscription,
    ActionKind.CHANGE_SUBSCRIPTION: refusals.changing_subscription,
    ActionKind.PAUSE_SUBSCRIPTION: refusals.of_running,
    ActionKind.RESUME_SUBSCRIPTION: refusals.resuming,
    ActionKind.CANCEL_SUBSCRIPTION: _cancel,
    ActionKind.APPLY_COUPON: refusals.of_coupon,
    ActionKind.REMOVE_COUPON: refusals.of_coupon,
    ActionKind.SEND_INVOICE: refusals.sending_invoice,
    ActionKind.VOID_INVOICE: refusals.voiding_invoice,
    ActionKind.UPDATE_TAX_DETAILS: refusals.of_customer,
    ActionKind.REQUEST_CARD_UPDATE: refusals.of_customer,
    ActionKind.USE_PAYMENT_METHOD: refusals.taking_money,
}
_OF_PAYMENTS = frozenset({ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.VOID})
# What asks the customer for money; a role's limit for one action holds for it as for a refund. The
# budgets of a day count what goes out only: money that comes in can be given back.
_ASKS_FOR_MONEY = frozenset({ActionKind.CHARGE, ActionKind.AUTHORIZE, ActionKind.REQUEST_PAYMENT})
_LIMITED = _ASKS_FOR_MONEY | {ActionKind.REFUND}


def _refused_by_amount(facts: Facts) -> Deny | None:
    most = facts.available if facts.action is ActionKind.REFUND else facts.capturable
    amount = facts.amount
    if amount is None:
        return None
    if most is not None and amount.currency != most.currency:
        message = _("The payment is in %(currency)s.") % {"currency": most.currency}
        return Deny("currency_mismatch", message, "currency")
    if not amount:
        return Deny("amount_zero", _("The amount must be more than zero."), "amount")
    if most is not None and amount > most:
        message = _("At most %(amount)s can be moved.") % {"amount": most}
        return Deny("amount_too_large", message, "amount")
    return _refused_by_currency(facts.capabilities.currency, amount)


def _refused_by_currency(rules: CurrencyRules, amount: Money) -> Deny | None:
    if rules.is_on_step(amount):
        return None
    if amount.currency.code in rules.unsupported:
        message = _("The gateway does not take %(currency)s.") % {"currency": amount.currency}
        return Deny("currency_unsupported", message, "currency")
    message = _("The gateway moves %(currency)s in steps of %(step)s.") % {
        "currency": amount.currency,
        "step": Money(rules.step(amount.currency.code), amount.currency),
    }
    return Deny("amount_off_step", message, "amount")


def is_too_old(facts: Facts) -> bool:
    """Whether the payment is older than the role may handle alone, whatever the amount (R7)."""
    days = facts.limit.charge_age_days
    if not days or facts.action not in _OF_PAYMENTS:
        return False
    return facts.now - facts.occurred_at > timedelta(days=days)


def _limited(facts: Facts) -> Decision:
    limit, amount = facts.limit, facts.amount
    if is_too_old(facts):
        return NeedsApproval(
            "charge_age", _("The payment is older than your role may handle alone.")
        )
    if amount is None or facts.action not in _LIMITED:
        return Allow()
    if not limit.is_set:
        text = _("No limit in %(currency)s is set for this role.") % {"currency": amount.currency}
        return NeedsApproval("limit_not_set", text)
    if limit.action_minor is not None and amount.minor > limit.action_minor:
        return NeedsApproval("action_limit", _("This is over your limit for one action."))
    return _within_budgets(facts, amount) if facts.action is ActionKind.REFUND else Allow()


def _within_budgets(facts: Facts, amount: Money) -> Decision:
    limit = facts.limit
    if limit.day_minor is not None and facts.spent_today_minor + amount.minor > limit.day_minor:
        return NeedsApproval("day_limit", _("This is over your limit for today."))
    spent = facts.customer_today_minor + amount.minor
    if limit.customer_day_minor is not None and spent > limit.customer_day_minor:
        return NeedsApproval("customer_limit", _("This is over the limit for one customer a day."))
    return Allow()
