"""The words of the panel: statuses, grades, deeds, and what comes next, in the agent's language."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from chargedesk.kit.money import Money
from chargedesk.ledger.models import Coupon, PaymentMethod
from chargedesk.ledger.selectors import SubscriptionFacts
from chargedesk.sidebar import formats
from chargedesk.sidebar.session import GatewayLink
from chargedesk.tenants.models import ConnectionState
from gateways.capabilities import ActionKind
from helpdesk_apps.card import Badge, MatchGrade, Tone

_CHARGE = {
    "pending": (gettext_lazy("Pending"), Tone.NEUTRAL),
    "authorized": (gettext_lazy("Authorized"), Tone.NEUTRAL),
    "succeeded": (gettext_lazy("Paid"), Tone.GOOD),
    "failed": (gettext_lazy("Failed"), Tone.BAD),
    "canceled": (gettext_lazy("Released"), Tone.NEUTRAL),
    "partially_refunded": (gettext_lazy("Partly refunded"), Tone.NEUTRAL),
    "refunded": (gettext_lazy("Refunded"), Tone.NEUTRAL),
    "disputed": (gettext_lazy("Disputed"), Tone.BAD),
}
_SUBSCRIPTION = {
    "pending": (gettext_lazy("Not started"), Tone.NEUTRAL),
    "trialing": (gettext_lazy("Trial"), Tone.NEUTRAL),
    "active": (gettext_lazy("Active"), Tone.GOOD),
    "past_due": (gettext_lazy("Past due"), Tone.WARNING),
    "paused": (gettext_lazy("Paused"), Tone.NEUTRAL),
    "canceled": (gettext_lazy("Cancelled"), Tone.NEUTRAL),
    "expired": (gettext_lazy("Expired"), Tone.NEUTRAL),
}
_INVOICE = {
    "draft": (gettext_lazy("Draft"), Tone.NEUTRAL),
    "open": (gettext_lazy("Open"), Tone.WARNING),
    "paid": (gettext_lazy("Paid"), Tone.GOOD),
    "void": (gettext_lazy("Void"), Tone.NEUTRAL),
    "partially_paid": (gettext_lazy("Partly paid"), Tone.WARNING),
    "uncollectible": (gettext_lazy("Uncollectible"), Tone.BAD),
}
_REFUND = {
    "pending": (gettext_lazy("on its way"), Tone.NEUTRAL),
    "succeeded": (gettext_lazy("sent"), Tone.GOOD),
    "failed": (gettext_lazy("failed"), Tone.BAD),
    "canceled": (gettext_lazy("cancelled"), Tone.NEUTRAL),
}
_DISPUTE = {
    "inquiry": gettext_lazy("inquiry"),
    "needs_response": gettext_lazy("needs an answer"),
    "under_review": gettext_lazy("under review"),
    "won": gettext_lazy("won"),
    "lost": gettext_lazy("lost"),
    "accepted": gettext_lazy("accepted"),
    "closed": gettext_lazy("closed"),
}
_UNKNOWN = (gettext_lazy("Unknown status"), Tone.WARNING)
_GRADES = {
    MatchGrade.EXACT: gettext_lazy("Linked to this person"),
    MatchGrade.VERIFIED_EMAIL: gettext_lazy("Matched by verified e-mail"),
    MatchGrade.EMAIL: gettext_lazy("Matched by e-mail, not verified"),
    MatchGrade.GUESS: gettext_lazy("A guess, found by search"),
}
_DEEDS = {
    ActionKind.REFUND: pgettext_lazy("deed", "Refund"),
    ActionKind.CAPTURE: pgettext_lazy("deed", "Capture"),
    ActionKind.VOID: pgettext_lazy("deed", "Release the hold"),
    ActionKind.CHARGE: pgettext_lazy("deed", "Charge a card"),
    ActionKind.AUTHORIZE: pgettext_lazy("deed", "Authorize an amount"),
    ActionKind.REQUEST_PAYMENT: pgettext_lazy("deed", "Request a payment"),
    ActionKind.CREATE_SUBSCRIPTION: pgettext_lazy("deed", "New subscription"),
    ActionKind.CHANGE_SUBSCRIPTION: pgettext_lazy("deed", "Change plan"),
    ActionKind.PAUSE_SUBSCRIPTION: pgettext_lazy("deed", "Pause"),
    ActionKind.RESUME_SUBSCRIPTION: pgettext_lazy("deed", "Resume"),
    ActionKind.CANCEL_SUBSCRIPTION: pgettext_lazy("deed", "Cancel subscription"),
    ActionKind.APPLY_COUPON: pgettext_lazy("deed", "Apply a coupon"),
    ActionKind.REMOVE_COUPON: pgettext_lazy("deed", "Remove a coupon"),
    ActionKind.SEND_INVOICE: pgettext_lazy("deed", "Send again"),
    ActionKind.VOID_INVOICE: pgettext_lazy("deed", "Void"),
    ActionKind.UPDATE_TAX_DETAILS: pgettext_lazy("deed", "Address and tax id"),
    ActionKind.REQUEST_CARD_UPDATE: pgettext_lazy("deed", "Card update link"),
    ActionKind.USE_PAYMENT_METHOD: pgettext_lazy("deed", "Use another card"),
}
_BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}
_KINDS = {
    "card": gettext_lazy("Card"),
    "sepa_debit": gettext_lazy("SEPA debit"),
    "paypal": "PayPal",
    "bank_transfer": gettext_lazy("Bank transfer"),
}


class PaidWith(Protocol):
    """A charge, stored or as facts."""

    @property
    def method_kind(self) -> str: ...
    @property
    def method_brand(self) -> str: ...
    @property
    def method_last4(self) -> str: ...


def charge_status(code: str) -> Badge:
    """A charge's status as a badge."""
    return _badge(_CHARGE, code)


