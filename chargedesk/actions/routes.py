"""Where an order goes: to the gateway, or to an address of the tenant's own system."""

from collections.abc import Mapping
from typing import Any

from chargedesk.actions.models import ActionIntent
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.subjects import Thing
from chargedesk.actions.targets import Target
from chargedesk.kit.money import Money
from chargedesk.ledger.models import Charge, Product, Refund, Subscription
from chargedesk.ledger.words import CHARGE_WORDS, subscription_word
from gateways.contract import FunctionCall

GATEWAY = "gateway"


def function_call(target: Target, request: ActionRequest) -> FunctionCall | None:
    """The call to the tenant's own system if this order is routed there; None if it is not."""
    url = target.connection.functions.get(target.action.value, "")
    if not url:
        return None
    actor = request.requester.actor
    return FunctionCall(
        url=url,
        agent=actor.label or actor.id,
        words=request.note or request.reason,
        subject={target.object_kind: _subject(target.thing)},
    )


def route_of(intent: ActionIntent) -> str:
    """For the audit log: the address it goes to, or `gateway`."""
    return frozen_url(intent) or GATEWAY


def frozen_url(intent: ActionIntent) -> str:
    """The address an order was frozen for; empty for the gateway itself."""
    call = intent.order.get("function")
    return str(call["url"]) if call else ""


def functions_for(intent: ActionIntent) -> dict[str, str]:
    """The connection's addresses as they were for this order: its route never changes (M1)."""
    others = {k: v for k, v in intent.connection.functions.items() if k != intent.action}
    url = frozen_url(intent)
    return {**others, intent.action: url} if url else others


def has_moved(intent: ActionIntent) -> bool:
    """Whether this order, if it were made now, would go elsewhere."""
    return str(intent.connection.functions.get(intent.action, "")) != frozen_url(intent)


def _subject(thing: Thing) -> Mapping[str, Any]:
    """Only what charges and subscriptions need can be routed."""
    if isinstance(thing, Charge):
        return charge_subject(thing)
    return subscription_subject(thing) if isinstance(thing, Subscription) else {}


def charge_subject(charge: Charge) -> dict[str, Any]:
    """A charge as `/v1` writes it, with the refunds we know one by one."""
    customer = charge.gateway_customer
    return {
        "charge_id": str(charge.id),
        "transaction_id": charge.external_id,
        "gateway_id": str(charge.connection_id),
        "customer_id": customer.external_id if customer else None,
        "customer_name": customer.name if customer else None,
        "customer_email": customer.email if customer else None,
        "subscription_id": charge.subscription_external_id or None,
        "status": CHARGE_WORDS.get(charge.status, "unknown"),
        "amount": charge.amount.plain,
        "amount_refunded": charge.refunded.plain,
        "currency": charge.currency,
        "description": charge.description or None,
        "occurred": int(charge.occurred_at.timestamp()),
        "payment_method": charge.method_kind or None,
        "payment_method_brand": charge.method_brand or None,
        "last_4_digits": charge.method_last4 or None,
        "metadata": charge.metadata,
        "refunds": [_refund(each) for each in Refund.objects.filter(root_id=charge.root_id)],
    }


def subscription_subject(row: Subscription) -> dict[str, Any]:
    """A subscription as `/v1` writes it."""
    customer = row.gateway_customer
    money = None if row.amount_minor is None else Money.of(row.amount_minor, row.currency)
    return {
        "subscription_id": row.external_id,
        "gateway_id": str(row.connection_id),
        "customer_id": customer.external_id if customer else None,
        "product_id": _product_id(row),
        "status": subscription_word(row),
        "amount": money.plain if money is not None else None,
        "currency": row.currency or None,
        "interval": row.interval if row.interval != "once" else None,
        "interval_count": row.interval_count,
        "current_period_end": int(row.period_end.timestamp()) if row.period_end else None,
        "metadata": row.metadata,
    }


def _product_id(row: Subscription) -> str | None:
    # The product may not have arrived yet.
    rows = Product.objects.filter(pk__in=[row.product_id] if row.product_id else [])
    return rows.values_list("external_id", flat=True).first()


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "refund_id": refund.external_id,
        "amount": refund.amount.plain,
        "status": refund.status,
        "idempotency_key": f"{refund.intent_id}-refund" if refund.intent_id else None,
    }
