"""What can be done with an object: what its gateway offers, and what its present state allows."""

from functools import cache

from chargedesk.ledger.models import Charge, Subscription
from chargedesk.ledger.models.mirrored import Mirrored
from gateways import registry
from gateways.capabilities import ActionKind, Capabilities
from gateways.snapshots import ChargeStatus, ObjectKind, SubscriptionStatus

_ON_CHARGES = (ActionKind.REFUND, ActionKind.CAPTURE, ActionKind.VOID)
_REFUNDABLE = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED})
_ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED})


@cache
def _capabilities(provider: str) -> Capabilities | None:
    adapter = registry.adapters().get(provider)
    return adapter.capabilities if adapter else None


def supported_for_charge(provider: str) -> list[str]:
    """What the gateway can do with charges, in v1's words."""
    capabilities = _capabilities(provider)
    if capabilities is None:
        return []
    return [action.value for action in _ON_CHARGES if capabilities.proof(action)]


def supported_for_subscription(provider: str) -> list[str]:
    """What the gateway can do with subscriptions."""
    capabilities = _capabilities(provider)
    return ["cancel"] if capabilities and capabilities.cancel_subscription else []


def active_for_charge(charge: Charge) -> list[str]:
    """What is possible in the charge's present state."""
    return [
        name for name in supported_for_charge(charge.connection.provider) if _is_open(charge, name)
    ]


def _is_open(charge: Charge, action: str) -> bool:
    if action == ActionKind.REFUND:
        return charge.status in _REFUNDABLE and charge.root.available.minor > 0
    return charge.status == ChargeStatus.AUTHORIZED and not charge.root.held_minor


def active_for_subscription(subscription: Subscription) -> list[str]:
    """What is possible in the subscription's present state."""
    if subscription.status in _ENDED:
        return []
    return supported_for_subscription(subscription.connection.provider)


def gateway_url(row: Mirrored, kind: ObjectKind) -> str | None:
    """The object's page in the provider's own dashboard."""
    adapter = registry.adapters().get(row.connection.provider)
    if adapter is None:
        return None
    return adapter.object_url(kind, row.external_id, is_live=row.connection.is_live) or None