def subscription_status(each: SubscriptionFacts) -> Badge:
    """A subscription's status; one that is not charged for, or runs out, says so."""
    if each.is_paused and each.status in ("active", "trialing", "past_due"):
        return _badge(_SUBSCRIPTION, "paused")
    is_ending = bool(each.cancels_at_period_end or each.cancel_at)
    if is_ending and each.status in ("active", "trialing"):
        return Badge("ending", _("Ending"), Tone.WARNING)
    return _badge(_SUBSCRIPTION, each.status)


def invoice_status(code: str, *, is_overdue: bool) -> Badge:
    """An open invoice's status."""
    return Badge("overdue", _("Overdue"), Tone.BAD) if is_overdue else _badge(_INVOICE, code)


def refund_status(code: str) -> Badge:
    """Where a refund stands."""
    return _badge(_REFUND, code)


def dispute_status(code: str) -> str:
    """Where a dispute stands."""
    return str(_DISPUTE.get(code, _UNKNOWN[0]))


def grade_text(grade: MatchGrade) -> str:
    """How we know who this is."""
    return str(_GRADES[grade])


def deed(kind: ActionKind) -> str:
    """An action as a verb."""
    return str(_DEEDS[kind])


def method(charge: PaidWith) -> str:
    """What was paid with: `Visa •••• 4242`."""
    kind = charge.method_kind
    brand = _BRANDS.get(charge.method_brand, capfirst(charge.method_brand))
    name = brand or str(_KINDS.get(kind, kind.replace("_", " ").capitalize()))
    return f"{name} •••• {charge.method_last4}" if charge.method_last4 else name


def stored_method(each: PaymentMethod) -> str:
    """A card or account on file: `Visa •••• 4242`."""
    brand = _BRANDS.get(each.brand, each.brand.capitalize())
    name = brand or str(_KINDS.get(each.kind, each.kind.replace("_", " ").capitalize()))
    return f"{name} •••• {each.last4}" if each.last4 else name


def stored_method_until(each: PaymentMethod) -> str:
    """The same with its end, as the card itself has it: `Visa •••• 4242, 12/27`."""
    year, _dash, month = each.expires.partition("-")
    end = f"{month}/{year[-2:]}" if month else each.expires
    return ", ".join(filter(None, (stored_method(each), end)))


def coupon(each: Coupon, language: str) -> str:
    """What a coupon gives: `Welcome, 20% off`."""
    if each.percent_off:
        gives = _("%(percent)s%% off") % {"percent": each.percent_off.removesuffix(".0")}
    elif each.amount_off_minor is not None and each.currency:
        off = formats.money(Money.of(each.amount_off_minor, each.currency), language)
        gives = _("%(amount)s off") % {"amount": off}
    else:
        gives = ""
    return ", ".join(filter(None, (each.name or each.external_id, gives)))


def item_names(items: Iterable[Mapping[str, Any]]) -> str:
    """The names of a subscription's items, with their quantities."""
    names = []
    for item in items:
        quantity = item.get("quantity") or 1
        name = item.get("name") or ""
        if name:
            names.append(f"{quantity} \u00d7 {name}" if quantity > 1 else name)
    return ", ".join(names)


