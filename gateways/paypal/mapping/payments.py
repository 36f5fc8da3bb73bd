"""Captures, authorizations, refunds and disputes."""

from dataclasses import dataclass, field
from typing import Any

from gateways.paypal.mapping.amounts import money_in, money_of
from gateways.paypal.mapping.values import (
    Obj,
    Seen,
    created,
    full_name,
    known,
    marker,
    time_of,
    up_id,
    when,
)
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
)

CAPTURE_STATUSES = {
    "COMPLETED": ChargeStatus.SUCCEEDED,
    "PENDING": ChargeStatus.PENDING,
    "DECLINED": ChargeStatus.FAILED,
    "FAILED": ChargeStatus.FAILED,
    "PARTIALLY_REFUNDED": ChargeStatus.PARTIALLY_REFUNDED,
    "REFUNDED": ChargeStatus.REFUNDED,
}
SALE_STATUSES = {
    "completed": ChargeStatus.SUCCEEDED,
    "pending": ChargeStatus.PENDING,
    "denied": ChargeStatus.FAILED,
    "partially_refunded": ChargeStatus.PARTIALLY_REFUNDED,
    "refunded": ChargeStatus.REFUNDED,
}
# What was captured of an authorization are charges of their own: of the hold itself nothing is
# left.
AUTHORIZATION_STATUSES = {
    "CREATED": ChargeStatus.AUTHORIZED,
    "PENDING": ChargeStatus.PENDING,
    "PARTIALLY_CAPTURED": ChargeStatus.AUTHORIZED,
    "CAPTURED": ChargeStatus.CANCELED,
    "DENIED": ChargeStatus.FAILED,
    "VOIDED": ChargeStatus.CANCELED,
}
REFUND_STATUSES = {
    "PENDING": RefundStatus.PENDING,
    "COMPLETED": RefundStatus.SUCCEEDED,
    "FAILED": RefundStatus.FAILED,
    "CANCELLED": RefundStatus.CANCELED,
}
DISPUTE_STATUSES = {
    "OPEN": DisputeStatus.NEEDS_RESPONSE,
    "WAITING_FOR_SELLER_RESPONSE": DisputeStatus.NEEDS_RESPONSE,
    "UNDER_REVIEW": DisputeStatus.UNDER_REVIEW,
    "WAITING_FOR_BUYER_RESPONSE": DisputeStatus.UNDER_REVIEW,
}
DISPUTE_OUTCOMES = {
    "RESOLVED_SELLER_FAVOUR": DisputeStatus.WON,
    "DENIED": DisputeStatus.WON,
    "CANCELED_BY_BUYER": DisputeStatus.WON,
    "RESOLVED_BUYER_FAVOUR": DisputeStatus.LOST,
    "RESOLVED_WITH_PAYOUT": DisputeStatus.LOST,
    "ACCEPTED": DisputeStatus.ACCEPTED,
    "NONE": DisputeStatus.CLOSED,
}
GUEST = "guest:"
TAKEN = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.PARTIALLY_REFUNDED, ChargeStatus.REFUNDED})
# A capture of these took nothing: what it asked for is still held.
UNTAKEN = frozenset({"DECLINED", "FAILED"})
GONE = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What only other objects tell about a charge.

    Attributes:
        payer: in the form of an order's payer.
        refunded_minor: what went back or is on its way; for an authorization, what was captured.
        is_disputed: one of its disputes is open.
    """

    payer: Obj = field(default_factory=dict)
    refunded_minor: int = 0
    is_disputed: bool = False
    description: str = ""
    subscription_id: str = ""
    invoice_id: str = ""
    is_live: bool = False


def capture(obj: Obj, seen: Seen, beside: Beside) -> ChargeSnapshot:
    """A capture: its own money root."""
    amount = money_in(obj["amount"])
    status = known(
        CAPTURE_STATUSES,
        obj["status"],
        field="capture.status",
        fallback=ChargeStatus.UNKNOWN,
    )
    breakdown = obj.get("seller_receivable_breakdown") or {}
    fee, net = breakdown.get("paypal_fee"), breakdown.get("net_amount")
    reason = str((obj.get("status_details") or {}).get("reason") or "")
    return ChargeSnapshot(
        **_charge(obj, seen, beside),
        **standing(status, amount.minor, beside),
        currency=amount.currency.code,
        fee_minor=money_in(fee).minor if fee else None,
        net_minor=money_in(net).minor if net else None,
        settled_currency=money_in(net).currency.code if net else "",
        failure_code=reason if status in {ChargeStatus.FAILED, ChargeStatus.PENDING} else "",
    )


def sale(obj: Obj, seen: Seen, beside: Beside) -> ChargeSnapshot:
    """What older subscriptions are paid with: a capture of payments v1."""
    amount = money_of(obj["amount"]["total"], obj["amount"]["currency"])
    status = known(SALE_STATUSES, obj["state"], field="sale.state", fallback=ChargeStatus.UNKNOWN)
    fee = obj.get("transaction_fee") or {}
    return ChargeSnapshot(
        **_charge(obj, seen, beside),
        **standing(status, amount.minor, beside),
        currency=amount.currency.code,
        fee_minor=money_of(fee["value"], fee["currency"]).minor if fee else None,
    )


def authorization(obj: Obj, seen: Seen, beside: Beside) -> ChargeSnapshot:
    """Money held and not taken yet."""
    amount = money_in(obj["amount"])
    status = _authorization_status(obj)
    return ChargeSnapshot(
        **_charge(obj, seen, beside),
        status=status,
        amount_minor=amount.minor,
        captured_minor=0,
        refunded_minor=0,
        currency=amount.currency.code,
        capture_before=when(obj.get("expiration_time")),
    )


def payment(obj: Obj, seen: Seen, beside: Beside) -> PaymentSnapshot:
    """The same authorization as the money root that says how much can be captured."""
    amount = money_in(obj["amount"])
    status = _authorization_status(obj)
    is_held = status is ChargeStatus.AUTHORIZED
    return PaymentSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        customer_id=customer_of(beside.payer),
        status=status,
        amount_minor=amount.minor,
        capturable_minor=max(0, amount.minor - beside.refunded_minor) if is_held else 0,
        received_minor=0,
        currency=amount.currency.code,
        latest_charge_id=obj["id"],
        capture_before=when(obj.get("expiration_time")),
    )


def refund(obj: Obj, seen: Seen, *, charge_id: str = "") -> RefundSnapshot:
    """Money on its way back."""
    amount = money_in(obj["amount"])
    status = known(
        REFUND_STATUSES, obj["status"], field="refund.status", fallback=RefundStatus.UNKNOWN
    )
    reason = str((obj.get("status_details") or {}).get("reason") or "")
    return RefundSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker(obj.get("custom_id")),
        charge_id=charge_id or up_id(obj, "captures"),
        status=status,
        amount_minor=amount.minor,
        currency=amount.currency.code,
        reason=obj.get("note_to_payer") or "",
        failure_reason=reason if status in GONE else "",
    )


def dispute(obj: Obj, seen: Seen) -> DisputeSnapshot:
    """A buyer, or a bank, asks the money back."""
    amount = money_in(obj["dispute_amount"])
    about = (obj.get("disputed_transactions") or [{}])[0]
    return DisputeSnapshot(
        external_id=obj["dispute_id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        charge_id=about.get("seller_transaction_id") or "",
        status=dispute_status(obj),
        amount_minor=amount.minor,
        currency=amount.currency.code,
        reason=(obj.get("reason") or "").lower(),
        respond_by=when(obj.get("seller_response_due_date")),
    )


def dispute_status(obj: Obj) -> DisputeStatus:
    """By outcome once it is resolved, by stage and status before."""
    if obj["status"] == "RESOLVED":
        outcome = (obj.get("dispute_outcome") or {}).get("outcome_code") or "NONE"
        return known(
            DISPUTE_OUTCOMES, outcome, field="dispute.outcome", fallback=DisputeStatus.UNKNOWN
        )
    found = known(
        DISPUTE_STATUSES, obj["status"], field="dispute.status", fallback=DisputeStatus.UNKNOWN
    )
    is_inquiry = obj.get("dispute_life_cycle_stage") == "INQUIRY"
    return DisputeStatus.INQUIRY if is_inquiry and found in DISPUTE_STATUSES.values() else found


def standing(status: ChargeStatus, amount: int, beside: Beside) -> dict[str, Any]:
    """Status and amounts of a charge, given what went back and whether it is disputed."""
    is_taken = status in TAKEN
    refunded = amount if status is ChargeStatus.REFUNDED else min(beside.refunded_minor, amount)
    if is_taken and refunded:
        status = ChargeStatus.REFUNDED if refunded == amount else ChargeStatus.PARTIALLY_REFUNDED
    return {
        "status": ChargeStatus.DISPUTED if is_taken and beside.is_disputed else status,
        "amount_minor": amount,
        "captured_minor": amount if is_taken else 0,
        "refunded_minor": refunded if is_taken else 0,
        "is_disputed": beside.is_disputed,
    }


def customer_of(payer: Obj) -> str:
    """The payer's account id; a guest is known by e-mail."""
    email = payer.get("email_address")
    return str(payer.get("payer_id") or (f"{GUEST}{email}" if email else ""))


