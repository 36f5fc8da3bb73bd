"""A charge's record as charge, money root and refunds."""

from chargedesk.kit.money import Money
from gateways.custom.mapping.records import (
    OTHERS,
    UNTOLD,
    Record,
    Seen,
    counts_as_gone,
    listed,
    marker_in,
    moment,
    money,
    text,
    texts,
)
from gateways.errors import PayloadError
from gateways.snapshots import (
    AnySnapshot,
    ChargeSnapshot,
    ChargeStatus,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
)
from gateways.unknown import note_unknown

# v1's words (reference/chargedesk-api.md section 7).
STATUSES = {
    "pending": ChargeStatus.PENDING,
    "invoiced": ChargeStatus.PENDING,
    "unpaid": ChargeStatus.PENDING,
    "past due": ChargeStatus.PENDING,
    "subscription pending": ChargeStatus.PENDING,
    "trial": ChargeStatus.PENDING,
    "open": ChargeStatus.PENDING,
    "draft": ChargeStatus.PENDING,
    "unclaimed": ChargeStatus.PENDING,
    "authorized": ChargeStatus.AUTHORIZED,
    "paid": ChargeStatus.SUCCEEDED,
    "credit": ChargeStatus.SUCCEEDED,
    "partially refunded": ChargeStatus.SUCCEEDED,
    "refunded": ChargeStatus.SUCCEEDED,
    "disputed": ChargeStatus.DISPUTED,
    "failed": ChargeStatus.FAILED,
    "uncollectible": ChargeStatus.FAILED,
    "void": ChargeStatus.CANCELED,
    "invoice canceled": ChargeStatus.CANCELED,
}
REFUND_STATUSES = {
    "succeeded": RefundStatus.SUCCEEDED,
    "pending": RefundStatus.PENDING,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELED,
}
# Money was taken.
_TAKEN = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.DISPUTED})


def pictures(seen: Seen) -> tuple[AnySnapshot, ...]:
    """Charge, money root, refunds. Total and refunds always agree (M11)."""
    record = seen.record
    external_id = text(record, "transaction_id")
    if not external_id:
        raise PayloadError("A charge needs a transaction_id.", parameter="transaction_id")
    if not record.get("currency"):
        raise PayloadError("A charge needs a currency.", parameter="currency")
    refunds = _refunds(seen, external_id)
    charge = _charge(seen, external_id, sum(_gone(each) for each in refunds))
    return (charge, _root(charge), *refunds)


def _charge(seen: Seen, external_id: str, refunded: int) -> ChargeSnapshot:
    record = seen.record
    amount = money(record, "amount", str(record["currency"]))
    status = _status(record)
    captured = _captured(record, amount, status)
    if refunded > max(captured, amount.minor):
        raise PayloadError("More is refunded than was taken.", parameter="amount_refunded")
    email = text(record, "customer_email", most=254)
    return ChargeSnapshot(
        external_id=external_id,
        as_of=seen.as_of,
        created_at=moment(record, "occurred") or seen.as_of,
        raw=seen.raw,
        marker=marker_in(text(record, "idempotency_key")),
        payment_id=external_id,
        customer_id=text(record, "customer_id") or (f"guest:{email.lower()}" if email else ""),
        customer_name=text(record, "customer_name"),
        customer_email=email,
        customer_phone=text(record, "customer_phone"),
        customer_country=text(record, "customer_country", most=2).upper(),
        subscription_id=text(record, "subscription_id"),
        status=_shown_status(status, refunded, captured),
        amount_minor=amount.minor,
        captured_minor=captured,
        refunded_minor=refunded,
        currency=amount.currency.code,
        description=text(record, "description", most=1000),
        method_kind=text(record, "payment_method").lower(),
        method_brand=text(record, "payment_method_brand").lower(),
        method_last4=text(record, "last_4_digits", most=4),
        failure_message=text(record, "failure_reason"),
        is_disputed=status is ChargeStatus.DISPUTED,
        is_live=True,
        metadata=texts(record, "metadata"),
    )


