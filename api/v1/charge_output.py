"""A charge as v1 writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from api.v1 import formats, methods
from chargedesk.kit import clock
from chargedesk.ledger.models import Charge, Refund, Subscription
from chargedesk.ledger.models.mirrored import mirrored_id
from chargedesk.ledger.selectors import TwinFacts, twins_of
from chargedesk.ledger.words import CHARGE_WORDS
from chargedesk.tenants.models import ApiKey
from gateways.snapshots import ChargeStatus, ObjectKind, RefundStatus

STATUS_TEXTS = {
    "pending": _("Pending"),
    "authorized": _("Authorized"),
    "paid": _("Paid"),
    "failed": _("Failed"),
    "void": _("Void"),
    "partially refunded": _("Partially refunded"),
    "refunded": _("Refunded"),
    "disputed": _("Disputed"),
    "unknown": _("Unknown"),
}
PAID = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED, ChargeStatus.DISPUTED})
# Mails about a charge; none of them is sent by this product for a gateway's charge.
MAILS = (
    "sent_receipt",
    "sent_invoice",
    "sent_invoice_reminder",
    "sent_refund_receipt",
    "sent_void",
    "sent_authorize",
    "sent_dunning",
)


@dataclass(frozen=True, slots=True)
class Around:
    """What a page of charges needs from other tables: one query each."""

    key: ApiKey
    zone: ZoneInfo
    now: datetime
    refunded_at: dict[UUID, datetime]
    subscriptions: dict[UUID, Subscription]
    twins: dict[UUID, tuple[TwinFacts | None, TwinFacts | None]]


def charges_json(charges: Sequence[Charge], key: ApiKey) -> list[dict[str, Any]]:
    """Every charge as v1 writes it; from rows of `charges.complete_charges`."""
    around = _around(charges, key)
    return [_charge_json(charge, around) for charge in charges]


def _around(charges: Sequence[Charge], key: ApiKey) -> Around:
    refunded = [each.id for each in charges if each.refunded_minor]
    subscriptions = {_subscription_id(each) for each in charges if each.subscription_external_id}
    return Around(
        key=key,
        zone=ZoneInfo(key.tenant.time_zone),
        now=clock.now(),
        refunded_at=_refund_times(refunded) if refunded else {},
        subscriptions=Subscription.objects.select_related("product")
        .defer("raw")
        .in_bulk(subscriptions)
        if subscriptions
        else {},
        twins=twins_of([each.id for each in charges if each.is_shadow or each.paid_through]),
    )


def _refund_times(charge_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    gone = (RefundStatus.FAILED, RefundStatus.CANCELED)
    rows = Refund.objects.filter(charge_id__in=charge_ids).exclude(status__in=gone)
    return dict(rows.values_list("charge_id").annotate(Max("occurred_at")).order_by())


def _subscription_id(charge: Charge) -> UUID:
    return mirrored_id(
        charge.connection_id, ObjectKind.SUBSCRIPTION, charge.subscription_external_id
    )


def _charge_json(charge: Charge, around: Around) -> dict[str, Any]:
    return {
        "object": "charge",
        "charge_id": str(charge.id),
        "transaction_id": charge.external_id,
        "company": str(charge.tenant_id),
        "gateway_id": str(charge.connection_id),
        **_customer(charge),
        **_product(charge, around),
        "description": formats.text(charge.description),
        "statement_description": formats.text(charge.statement_descriptor),
        **_status(charge),
        **_amounts(charge),
        **_times(charge, around),
        **_method(charge),
        **_links(charge),
        **dict.fromkeys(MAILS, "0"),
        "email_last_sent": None,
        "audited_job": None,
        "metadata": formats.metadata(charge.metadata),
        "logs": [],
        "money_version": charge.root.money_version,
        **_twins(charge, around),
        **methods.charge_methods(charge, around.key, around.now),
    }


def _twins(charge: Charge, around: Around) -> dict[str, Any]:
    part_of, paid_through = around.twins.get(charge.id, (None, None))
    return {"part_of": _twin(part_of), "paid_through": _twin(paid_through)}


def _twin(twin: TwinFacts | None) -> dict[str, Any] | None:
    if twin is None:
        return None
    return {
        "charge_id": str(twin.charge_id),
        "transaction_id": twin.external_id,
        "gateway_id": str(twin.connection_id),
        "gateway": twin.connection_label,
        "description": formats.text(twin.description),
    }


def _customer(charge: Charge) -> dict[str, Any]:
    customer = charge.gateway_customer
    name, email = (customer.name, customer.email) if customer else ("", "")
    both = f"{name} <{email}>" if name and email else name or email
    return {
        "customer_id": customer.external_id if customer else None,
        "customer_name": formats.text(name),
        "customer_email": formats.text(email),
        "customer_email_domain": formats.email_domain(email),
        "customer_phone": formats.text(customer.phone) if customer else None,
        "customer_username": formats.text(customer.username) if customer else None,
        "customer_country": formats.text(customer.country) if customer else None,
        "name_email": formats.text(both),
        "name_send_email": formats.text(both),
    }


def _product(charge: Charge, around: Around) -> dict[str, Any]:
    subscription = around.subscriptions.get(_subscription_id(charge))
    product = subscription.product if subscription else None
    return {
        "product_id": product.external_id if product else None,
        "product_desc": formats.text(product.name) if product else None,
        "subscription_id": formats.text(charge.subscription_external_id),
    }


def _status(charge: Charge) -> dict[str, Any]:
    status = CHARGE_WORDS.get(charge.true_status, "unknown")
    return {
        "status": status,
        "status_text": str(STATUS_TEXTS[status]),
        "is_paid": charge.status in PAID,
        "failure_reason": formats.text(charge.failure_message or charge.failure_code),
    }


def _amounts(charge: Charge) -> dict[str, Any]:
    return {
        "amount": charge.amount.plain,
        "amount_refunded": charge.given_back.plain,
        "added_tax": None,
        "amount_formatted": formats.formatted(charge.amount),
        "amount_refunded_formatted": formats.formatted(charge.given_back),
        "amount_with_commas": formats.with_commas(charge.amount),
        "amount_symbol": formats.symbol(charge.currency),
        "currency": charge.currency,
    }


def _times(charge: Charge, around: Around) -> dict[str, Any]:
    refunded_at = around.refunded_at.get(charge.id)
    return {
        "occurred": formats.unix_text(charge.occurred_at),
        "occurred_formatted": formats.shown_time(charge.occurred_at, around.zone),
        "occurred_relative": formats.ago(charge.occurred_at, around.now),
        "refunded_at": formats.unix_text(refunded_at),
        "refunded_at_formatted": formats.shown_time(refunded_at, around.zone),
        "accurate_at": formats.unix_text(charge.as_of),
    }


def _method(charge: Charge) -> dict[str, Any]:
    brand = charge.method_brand.replace("_", " ").title()
    last4 = charge.method_last4
    described = f"{brand} •••• {last4}" if last4 else brand
    return {
        "payment_method": formats.text(charge.method_kind.replace("_", " ").capitalize()),
        "payment_method_brand": formats.text(brand),
        "payment_method_bank": None,
        "payment_method_describe": formats.text(described.strip()),
        "last_4_digits": formats.text(last4),
    }


def _links(charge: Charge) -> dict[str, Any]:
    return {
        "invoice_url": formats.text(charge.receipt_url),
        "invoice_download_url": None,
        "support_url": None,
        "manage_url": None,
        "support_email": None,
        "gateway_url": methods.gateway_url(charge, ObjectKind.CHARGE),
    }