def payer_fields(payer: Obj) -> dict[str, Any]:
    """Who paid, as a charge says it."""
    phone = ((payer.get("phone") or {}).get("phone_number") or {}).get("national_number")
    return {
        "customer_id": customer_of(payer),
        "customer_name": full_name(payer.get("name")),
        "customer_email": payer.get("email_address") or "",
        "customer_phone": phone or "",
        "customer_country": (payer.get("address") or {}).get("country_code") or "",
    }


def _authorization_status(obj: Obj) -> ChargeStatus:
    return known(
        AUTHORIZATION_STATUSES,
        obj["status"],
        field="authorization.status",
        fallback=ChargeStatus.UNKNOWN,
    )


def _charge(obj: Obj, seen: Seen, beside: Beside) -> dict[str, Any]:
    named = {name: str(obj[name]) for name in ("custom_id", "invoice_id") if obj.get(name)}
    return {
        "external_id": obj["id"],
        "as_of": seen.as_of,
        "created_at": time_of(obj["create_time"]) if obj.get("create_time") else seen.as_of,
        "raw": seen.raw,
        **payer_fields(beside.payer),
        "description": beside.description,
        "subscription_id": beside.subscription_id or obj.get("billing_agreement_id") or "",
        "invoice_id": beside.invoice_id,
        "method_kind": "paypal",
        "is_live": beside.is_live,
        "metadata": named,
    }
