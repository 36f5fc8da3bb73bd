"""Where an order goes: to the gateway, or to an address of the tenant's own system."""

from collections.abc import Callable, Mapping
from typing import Any

from chargedesk.actions.models import ActionIntent
from chargedesk.actions.requests import ActionRequest
from chargedesk.actions.subjects import About
from chargedesk.actions.targets import Target
from chargedesk.kit.money import Money
from chargedesk.ledger.models import (
    Charge,
    GatewayCustomer,
    GatewayInvoice,
    Product,
    Refund,
    Subscription,
)
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
        subject=_subjects(target),
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


def _subjects(target: Target) -> dict[str, Any]:
    """What the order is about, and whose it is where its own picture does not say."""
    about = {target.object_kind: _PICTURES[target.about](target.thing)}
    owner_id = target.owner_id
    if target.about in _NAMES_ITS_CUSTOMER or owner_id is None:
        return about
    owner = GatewayCustomer.objects.get(pk=owner_id)
    return {**about, About.CUSTOMER.value: customer_subject(owner)}


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


def customer_subject(row: GatewayCustomer) -> dict[str, Any]:
    """A customer as `/v1` writes it."""
    return {
        "customer_id": row.external_id,
        "gateway_id": str(row.connection_id),
        "name": row.name or None,
        "email": row.email or None,
        "phone": row.phone or None,
        "username": row.username or None,
        "country": row.country or None,
        "billing_address": "\n".join(str(line) for line in row.address.values() if line) or None,
        "card_on_file": "1" if row.default_payment_method else "0",
        "metadata": row.metadata,
    }


def invoice_subject(row: GatewayInvoice) -> dict[str, Any]:
    """A gateway's invoice, amounts and times written as `/v1` does."""
    customer = row.gateway_customer
    return {
        "invoice_id": row.external_id,
        "gateway_id": str(row.connection_id),
        "customer_id": customer.external_id if customer else None,
        "number": row.number or None,
        "status": row.status,
        "amount": Money.of(row.total_minor, row.currency).plain,
        "amount_due": Money.of(row.due_minor, row.currency).plain,
        "currency": row.currency,
        "due": int(row.due_at.timestamp()) if row.due_at else None,
    }


_PICTURES: Mapping[About, Callable[[Any], dict[str, Any]]] = {
    About.CHARGE: charge_subject,
    About.CUSTOMER: customer_subject,
    About.SUBSCRIPTION: subscription_subject,
    About.INVOICE: invoice_subject,
}
# A charge has name and e-mail in it, as `/v1` writes charges.
_NAMES_ITS_CUSTOMER = frozenset({About.CHARGE, About.CUSTOMER})


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
