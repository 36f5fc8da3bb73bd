"""A gateway's customer as v1 writes it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Sum

from api.v1 import formats, methods
from api.v1.subscription_output import subscriptions_json
from api.v1.subscriptions import complete_subscriptions
from chargedesk.kit import clock
from chargedesk.ledger.models import CustomerTotal, GatewayCustomer
from chargedesk.tenants.models import ApiKey
from gateways.snapshots import ObjectKind

# Wishes about mail that customers can state once there is mail; nobody has unsubscribed.
MAIL_WISHES = (
    "unsubscribe_receipts",
    "unsubscribe_refunds",
    "unsubscribe_void",
    "unsubscribe_authorize",
)


@dataclass(frozen=True, slots=True)
class Around:
    """What a page of customers needs from other tables: one query each."""

    subscriptions: dict[str, list[dict[str, Any]]]
    charge_counts: dict[UUID, int]


def customers_json(rows: Sequence[GatewayCustomer], key: ApiKey) -> list[dict[str, Any]]:
    """Every customer as v1 writes it; from rows of `customers.complete_customers`."""
    around = _around([row.id for row in rows], key)
    now = clock.now()
    return [_customer_json(row, around) | methods.customer_methods(row, key, now) for row in rows]


def _around(customer_ids: Sequence[UUID], key: ApiKey) -> Around:
    subscriptions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if not customer_ids:
        return Around(subscriptions, {})
    rows = complete_subscriptions().filter(gateway_customer_id__in=customer_ids)
    for each in subscriptions_json(list(rows.order_by("-occurred_at", "id")), key):
        subscriptions[_owner(each["gateway_id"], each["customer_id"])].append(each)
    totals = CustomerTotal.objects.filter(gateway_customer_id__in=customer_ids)
    counts = totals.values_list("gateway_customer_id").annotate(Sum("charges")).order_by()
    return Around(subscriptions, dict(counts))


def _owner(connection_id: object, external_id: str) -> str:
    return f"{connection_id} {external_id}"


def _tax_number(row: GatewayCustomer) -> str:
    return str(next((each["value"] for each in row.tax_ids or ()), ""))


def _customer_json(row: GatewayCustomer, around: Around) -> dict[str, Any]:
    return {
        "object": "customer",
        "customer_id": row.external_id,
        "company": str(row.tenant_id),
        "gateway_id": str(row.connection_id),
        **_who(row),
        **_addresses(row),
        "delinquent": formats.flag(is_set=row.is_delinquent),
        "card_on_file": formats.flag(is_set=bool(row.default_payment_method)),
        "has_items": "0",
        "first_seen": formats.unix(row.occurred_at),
        "charges": around.charge_counts.get(row.id, 0),
        "tickets": "0",
        "subscriptions": around.subscriptions.get(_owner(row.connection_id, row.external_id), []),
        "items": [],
        "logs": [],
        "metadata": _metadata_list(row.metadata),
        "last_charge_id": _id_text(getattr(row, "last_charge_id", None)),
        "last_paid_charge": _id_text(getattr(row, "last_paid_charge_id", None)),
        "edited": "0",
        "accurate_at": formats.unix_text(row.as_of),
        "manage_url": None,
        "gateway_url": methods.gateway_url(row, ObjectKind.CUSTOMER),
        **dict.fromkeys(MAIL_WISHES, "0"),
    }


def _who(row: GatewayCustomer) -> dict[str, Any]:
    return {
        "name": formats.text(row.name),
        "first_name": formats.text(row.name.partition(" ")[0]),
        "email": formats.text(row.email),
        "email_domain": formats.email_domain(row.email),
        "send_email_to": formats.text(row.email),
        "phone": formats.text(row.phone),
        "fax": None,
        "username": formats.text(row.username),
        "website": None,
        "customer_company": None,
        "description": formats.text(row.description),
    }


def _addresses(row: GatewayCustomer) -> dict[str, Any]:
    lines = "\n".join(str(line) for line in row.address.values() if line)
    return {
        "country": formats.text(row.country),
        "readable_country": formats.country_name(row.country),
        "billing_address": formats.text(lines),
        "shipping_address": None,
        "invoice_details": None,
        "tax_number": formats.text(_tax_number(row)),
        "tax_number_abr": None,
    }


def _metadata_list(metadata: dict[str, Any]) -> list[dict[str, str]]:
    # Here v1's clients expect an array even when there is something in it.
    return [{"key": str(key), "value": str(value)} for key, value in metadata.items()]


def _id_text(value: UUID | None) -> str | None:
    return str(value) if value else None
