"""What an order was allowed on: if it changes meanwhile, the order stops (R2, R8, M14)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chargedesk.actions.subjects import ABOUT, TAKES_MONEY, About
from chargedesk.actions.targets import Target
from chargedesk.ledger.locking import refunded_minor
from chargedesk.ledger.models import (
    Charge,
    GatewayCustomer,
    GatewayInvoice,
    MoneyRoot,
    Subscription,
)
from gateways.capabilities import ActionKind

# Fits a page's hidden field, a JSON number and the column.
_VERSION_BITS = 52


def seen_facts(target: Target) -> dict[str, Any]:
    """The facts an order of this kind depends on, as JSON values; without our own holds."""
    return _FACTS[ABOUT[target.action]](target)


def version_of(target: Target) -> int:
    """Changes with the facts a page showed (M14): the root's own version where there is one."""
    if target.root is not None:
        return int(target.root.money_version)
    text = json.dumps(seen_facts(target), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - _VERSION_BITS)


def money_facts(root: MoneyRoot | None) -> dict[str, int]:
    """The figures of a root, without our own holds."""
    if root is None:
        return {}
    return {
        "captured_minor": root.captured_minor,
        "capturable_minor": root.capturable_minor,
        "refunded_minor": refunded_minor(root),
    }


def _of_charge(target: Target) -> dict[str, Any]:
    return money_facts(target.root)


def _of_customer(target: Target) -> dict[str, Any]:
    customer = target.thing
    assert isinstance(customer, GatewayCustomer)  # noqa: S101  the table says so
    if target.action in TAKES_MONEY | {ActionKind.REQUEST_PAYMENT}:
        # Two people who want the same money meet here: the first one's charge is the newest.
        charges = Charge.objects.filter(gateway_customer_id=customer.id)
        newest = charges.order_by("-occurred_at", "pk").values_list("external_id", flat=True)
        return {"newest_charge": newest.first() or ""}
    if target.action is ActionKind.UPDATE_TAX_DETAILS:
        return {"name": customer.name, "address": dict(customer.address)}
    if target.action is ActionKind.USE_PAYMENT_METHOD:
        return {"default": customer.default_payment_method}
    if target.action is ActionKind.CREATE_SUBSCRIPTION:
        own = Subscription.objects.filter(gateway_customer_id=customer.id)
        latest = own.order_by("-occurred_at", "pk").values_list("external_id", flat=True)
        return {"newest_subscription": latest.first() or ""}
    return {}


def _of_subscription(target: Target) -> dict[str, Any]:
    subscription = target.thing
    assert isinstance(subscription, Subscription)  # noqa: S101  the table says so
    items = [
        [item.get("external_id"), item.get("price_id"), item.get("quantity")]
        for item in subscription.items
    ]
    return {
        "status": subscription.status,
        "items": items,
        "discounts": sorted(str(each.get("external_id")) for each in subscription.discounts),
        "period_end": _text(subscription.period_end),
        "cancels_at_period_end": subscription.cancels_at_period_end,
    }


def _of_invoice(target: Target) -> dict[str, Any]:
    invoice = target.thing
    assert isinstance(invoice, GatewayInvoice)  # noqa: S101  the table says so
    return {"status": invoice.status, "due_minor": invoice.due_minor}


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


_FACTS: Mapping[About, Callable[[Target], dict[str, Any]]] = {
    About.CHARGE: _of_charge,
    About.CUSTOMER: _of_customer,
    About.SUBSCRIPTION: _of_subscription,
    About.INVOICE: _of_invoice,
}
