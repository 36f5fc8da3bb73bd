"""What can be done with an object: what its gateway offers, what the policy allows now."""

from datetime import datetime
from typing import Any

from api.v1 import formats
from chargedesk.actions import policy
from chargedesk.actions.targets import connection_trouble
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, GatewayCustomer, GatewayInvoice, Subscription
from chargedesk.ledger.models.mirrored import Mirrored
from chargedesk.ledger.services.prepare import GUEST
from chargedesk.tenants.models import ApiKey
from gateways import registry
from gateways.capabilities import ActionKind, Capabilities
from gateways.contract import GatewayAdapter
from gateways.routing import adapter_for
from gateways.snapshots import ObjectKind

# v1's words.
_ON_CHARGES = {
    ActionKind.REFUND: "refund",
    ActionKind.CAPTURE: "capture",
    ActionKind.VOID: "void",
}
_ON_SUBSCRIPTIONS = {
    ActionKind.CANCEL_SUBSCRIPTION: "cancel",
    ActionKind.CHANGE_SUBSCRIPTION: "edit",
    ActionKind.PAUSE_SUBSCRIPTION: "pause",
    ActionKind.RESUME_SUBSCRIPTION: "resume",
    ActionKind.APPLY_COUPON: "coupon",
    ActionKind.REMOVE_COUPON: "remove_coupon",
}
_ON_CUSTOMERS = {
    ActionKind.CHARGE: "charge",
    ActionKind.AUTHORIZE: "authorize",
    ActionKind.REQUEST_PAYMENT: "request",
    ActionKind.CREATE_SUBSCRIPTION: "subscribe",
    ActionKind.UPDATE_TAX_DETAILS: "tax_details",
    ActionKind.REQUEST_CARD_UPDATE: "card_update",
    ActionKind.USE_PAYMENT_METHOD: "payment_method",
}
_ON_INVOICES = {
    ActionKind.SEND_INVOICE: "send",
    ActionKind.VOID_INVOICE: "void",
}


def charge_methods(charge: Charge, key: ApiKey, now: datetime) -> dict[str, list[str]]:
    """`methods_supported` and `methods_active` of a charge, for this key.

    An inner record has none active: its money goes through the outer one.
    """
    adapter = _adapter(charge)
    if adapter is None:
        return _lists({}, [])
    offered = _offered(adapter.capabilities, _ON_CHARGES)
    if charge.is_shadow:
        return _lists(offered, [])
    active = [
        action
        for action in offered
        if _is_allowed(_charge_facts(charge, action, key, now, adapter.capabilities))
    ]
    return _lists(offered, active)


def subscription_methods(row: Subscription, key: ApiKey, now: datetime) -> dict[str, list[str]]:
    """`methods_supported` and `methods_active` of a subscription, for this key."""
    adapter = _adapter(row)
    if adapter is None:
        return _lists({}, [])
    offered = _offered(adapter.capabilities, _ON_SUBSCRIPTIONS)
    active = [
        action
        for action in offered
        if _is_allowed(
            _facts(
                action,
                row,
                key,
                now,
                status=row.status,
                cancels_at_period_end=row.cancels_at_period_end,
                is_paused=bool(row.pause),
            )
        )
        and (action is not ActionKind.REMOVE_COUPON or row.discounts)
    ]
    return _lists(offered, active)


def customer_methods(row: GatewayCustomer, key: ApiKey, now: datetime) -> dict[str, list[str]]:
    """`methods_supported` and `methods_active` of a customer, for this key."""
    adapter = _adapter(row)
    if adapter is None:
        return _lists({}, [])
    offered = _offered(adapter.capabilities, _ON_CUSTOMERS)
    facts = {
        "status": "",
        "is_guest": row.external_id.startswith(GUEST),
        "has_payment_method": bool(row.default_payment_method),
    }
    active = [each for each in offered if _is_allowed(_facts(each, row, key, now, **facts))]
    return _lists(offered, active)


def invoice_methods(row: GatewayInvoice, key: ApiKey, now: datetime) -> dict[str, list[str]]:
    """`methods_supported` and `methods_active` of a gateway's invoice, for this key."""
    adapter = _adapter(row)
    if adapter is None:
        return _lists({}, [])
    offered = _offered(adapter.capabilities, _ON_INVOICES)
    status = row.status
    active = [each for each in offered if _is_allowed(_facts(each, row, key, now, status=status))]
    return _lists(offered, active)


def _facts(
    action: ActionKind, row: Mirrored, key: ApiKey, now: datetime, **known: Any
) -> policy.Facts:
    return policy.Facts(
        action=action,
        capabilities=adapter_for(row.connection.provider, row.connection.functions).capabilities,
        role=key.role,
        is_unlimited=key.is_unlimited,
        now=now,
        occurred_at=row.occurred_at,
        connection_trouble=connection_trouble(row.connection),
        money_paused_reason=key.tenant.money_paused_reason,
        **known,
    )


def gateway_url(row: Mirrored, kind: ObjectKind) -> str | None:
    """The object's page in the provider's own dashboard."""
    adapter = _adapter(row)
    if adapter is None:
        return None
    url = adapter.object_url(
        kind,
        row.external_id,
        is_live=row.connection.is_live,
        account_id=row.connection.account_id,
    )
    return formats.text(url)


def _adapter(row: Mirrored) -> GatewayAdapter | None:
    connection = row.connection
    if connection.provider not in registry.adapters():
        return None
    return adapter_for(connection.provider, connection.functions)


def _offered(capabilities: Capabilities, words: dict[ActionKind, str]) -> dict[ActionKind, str]:
    return {action: word for action, word in words.items() if capabilities.proof(action)}


def _lists(offered: dict[ActionKind, str], active: list[ActionKind]) -> dict[str, list[str]]:
    return {
        "methods_active": [offered[action] for action in active],
        "methods_supported": list(offered.values()),
    }


def _is_allowed(facts: policy.Facts) -> bool:
    return not isinstance(policy.decide(facts), policy.Deny)


def _charge_facts(
    charge: Charge, action: ActionKind, key: ApiKey, now: datetime, capabilities: Capabilities
) -> policy.Facts:
    root = charge.root
    return policy.Facts(
        action=action,
        capabilities=capabilities,
        status=charge.status,
        role=key.role,
        is_unlimited=key.is_unlimited,
        now=now,
        occurred_at=charge.occurred_at,
        available=_available(charge),
        capturable=Money.of(root.capturable_minor, root.currency),
        has_open_dispute=charge.is_disputed,
        has_earlier_refund=charge.given_back.minor > 0,
        connection_trouble=connection_trouble(charge.connection),
        money_paused_reason=key.tenant.money_paused_reason,
    )


def _available(charge: Charge) -> Money:
    """What can still be refunded, less what the gateway behind gave back by itself."""
    only_inside = charge.given_back - charge.refunded
    left: Money = charge.root.available - only_inside
    return max(Money.of(0, charge.currency), left)
