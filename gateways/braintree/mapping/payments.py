"""Sales, refunds and disputes."""

from gateways.braintree.mapping.amounts import iso_code, iso_minor
from gateways.braintree.mapping.values import (
    Obj,
    Seen,
    created,
    inner,
    known,
    many,
    marker_of,
    sale_marker_of,
    text,
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

CHARGE_STATUSES = {
    "authorizing": ChargeStatus.PENDING,
    "authorized": ChargeStatus.AUTHORIZED,
    "submitted_for_settlement": ChargeStatus.SUCCEEDED,
    "settling": ChargeStatus.SUCCEEDED,
    "settlement_pending": ChargeStatus.SUCCEEDED,
    "settlement_confirmed": ChargeStatus.SUCCEEDED,
    "settled": ChargeStatus.SUCCEEDED,
    "processor_declined": ChargeStatus.FAILED,
    "gateway_rejected": ChargeStatus.FAILED,
    "failed": ChargeStatus.FAILED,
    "settlement_declined": ChargeStatus.FAILED,
    "settlement_failed": ChargeStatus.FAILED,
    "voided": ChargeStatus.CANCELED,
    "authorization_expired": ChargeStatus.CANCELED,
}
REFUND_STATUSES = {
    "authorizing": RefundStatus.PENDING,
    "authorized": RefundStatus.PENDING,
    "submitted_for_settlement": RefundStatus.PENDING,
    "settling": RefundStatus.PENDING,
    "settlement_pending": RefundStatus.PENDING,
    "settlement_confirmed": RefundStatus.PENDING,
    "settled": RefundStatus.SUCCEEDED,
    "processor_declined": RefundStatus.FAILED,
    "gateway_rejected": RefundStatus.FAILED,
    "failed": RefundStatus.FAILED,
    "settlement_declined": RefundStatus.FAILED,
    "settlement_failed": RefundStatus.FAILED,
    "voided": RefundStatus.CANCELED,
}
DISPUTE_STATUSES = {
    "open": DisputeStatus.NEEDS_RESPONSE,
    "disputed": DisputeStatus.UNDER_REVIEW,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "expired": DisputeStatus.LOST,
    "accepted": DisputeStatus.ACCEPTED,
    "auto_accepted": DisputeStatus.ACCEPTED,
}
_HELD = frozenset({"authorizing", "authorized", "authorization_expired", "voided"})
# A lost or accepted dispute has taken the money already; only a won one frees the charge.
_HARMLESS_DISPUTES = frozenset({"won"})
_GONE = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
_METHODS = {
    "credit_card": ("card", "credit_card"),
    "apple_pay_card": ("apple_pay", "apple_pay"),
    "android_pay_card": ("google_pay", "android_pay_card"),
    "paypal_account": ("paypal", "paypal"),
    "venmo_account": ("venmo", "venmo_account"),
    "us_bank_account": ("us_bank_account", "us_bank_account"),
    "sepa_debit_account": ("sepa_debit", "sepa_debit_account_detail"),
}


def charge(obj: Obj, seen: Seen) -> ChargeSnapshot:
    """A sale, which is its own money root."""
    code, customer, billing = (
        obj["currency_iso_code"],
        inner(obj, "customer"),
        inner(obj, "billing"),
    )
    amount = iso_minor(obj["amount"], code)
    status = _standing(obj)
    refunded = refunded_minor(seen.refunds)
    is_failed = status is ChargeStatus.FAILED
    kind, instrument = _method(obj)
    email = text(customer.get("email"))
    ours = sale_marker_of(obj.get("order_id"))
    return ChargeSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=ours,
        customer_id=_customer_id(obj),
        customer_name=_name(customer) or _name(billing),
        customer_email=email,
        customer_phone=text(customer.get("phone")),
        customer_country=text(billing.get("country_code_alpha2")),
        subscription_id=text(obj.get("subscription_id")),
        status=_charge_status(obj, status, amount=amount, refunded=refunded),
        amount_minor=amount,
        captured_minor=amount if status is ChargeStatus.SUCCEEDED else 0,
        refunded_minor=refunded,
        currency=iso_code(code),
        description="" if ours else text(obj.get("order_id")),
        statement_descriptor=text(inner(obj, "descriptor").get("name")),
        method_kind=kind,
        method_brand=text(instrument.get("card_type")).lower(),
        method_last4=text(instrument.get("last_4")),
        failure_code=_failure_code(obj) if is_failed else "",
        failure_message=text(obj.get("processor_response_text")) if is_failed else "",
        capture_before=when(obj.get("authorization_expires_at"))
        if status is ChargeStatus.AUTHORIZED
        else None,
        is_disputed=bool(many(obj, "disputes")),
        is_live=seen.is_live,
        metadata=_metadata(obj),
    )


