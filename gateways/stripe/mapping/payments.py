"""Payment intents, charges, refunds, disputes and warnings of fraud."""

from datetime import datetime

from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    DisputeSnapshot,
    DisputeStatus,
    FraudWarningSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
)
from gateways.stripe.mapping.amounts import iso_code, iso_minor
from gateways.stripe.mapping.values import Obj, Seen, created, known, marker, ref, when

PAYMENT_STATUSES = {
    "requires_payment_method": ChargeStatus.PENDING,
    "requires_confirmation": ChargeStatus.PENDING,
    "requires_action": ChargeStatus.PENDING,
    "processing": ChargeStatus.PENDING,
    "requires_capture": ChargeStatus.AUTHORIZED,
    "succeeded": ChargeStatus.SUCCEEDED,
    "canceled": ChargeStatus.CANCELED,
}
CHARGE_STATUSES = {
    "succeeded": ChargeStatus.SUCCEEDED,
    "pending": ChargeStatus.PENDING,
    "failed": ChargeStatus.FAILED,
}
REFUND_STATUSES = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELED,
}
DISPUTE_STATUSES = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "needs_response": DisputeStatus.NEEDS_RESPONSE,
    "appeal_needs_response": DisputeStatus.NEEDS_RESPONSE,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "appeal_under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
}
_HARMLESS_DISPUTES = frozenset({"won", "warning_closed", "prevented"})


def payment(obj: Obj, seen: Seen) -> PaymentSnapshot:
    """A payment intent: the money root of its charges."""
    code = obj["currency"]
    latest = obj.get("latest_charge")
    return PaymentSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker(obj),
        customer_id=ref(obj.get("customer")),
        status=_payment_status(obj),
        amount_minor=iso_minor(obj["amount"], code),
        capturable_minor=iso_minor(obj.get("amount_capturable") or 0, code),
        received_minor=iso_minor(obj.get("amount_received") or 0, code),
        currency=iso_code(code),
        latest_charge_id=ref(latest),
        capture_before=_capture_before(latest) if isinstance(latest, dict) else None,
        metadata=obj.get("metadata") or {},
    )


def charge(obj: Obj, seen: Seen) -> ChargeSnapshot:
    """One attempt to take money."""
    code = obj["currency"]
    billing = obj.get("billing_details") or {}
    email = billing.get("email") or obj.get("receipt_email") or ""
    method = obj.get("payment_method_details") or {}
    method_kind = method.get("type") or ""
    instrument = method.get(method_kind) or {}
    fee, net, settled = _settlement(obj.get("balance_transaction"))
    return ChargeSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker(obj),
        payment_id=ref(obj.get("payment_intent")),
        customer_id=ref(obj.get("customer")) or _guest(email),
        customer_name=billing.get("name") or "",
        customer_email=email,
        customer_phone=billing.get("phone") or "",
        customer_country=(billing.get("address") or {}).get("country") or "",
        status=charge_status(obj, seen),
        amount_minor=iso_minor(obj["amount"], code),
        captured_minor=iso_minor(obj.get("amount_captured") or 0, code),
        refunded_minor=iso_minor(obj.get("amount_refunded") or 0, code),
        currency=iso_code(code),
        fee_minor=fee,
        net_minor=net,
        settled_currency=settled,
        description=obj.get("description") or "",
        statement_descriptor=obj.get("calculated_statement_descriptor")
        or obj.get("statement_descriptor")
        or "",
        method_kind=method_kind,
        method_brand=instrument.get("brand") or "",
        method_last4=instrument.get("last4") or "",
        failure_code=obj.get("failure_code") or "",
        failure_message=obj.get("failure_message") or "",
        capture_before=_capture_before(obj),
        is_disputed=bool(obj.get("disputed")),
        is_live=bool(obj.get("livemode")),
        receipt_url=obj.get("receipt_url") or "",
        metadata=obj.get("metadata") or {},
    )


