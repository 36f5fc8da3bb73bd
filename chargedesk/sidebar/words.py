"""The words of the panel: statuses, grades, deeds, and what comes next, in the agent's language."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chargedesk.kit.money import Money
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
    "open": (gettext_lazy("Open"), Tone.WARNING),
    "partially_paid": (gettext_lazy("Partly paid"), Tone.WARNING),
    "uncollectible": (gettext_lazy("Uncollectible"), Tone.BAD),
}
_UNKNOWN = (gettext_lazy("Unknown status"), Tone.WARNING)
_GRADES = {
    MatchGrade.EXACT: gettext_lazy("Linked to this person"),
    MatchGrade.VERIFIED_EMAIL: gettext_lazy("Matched by verified e-mail"),
    MatchGrade.EMAIL: gettext_lazy("Matched by e-mail, not verified"),
    MatchGrade.GUESS: gettext_lazy("A guess, found by search"),
}
_DEEDS = {
    ActionKind.REFUND: gettext_lazy("Refund"),
    ActionKind.CAPTURE: gettext_lazy("Capture"),
    ActionKind.VOID: gettext_lazy("Release the hold"),
    ActionKind.CANCEL_SUBSCRIPTION: gettext_lazy("Cancel subscription"),
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


def charge_status(code: str) -> Badge:
    """A charge's status as a badge."""
    return _badge(_CHARGE, code)


def subscription_status(row: dict[str, Any]) -> Badge:
    """A subscription's status; one that runs out says so."""
    if row["status"] in ("active", "trialing") and (
        row["cancels_at_period_end"] or row["cancel_at"]
    ):
        return Badge("ending", _("Ending"), Tone.WARNING)
    return _badge(_SUBSCRIPTION, row["status"])


def invoice_status(code: str) -> Badge:
    """An open invoice's status."""
    return _badge(_INVOICE, code)


def grade_text(grade: MatchGrade) -> str:
    """How we know who this is."""
    return str(_GRADES[grade])


def deed(kind: ActionKind) -> str:
    """An action as a verb."""
    return str(_DEEDS[kind])


def method(row: dict[str, Any]) -> str:
    """What was paid with: `Visa •••• 4242`."""
    kind = row["method_kind"]
    brand = _BRANDS.get(row["method_brand"], row["method_brand"].capitalize())
    name = brand or str(_KINDS.get(kind, kind.replace("_", " ").capitalize()))
    return f"{name} •••• {row['method_last4']}" if row["method_last4"] else name


def item_names(items: list[dict[str, Any]]) -> str:
    """The names of a subscription's items, with their quantities."""
    names = []
    for item in items:
        quantity = item.get("quantity") or 1
        name = item.get("name") or ""
        if name:
            names.append(f"{quantity} × {name}" if quantity > 1 else name)
    return ", ".join(names)


def price(row: dict[str, Any], language: str) -> str:
    """What a subscription costs per period."""
    if row["amount_minor"] is None:
        return _("Price depends on use")
    amount = formats.money(Money.of(row["amount_minor"], row["currency"]), language)
    return _PRICES[row["interval"]](row["interval_count"]) % {
        "amount": amount,
        "count": row["interval_count"],
    }


_PRICES: dict[str, Callable[[int], str]] = {
    "day": lambda n: ngettext("%(amount)s a day", "%(amount)s every %(count)s days", n),
    "week": lambda n: ngettext("%(amount)s a week", "%(amount)s every %(count)s weeks", n),
    "month": lambda n: ngettext("%(amount)s a month", "%(amount)s every %(count)s months", n),
    "year": lambda n: ngettext("%(amount)s a year", "%(amount)s every %(count)s years", n),
    "once": lambda n: ngettext("%(amount)s once", "%(amount)s once", n),
}


def what_is_next(
    row: dict[str, Any],
    *,
    now: datetime,
    day: Callable[[datetime], str],
    money: Callable[[int, str], str],
) -> str:
    """What happens to a subscription next, and when (S5)."""
    status, end = row["status"], row["period_end"]
    if status in ("canceled", "expired"):
        ended = row["ended_at"] or end
        return _("Ended %(when)s") % {"when": day(ended)} if ended else ""
    cancel_at = row["cancel_at"] or (end if row["cancels_at_period_end"] else None)
    if cancel_at:
        return _("Ends %(when)s, no further charge") % {"when": day(cancel_at)}
    due = row["trial_end"] if status == "trialing" else end
    if due is None or due < now:
        return ""
    values = {"when": day(due), "amount": ""}
    if row["amount_minor"] is not None:
        values["amount"] = money(row["amount_minor"], row["currency"])
        if status == "trialing":
            return _("Trial until %(when)s, then %(amount)s") % values
        return _("Next charge %(amount)s on %(when)s") % values
    if status == "trialing":
        return _("Trial until %(when)s") % values
    return _("Next charge on %(when)s") % values


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


def _badge(table: dict[str, tuple[Any, Tone]], code: str) -> Badge:
    text, tone = table.get(code, _UNKNOWN)
    return Badge(code, str(text), tone)