def _root(charge: ChargeSnapshot) -> PaymentSnapshot:
    is_held = charge.status is ChargeStatus.AUTHORIZED
    return PaymentSnapshot(
        external_id=charge.external_id,
        as_of=charge.as_of,
        created_at=charge.created_at,
        raw=charge.raw,
        marker=charge.marker,
        customer_id=charge.customer_id,
        status=charge.status,
        amount_minor=charge.amount_minor,
        capturable_minor=charge.amount_minor if is_held else 0,
        received_minor=charge.captured_minor,
        currency=charge.currency,
        latest_charge_id=charge.external_id,
    )


def _refunds(seen: Seen, charge_id: str) -> list[RefundSnapshot]:
    told = [_refund(seen, charge_id, each) for each in listed(seen.record)]
    others = _others(seen.record)
    earlier = _others(seen.before) if seen.before.get("currency") else 0
    if others or earlier:
        told.append(_other_refunds(seen, charge_id, others, earlier))
    return told


def _refund(seen: Seen, charge_id: str, refund: Record) -> RefundSnapshot:
    code, key = str(seen.record["currency"]), text(refund, "idempotency_key")
    name = text(refund, "refund_id") or key
    if not name:
        raise PayloadError("A refund needs a refund_id.", parameter="refunds")
    amount = money(refund, "amount", code)
    return RefundSnapshot(
        external_id=name,
        as_of=seen.as_of,
        created_at=moment(refund, "occurred") or seen.as_of,
        raw=seen.raw,
        marker=marker_in(key),
        charge_id=charge_id,
        payment_id=charge_id,
        status=_refund_status(text(refund, "status") or "succeeded"),
        amount_minor=amount.minor,
        currency=amount.currency.code,
        reason=text(refund, "reason", most=60),
        failure_reason=text(refund, "failure_reason", most=120),
    )


def _other_refunds(seen: Seen, charge_id: str, minor: int, earlier: int) -> RefundSnapshot:
    """What was refunded besides the refunds we know one by one, as one row; 0 takes it back."""
    return RefundSnapshot(
        external_id=f"{charge_id}:{OTHERS}",
        as_of=seen.as_of,
        created_at=moment(seen.record, "refunded_at") or seen.as_of,
        raw=seen.raw,
        charge_id=charge_id,
        payment_id=charge_id,
        status=RefundStatus.SUCCEEDED if minor else RefundStatus.CANCELED,
        amount_minor=minor or earlier,
        currency=str(seen.record["currency"]).upper(),
    )


def _others(record: Record) -> int:
    """The told total less the refunds we know one by one."""
    code = str(record["currency"])
    known = sum(
        money(each, "amount", code).minor for each in listed(record) if counts_as_gone(each)
    )
    return max(0, _total(record, code) - known)


def _total(record: Record, code: str) -> int:
    if record.get("amount_refunded") not in (None, ""):
        return money(record, "amount_refunded", code).minor
    if text(record, "status") == "refunded" and record.get("amount"):
        return money(record, "amount", code).minor
    return 0


def _status(record: Record) -> ChargeStatus:
    word = text(record, "status") or "paid"
    if word not in {*STATUSES, UNTOLD}:
        note_unknown("custom", "charge.status", word)
    return STATUSES.get(word, ChargeStatus.UNKNOWN)


def _refund_status(word: str) -> RefundStatus:
    if word not in REFUND_STATUSES:
        note_unknown("custom", "refund.status", word)
    return REFUND_STATUSES.get(word, RefundStatus.UNKNOWN)


def _captured(record: Record, amount: Money, status: ChargeStatus) -> int:
    if status not in _TAKEN:
        return 0
    if record.get("amount_captured") in (None, ""):
        return amount.minor
    return money(record, "amount_captured", amount.currency.code).minor


def _shown_status(status: ChargeStatus, refunded: int, captured: int) -> ChargeStatus:
    if status is not ChargeStatus.SUCCEEDED or not refunded:
        return status
    is_all = refunded >= captured
    return ChargeStatus.REFUNDED if is_all else ChargeStatus.PARTIALLY_REFUNDED


def _gone(refund: RefundSnapshot) -> int:
    is_gone = refund.status not in {RefundStatus.FAILED, RefundStatus.CANCELED}
    return refund.amount_minor if is_gone else 0