def charge_status(obj: Obj, seen: Seen) -> ChargeStatus:
    """What became of a charge.

    While nobody has looked at its disputes, a disputed one counts as disputed.
    """
    if obj.get("disputed") and seen.open_dispute is not False:
        return ChargeStatus.DISPUTED
    status = known(
        CHARGE_STATUSES, obj["status"], field="charge.status", fallback=ChargeStatus.UNKNOWN
    )
    if status is not ChargeStatus.SUCCEEDED:
        return status
    if not obj["captured"]:
        return ChargeStatus.CANCELED if _is_released(obj, seen) else ChargeStatus.AUTHORIZED
    if obj["refunded"]:
        return ChargeStatus.REFUNDED
    return ChargeStatus.PARTIALLY_REFUNDED if obj["amount_refunded"] else ChargeStatus.SUCCEEDED


def looks_authorized(obj: Obj, seen: Seen) -> bool:
    """Whether only the payment intent can tell if the authorization still holds."""
    is_taken = obj.get("status") == "succeeded" and not obj.get("captured")
    return is_taken and not _is_released(obj, seen)


def _is_released(obj: Obj, seen: Seen) -> bool:
    # Since basil a canceled or expired authorization leaves no mark on its charge, except that the
    # time to capture it passes; before, it was shown as refunded.
    until = _capture_before(obj)
    return (
        seen.is_released or bool(obj.get("refunded")) or (until is not None and until < seen.as_of)
    )


def stands_against_charge(dispute_word: str) -> bool:
    """Whether a dispute with this status keeps its charge disputed; an unknown word does."""
    return dispute_word not in _HARMLESS_DISPUTES


def refund(obj: Obj, seen: Seen) -> RefundSnapshot:
    """Money on its way back."""
    code = obj["currency"]
    return RefundSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker(obj),
        charge_id=ref(obj.get("charge")),
        payment_id=ref(obj.get("payment_intent")),
        status=known(
            REFUND_STATUSES, obj["status"], field="refund.status", fallback=RefundStatus.UNKNOWN
        ),
        amount_minor=iso_minor(obj["amount"], code),
        currency=iso_code(code),
        reason=obj.get("reason") or "",
        failure_reason=obj.get("failure_reason") or "",
    )


def dispute(obj: Obj, seen: Seen) -> DisputeSnapshot:
    """A customer's bank asks the money back."""
    code = obj["currency"]
    return DisputeSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        charge_id=ref(obj.get("charge")),
        payment_id=ref(obj.get("payment_intent")),
        status=known(
            DISPUTE_STATUSES, obj["status"], field="dispute.status", fallback=DisputeStatus.UNKNOWN
        ),
        amount_minor=iso_minor(obj["amount"], code),
        currency=iso_code(code),
        reason=obj.get("reason") or "",
        respond_by=when((obj.get("evidence_details") or {}).get("due_by")),
    )


def fraud_warning(obj: Obj, seen: Seen) -> FraudWarningSnapshot:
    """An early fraud warning, which has no amount of its own: it is about its whole charge."""
    return FraudWarningSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        charge_id=ref(obj["charge"]),
        is_actionable=bool(obj["actionable"]),
        reason=obj.get("fraud_type") or "",
    )


def _payment_status(obj: Obj) -> ChargeStatus:
    if obj["status"] == "requires_payment_method" and obj.get("last_payment_error"):
        return ChargeStatus.FAILED
    return known(
        PAYMENT_STATUSES,
        obj["status"],
        field="payment_intent.status",
        fallback=ChargeStatus.UNKNOWN,
    )


def _guest(email: str) -> str:
    return f"guest:{email.strip().lower()}" if email else ""


def _settlement(transaction: object) -> tuple[int | None, int | None, str]:
    # Only an expanded balance transaction tells the fee, and in the currency of the payout, not of
    # the charge.
    if not isinstance(transaction, dict):
        return None, None, ""
    code = transaction["currency"]
    return iso_minor(transaction["fee"], code), iso_minor(transaction["net"], code), iso_code(code)


def _capture_before(charged: Obj) -> datetime | None:
    card = (charged.get("payment_method_details") or {}).get("card") or {}
    return when(card.get("capture_before"))