def was_held(obj: Obj) -> bool:
    """Whether a sale is, or was for some time, only authorized, so that it could be captured."""
    if obj.get("status") in _HELD:
        return True
    told = {
        text(each.get("status")): when(each.get("timestamp"))
        for each in many(obj, "status_history")
    }
    held, taken = told.get("authorized"), told.get("submitted_for_settlement")
    return held is not None and taken is not None and taken > held


def payment(obj: Obj, seen: Seen) -> PaymentSnapshot:
    """A sale that was held, as the record on which money is limited: what may be captured."""
    code = obj["currency_iso_code"]
    amount, status = iso_minor(obj["amount"], code), _standing(obj)
    is_open = status is ChargeStatus.AUTHORIZED
    return PaymentSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=sale_marker_of(obj.get("order_id")),
        customer_id=_customer_id(obj),
        status=status,
        amount_minor=amount,
        capturable_minor=amount if is_open else 0,
        received_minor=amount if status is ChargeStatus.SUCCEEDED else 0,
        currency=iso_code(code),
        latest_charge_id=obj["id"],
        capture_before=when(obj.get("authorization_expires_at")) if is_open else None,
    )


def refunded_minor(refunds: tuple[Obj, ...]) -> int:
    """What went back or is on its way; an unknown status counts as on its way."""
    return sum(
        iso_minor(each["amount"], each["currency_iso_code"])
        for each in refunds
        if REFUND_STATUSES.get(each["status"]) not in _GONE
    )


def refund(obj: Obj, seen: Seen) -> RefundSnapshot:
    """A credit that gives a sale back, or a part of it."""
    code, of = obj["currency_iso_code"], text(obj.get("refunded_transaction_id"))
    status = known(
        REFUND_STATUSES, obj["status"], field="refund.status", fallback=RefundStatus.UNKNOWN
    )
    return RefundSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=marker_of(obj.get("order_id")),
        charge_id=of,
        status=status,
        amount_minor=iso_minor(obj["amount"], code),
        currency=iso_code(code),
        failure_reason=_failure_code(obj) if status is RefundStatus.FAILED else "",
    )


def dispute(obj: Obj, seen: Seen) -> DisputeSnapshot:
    """A customer's bank asks the money back."""
    code = obj["currency_iso_code"]
    status = known(
        DISPUTE_STATUSES, obj["status"], field="dispute.status", fallback=DisputeStatus.UNKNOWN
    )
    is_question = obj.get("kind") == "retrieval" and status is DisputeStatus.NEEDS_RESPONSE
    return DisputeSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        charge_id=text(inner(obj, "transaction").get("id")),
        status=DisputeStatus.INQUIRY if is_question else status,
        amount_minor=iso_minor(obj.get("amount_disputed") or obj["amount"], code),
        currency=iso_code(code),
        reason=text(obj.get("reason")),
        respond_by=when(obj.get("reply_by_date")),
    )


def _standing(obj: Obj) -> ChargeStatus:
    return known(
        CHARGE_STATUSES, obj["status"], field="charge.status", fallback=ChargeStatus.UNKNOWN
    )


def _charge_status(obj: Obj, status: ChargeStatus, *, amount: int, refunded: int) -> ChargeStatus:
    if status is not ChargeStatus.SUCCEEDED:
        return status
    if any(each.get("status") not in _HARMLESS_DISPUTES for each in many(obj, "disputes")):
        return ChargeStatus.DISPUTED
    if refunded >= amount > 0:
        return ChargeStatus.REFUNDED
    return ChargeStatus.PARTIALLY_REFUNDED if refunded else status


def _failure_code(obj: Obj) -> str:
    rejected = text(obj.get("gateway_rejection_reason"))
    settlement = text(obj.get("processor_settlement_response_code"))
    return rejected or settlement or text(obj.get("processor_response_code")) or obj["status"]


def _method(obj: Obj) -> tuple[str, Obj]:
    word = text(obj.get("payment_instrument_type"))
    kind, field = _METHODS.get(word, (word, word))
    return kind, inner(obj, field)


def _metadata(obj: Obj) -> dict[str, str]:
    fields = {name: text(value) for name, value in inner(obj, "custom_fields").items()}
    order_id = text(obj.get("order_id"))
    return {**fields, "order_id": order_id} if order_id else fields


def _name(person: Obj) -> str:
    parts = (text(person.get("first_name")), text(person.get("last_name")))
    return " ".join(part for part in parts if part)


def _customer_id(obj: Obj) -> str:
    customer = inner(obj, "customer")
    return text(customer.get("id")) or _guest(text(customer.get("email")))


def _guest(email: str) -> str:
    return f"guest:{email.strip().lower()}" if email else ""
