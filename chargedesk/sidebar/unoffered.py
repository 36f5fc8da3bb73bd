"""What an agent would look for and this gateway does not do: one quiet line, and why."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from chargedesk.ledger.selectors import ChargeFacts, SubscriptionFacts
from chargedesk.sidebar import words
from chargedesk.sidebar.offers import ON_CUSTOMERS, ON_INVOICES, ON_SUBSCRIPTIONS
from chargedesk.sidebar.session import GatewayLink
from gateways.capabilities import ActionKind
from gateways.contract import GatewayAdapter
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
        return _missing(adapter, (ActionKind.CAPTURE, ActionKind.VOID))
    if charge.status not in _PAID:
        return ()
    lines = _missing(adapter, (ActionKind.REFUND,))
    if now - charge.created_at < _FRESH and not charge.root.capturable and not lines:
        text = _("%(gateway)s: a captured payment cannot be voided, only refunded.")
        lines += (text % {"gateway": adapter.label},)
    return lines


def unoffered_on_subscription(each: SubscriptionFacts, link: GatewayLink | None) -> tuple[str, ...]:
    """Likewise for a subscription that runs."""
    if link is None or each.status not in _RUNNING:
        return ()
    adapter = adapter_for(link.provider, link.functions)
    pointless = {
        ActionKind.RESUME_SUBSCRIPTION: not each.is_paused,
        ActionKind.PAUSE_SUBSCRIPTION: each.is_paused,
        ActionKind.REMOVE_COUPON: not each.has_coupon,
    }
    lines = _missing(adapter, (kind for kind in ON_SUBSCRIPTIONS if not pointless.get(kind)))
    cancel = adapter.capabilities.cancel_subscription
    if cancel and not cancel.at_period_end:
        text = _("%(gateway)s: a subscription ends at once, not with the paid period.")
        lines += (text % {"gateway": adapter.label},)
    if cancel and not cancel.now:
        text = _("%(gateway)s: a subscription ends with the paid period, not at once.")
        lines += (text % {"gateway": adapter.label},)
    return lines


def unoffered_on_invoice(link: GatewayLink | None) -> tuple[str, ...]:
    """Likewise for an invoice that waits for money."""
    return _missing(adapter_for(link.provider, link.functions), ON_INVOICES) if link else ()


def unoffered_on_customer(link: GatewayLink | None) -> tuple[str, ...]:
    """Likewise for a person's record at a gateway."""
    return _missing(adapter_for(link.provider, link.functions), ON_CUSTOMERS) if link else ()


def _missing(adapter: GatewayAdapter, kinds: Iterable[ActionKind]) -> tuple[str, ...]:
    """One line for all that is missing, in the words of the buttons other gateways have."""
    capabilities = adapter.capabilities
    deeds = [words.deed(kind) for kind in kinds if getattr(capabilities, kind.value) is None]
    if not deeds:
        return ()
    text = _("%(gateway)s does not do this from here: %(deeds)s.")
    return (text % {"gateway": adapter.label, "deeds": ", ".join(deeds)},)
