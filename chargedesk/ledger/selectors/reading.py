"""Turns the JSON rows a selector's statement returns into facts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from chargedesk.kit.money import Money
from chargedesk.ledger.selectors.facts import (
    ChargeFacts,
    DisputeFacts,
    FraudWarningFacts,
    InvoiceFacts,
    RefundFacts,
    RootFacts,
    SubscriptionFacts,
    TwinFacts,
)
from gateways.snapshots import OPEN_DISPUTES

Json = Mapping[str, Any]


def time_or_none(text: str | None) -> datetime | None:
    """An aware time, if there is one."""
    return datetime.fromisoformat(text) if text else None


def id_or_none(text: str | None) -> UUID | None:
    """An id, if there is one."""
    return UUID(text) if text else None


def charge_from(row: Json) -> ChargeFacts:
    """A charge with its root, refunds, disputes, warnings of fraud and invoice."""
    currency = row["currency"]
    return ChargeFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        connection_id=UUID(row["connection_id"]),
        gateway_customer_id=id_or_none(row["gateway_customer_id"]),
        customer_id=id_or_none(row["customer_id"]),
        created_at=datetime.fromisoformat(row["occurred_at"]),
        as_of=datetime.fromisoformat(row["as_of"]),
        status=row["status"],
        amount=Money.of(row["amount_minor"], currency),
        captured=Money.of(row["captured_minor"], currency),
        refunded=Money.of(row["refunded_minor"], currency),
        fee=_settled(row, "fee_minor"),
        net=_settled(row, "net_minor"),
        description=row["description"],
        statement_descriptor=row["statement_descriptor"],
        method_kind=row["method_kind"],
        method_brand=row["method_brand"],
        method_last4=row["method_last4"],
        failure_code=row["failure_code"],
        failure_message=row["failure_message"],
        is_disputed=row["is_disputed"],
        is_live=row["is_live"],
        receipt_url=row["receipt_url"],
        metadata=row["metadata"],
        root=root_from(row["root"]),
        refunds=tuple(refund_from(refund) for refund in row["refunds"] or ()),
        disputes=tuple(_dispute_from(dispute) for dispute in row["disputes"] or ()),
        fraud_warnings=tuple(_warning_from(each) for each in row["fraud_warnings"] or ()),
        invoice=invoice_from(row["invoice"]) if row["invoice"] else None,
        inside_refunded=Money.of(row["inside_refunded_minor"], currency),
        part_of=twin_from(row["part_of"]),
        paid_through=twin_from(row["paid_through_charge"]),
    )


def twin_from(row: Json | None) -> TwinFacts | None:
    """The other record of a purchase known twice, if there is one."""
    if row is None:
        return None
    return TwinFacts(
        charge_id=UUID(row["charge_id"]),
        external_id=row["external_id"],
        description=row["description"],
        connection_id=UUID(row["connection_id"]),
        connection_label=row["connection_label"],
    )


def _settled(row: Json, name: str) -> Money | None:
    if row[name] is None:
        return None
    return Money.of(row[name], row["settled_currency"] or row["currency"])


def root_from(row: Json) -> RootFacts:
    """A money root; the inner records' figures are in `inner_*`."""
    currency = row["currency"]
    captured = row["captured_minor"] or row["inner_captured"] or 0
    refunded = max(row["refunds_minor"], row["provider_refunded_minor"], row["inner_refunded"] or 0)
    held = row["held_minor"] + (row["inner_held"] or 0)
    return RootFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        status=row["status"],
        captured=Money.of(captured, currency),
        refunded=Money.of(refunded, currency),
        held=Money.of(held, currency),
        available=Money.of(max(0, captured - refunded - held), currency),
        capturable=Money.of(row["capturable_minor"], currency),
        capture_before=time_or_none(row["capture_before"]),
        money_version=row["money_version"],
        is_agreed=row["refunds_minor"] == row["provider_refunded_minor"],
    )


def refund_from(row: Json) -> RefundFacts:
    """A refund."""
    return RefundFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        status=row["status"],
        amount=Money.of(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        failure_reason=row["failure_reason"],
        created_at=datetime.fromisoformat(row["occurred_at"]),
        arrives_by=time_or_none(row["arrives_by"]),
        intent_id=id_or_none(row["intent_id"]),
    )


def _dispute_from(row: Json) -> DisputeFacts:
    return DisputeFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        status=row["status"],
        is_open=row["status"] in OPEN_DISPUTES,
        amount=Money.of(row["amount_minor"], row["currency"]),
        reason=row["reason"],
        created_at=datetime.fromisoformat(row["occurred_at"]),
        respond_by=time_or_none(row["respond_by"]),
    )


def _warning_from(row: Json) -> FraudWarningFacts:
    return FraudWarningFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        is_actionable=row["is_actionable"],
        reason=row["reason"],
        created_at=datetime.fromisoformat(row["occurred_at"]),
    )


def invoice_from(row: Json) -> InvoiceFacts:
    """A gateway invoice."""
    currency = row["currency"]
    return InvoiceFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        connection_id=UUID(row["connection_id"]),
        number=row["number"],
        status=row["status"],
        total=Money.of(row["total_minor"], currency),
        due=Money.of(row["due_minor"], currency),
        paid=Money.of(row["paid_minor"], currency),
        due_at=time_or_none(row["due_at"]),
        created_at=datetime.fromisoformat(row["occurred_at"]),
        billing_reason=row["billing_reason"],
        hosted_url=row["hosted_url"],
        pdf_url=row["pdf_url"],
        subscription_id=id_or_none(row["subscription_id"]),
        lines=tuple(row["lines"]),
    )


def subscription_from(row: Json) -> SubscriptionFacts:
    """A subscription with its product's name."""
    amount, items = row["amount_minor"], row["items"]
    return SubscriptionFacts(
        id=UUID(row["id"]),
        external_id=row["external_id"],
        connection_id=UUID(row["connection_id"]),
        status=row["status"],
        product_name=row["product_name"] or (items[0].get("name") or "" if items else ""),
        amount=None if amount is None else Money.of(amount, row["currency"]),
        currency=row["currency"],
        interval=row["interval"],
        interval_count=row["interval_count"],
        items=tuple(items),
        created_at=datetime.fromisoformat(row["occurred_at"]),
        period_start=time_or_none(row["period_start"]),
        period_end=time_or_none(row["period_end"]),
        trial_end=time_or_none(row["trial_end"]),
        cancel_at=time_or_none(row["cancel_at"]),
        cancels_at_period_end=row["cancels_at_period_end"],
        canceled_at=time_or_none(row["canceled_at"]),
        ended_at=time_or_none(row["ended_at"]),
        has_coupon=bool(row["discounts"]),
        is_paused=bool(row["pause"]),
    )
