"""What an agent would look for and this gateway does not do: one quiet line each, and why."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chargedesk.ledger.selectors import ChargeFacts, SubscriptionFacts
from chargedesk.sidebar.session import GatewayLink
from gateways.capabilities import Capabilities
from gateways.routing import adapter_for
from gateways.snapshots import ChargeStatus, SubscriptionStatus

# So soon after a payment people ask to have it voided.
_FRESH = timedelta(days=1)
_PAID = {ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED}
_RUNNING = {
    SubscriptionStatus.ACTIVE,
    SubscriptionStatus.TRIALING,
    SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.PAUSED,
}
# By the name of the capability; one that the product does not know yet is not looked for.
_MISSING = {
    "refund": gettext_lazy("%(gateway)s: payments cannot be refunded from here."),
    "capture": gettext_lazy("%(gateway)s: a held payment cannot be captured from here."),
    "void": gettext_lazy("%(gateway)s: a held payment cannot be released from here."),
    "cancel_subscription": gettext_lazy(
        "%(gateway)s: subscriptions cannot be cancelled from here."
    ),
    "pause_subscription": gettext_lazy("%(gateway)s: subscriptions cannot be paused from here."),
    "change_subscription": gettext_lazy("%(gateway)s: subscriptions cannot be changed from here."),
}


def unoffered_on_charge(
    charge: ChargeFacts, link: GatewayLink | None, now: datetime
) -> tuple[str, ...]:
    """Why what a charge's state suggests cannot be done; empty where nothing is missing.

    Of an inner record nothing is missing: the outer one is where things are done.
    """
    if link is None or charge.part_of is not None:
        return ()
    adapter = adapter_for(link.provider, link.functions)
    if charge.status == ChargeStatus.AUTHORIZED:
        return _missing(adapter.capabilities, ("capture", "void"), adapter.label)
    if charge.status not in _PAID:
        return ()
    lines = _missing(adapter.capabilities, ("refund",), adapter.label)
    if now - charge.created_at < _FRESH and not charge.root.capturable and not lines:
        text = _("%(gateway)s: a captured payment cannot be voided, only refunded.")
        lines += (text % {"gateway": adapter.label},)
    return lines


def unoffered_on_subscription(each: SubscriptionFacts, link: GatewayLink | None) -> tuple[str, ...]:
    """Likewise for a subscription that runs."""
    if link is None or each.status not in _RUNNING:
        return ()
    adapter = adapter_for(link.provider, link.functions)
    names = ("cancel_subscription", "pause_subscription", "change_subscription")
    lines = _missing(adapter.capabilities, names, adapter.label)
    cancel = adapter.capabilities.cancel_subscription
    if cancel and not cancel.at_period_end:
        text = _("%(gateway)s: a subscription ends at once, not with the paid period.")
        lines += (text % {"gateway": adapter.label},)
    if cancel and not cancel.now:
        text = _("%(gateway)s: a subscription ends with the paid period, not at once.")
        lines += (text % {"gateway": adapter.label},)
    return lines


def _missing(capabilities: Capabilities, names: tuple[str, ...], gateway: str) -> tuple[str, ...]:
    return tuple(
        str(_MISSING[name]) % {"gateway": gateway}
        for name in names
        if getattr(capabilities, name, capabilities) is None
    )
