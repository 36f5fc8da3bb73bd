"""All the ledger knows of a connection, as plain values by which two readings are compared."""

from typing import Any

from chargedesk.base import scoping
from chargedesk.ledger.models import (
    Charge,
    Dispute,
    GatewayCustomer,
    GatewayInvoice,
    MoneyRoot,
    Price,
    Product,
    Refund,
    Subscription,
)
from chargedesk.tenants.models import Connection

_FACTS: dict[Any, tuple[str, ...]] = {
    GatewayCustomer: ("name", "email", "is_stub"),
    MoneyRoot: (
        "status",
        "amount_minor",
        "captured_minor",
        "refunds_minor",
        "provider_refunded_minor",
        "held_minor",
        "currency",
    ),
    Charge: ("status", "amount_minor", "captured_minor", "refunded_minor", "currency"),
    Refund: ("status", "amount_minor", "currency"),
    Dispute: ("status", "amount_minor", "currency"),
    Product: ("name",),
    Price: ("amount_minor", "currency"),
    Subscription: ("status", "amount_minor"),
    GatewayInvoice: ("status", "total_minor", "number"),
}


def picture(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All facts by table, by the provider's ids."""
    with scoping.tenant(connection.tenant_id):
        return {
            model.__name__: sorted(
                model.objects.filter(connection=connection).values_list("external_id", *facts)
            )
            for model, facts in _FACTS.items()
        }