def price(amount: Money | None, interval: str, count: int, language: str) -> str:
    """What a subscription costs per period."""
    if amount is None:
        return _("Price depends on use")
    text = _PRICES.get(interval, _PRICES["once"])(count)
    return text % {"amount": formats.money(amount, language), "count": count}


_PRICES: dict[str, Callable[[int], str]] = {
    "day": lambda n: ngettext("%(amount)s a day", "%(amount)s every %(count)s days", n),
    "week": lambda n: ngettext("%(amount)s a week", "%(amount)s every %(count)s weeks", n),
    "month": lambda n: ngettext("%(amount)s a month", "%(amount)s every %(count)s months", n),
    "year": lambda n: ngettext("%(amount)s a year", "%(amount)s every %(count)s years", n),
    "once": lambda n: ngettext("%(amount)s once", "%(amount)s once", n),
}


def what_is_next(
    each: SubscriptionFacts,
    *,
    now: datetime,
    day: Callable[[datetime], str],
    money: Callable[[Money], str],
) -> str:
    """What happens to a subscription next, and when (S5)."""
    if each.status in ("canceled", "expired"):
        ended = each.ended_at or each.canceled_at or each.period_end
        return _("Ended %(when)s") % {"when": day(ended)} if ended else ""
    cancel_at = each.cancel_at or (each.period_end if each.cancels_at_period_end else None)
    if cancel_at:
        return _("Ends %(when)s, no further charge") % {"when": day(cancel_at)}
    is_trial = each.status == "trialing"
    due = each.trial_end if is_trial else each.period_end
    if due is None or due < now:
        return ""
    text = _NEXT[is_trial, each.amount is not None]
    values = {"when": day(due), "amount": money(each.amount) if each.amount else ""}
    return str(text) % values


_NEXT = {
    (True, True): gettext_lazy("Trial until %(when)s, then %(amount)s"),
    (True, False): gettext_lazy("Trial until %(when)s"),
    (False, True): gettext_lazy("Next charge %(amount)s on %(when)s"),
    (False, False): gettext_lazy("Next charge on %(when)s"),
}


def open_order(action: str, state: str, who: str) -> str:
    """Who is at it right now (R5); `who` is empty for the agent's own order."""
    text = _ORDERS.get((action, bool(who)), _OTHER_ORDERS[bool(who)])
    if state == "awaiting_approval":
        text = _WAITING_ORDERS[bool(who)]
    elif state == "unknown":
        text = _UNKNOWN_ORDERS[bool(who)]
    return str(text) % {"who": who}


_ORDERS = {
    ("refund", True): gettext_lazy("Being refunded by %(who)s"),
    ("refund", False): gettext_lazy("Your refund is on its way"),
}
_OTHER_ORDERS = {
    True: gettext_lazy("%(who)s is working on this"),
    False: gettext_lazy("Your order is on its way"),
}
_WAITING_ORDERS = {
    True: gettext_lazy("%(who)s asked for approval"),
    False: gettext_lazy("Your request waits for approval"),
}
_UNKNOWN_ORDERS = {
    True: gettext_lazy("Order by %(who)s: outcome unknown, checking"),
    False: gettext_lazy("Your order: outcome unknown, checking"),
}


def why_read_only(agent_email: str) -> str:
    """Why this agent can only look (S10)."""
    if not agent_email:
        return _("You can look, but not act: your helpdesk does not say who you are.")
    return _(
        "You can look, but not act: %(email)s is no member of this company's ChargeDesk. "
        "An administrator can invite you."
    ) % {"email": agent_email}


def connection_trouble(link: GatewayLink) -> str:
    """Why nothing can be sent through a gateway."""
    if link.state == ConnectionState.CREDENTIALS_FAILED:
        return _("The gateway refuses our key. An administrator must renew it.")
    return _("This gateway is paused.")


def gateway_down(link: GatewayLink, heard: str) -> str:
    """The banner of a gateway in trouble (S14)."""
    values = {"gateway": link.label, "when": heard}
    if heard:
        return (
            _("%(gateway)s cannot be reached right now. Last news %(when)s; nothing can be sent.")
            % values
        )
    return _("%(gateway)s cannot be reached right now; nothing can be sent.") % values


def gateway_silent(link: GatewayLink, heard: str) -> str:
    """The banner of a gateway that has told nothing for a while (S14)."""
    return _(
        "No news from %(gateway)s: the last came %(when)s. What is shown may be old; it is read "
        "again before anything is sent."
    ) % {"gateway": link.label, "when": heard}


def _badge(table: dict[str, tuple[Any, Tone]], code: str) -> Badge:
    text, tone = table.get(code, _UNKNOWN)
    return Badge(code, str(text), tone)
