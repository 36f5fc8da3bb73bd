"""Transactions as charges and refunds, and invoices as the roots that limit their money."""

from uuid import UUID

from gateways.recurly.mapping.amounts import iso_code, iso_minor
from gateways.recurly.mapping.values import Obj, Seen, created, known, marker, payment_marker, ref
from gateways.snapshots import (
    ChargeSnapshot,
    ChargeStatus,
    PaymentSnapshot,
    RefundSnapshot,
    RefundStatus,
)

CHARGE_STATUSES = {
    "success": ChargeStatus.SUCCEEDED,
    "pending": ChargeStatus.PENDING,
    "processing": ChargeStatus.PENDING,
    "scheduled": ChargeStatus.PENDING,
    "declined": ChargeStatus.FAILED,
    "error": ChargeStatus.FAILED,
    "void": ChargeStatus.CANCELED,
    "chargeback": ChargeStatus.DISPUTED,
}
REFUND_STATUSES = {
    "success": RefundStatus.SUCCEEDED,
    "pending": RefundStatus.PENDING,
    "processing": RefundStatus.PENDING,
    "scheduled": RefundStatus.PENDING,
    "declined": RefundStatus.FAILED,
    "error": RefundStatus.FAILED,
    "void": RefundStatus.CANCELED,
}
ROOT_STATUSES = {
    "open": ChargeStatus.PENDING,
    "pending": ChargeStatus.PENDING,
    "processing": ChargeStatus.PENDING,
    "past_due": ChargeStatus.FAILED,
    "paid": ChargeStatus.SUCCEEDED,
    "closed": ChargeStatus.SUCCEEDED,
    "failed": ChargeStatus.FAILED,
    "voided": ChargeStatus.CANCELED,
}
CHARGED = frozenset({"purchase", "capture"})
_METHODS = {
    "credit_card": "card",
    "iban_bank_account": "sepa_debit",
    "sepadirectdebit": "sepa_debit",
    "paypal_billing_agreement": "paypal",
    "amazon_billing_agreement": "amazon",
}
# Recurly's words for the gateways behind it, to those whose charge `gateway_reference` names. The
# contract leaves the words open; these are the known ones, and any other is no link.
_GATEWAYS = {
    "stripe": "stripe",
    "braintree": "braintree",
    "braintree_blue": "braintree",
    "paypal": "paypal",
    "paypal_business": "paypal",
    "paypal_complete": "paypal",
}
# Invoices that Recurly asks no card to pay any more.
GIVEN_UP = frozenset({"failed", "voided"})
_TOOK_NOTHING = frozenset({ChargeStatus.FAILED, ChargeStatus.CANCELED})
_GAVE_NOTHING_BACK = frozenset({"declined", "error", "void"})


def charge(obj: Obj, seen: Seen) -> ChargeSnapshot:
    """One attempt to take money; what went back is told by its refund transactions only."""
    code = obj["currency"]
    amount = iso_minor(obj["amount"], code)
    captured = amount if _is_captured(obj) else 0
    refunded = _refunded(obj, seen)
    account, billed = obj.get("account") or {}, obj.get("billing_address") or {}
    method = obj.get("payment_method") or {}
    return ChargeSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=_payment_mark(obj, seen),
        payment_id=ref(obj.get("invoice")),
        invoice_id=ref(obj.get("invoice")),
        subscription_id=next(iter(obj.get("subscription_ids") or ()), ""),
        customer_id=ref(account),
        customer_name=full_name(billed) or full_name(account),
        customer_email=account.get("email") or "",
        customer_phone=billed.get("phone") or "",
        customer_country=billed.get("country") or "",
        status=_charge_status(obj, seen, captured=captured, refunded=refunded),
        amount_minor=amount,
        captured_minor=captured,
        refunded_minor=refunded,
        currency=iso_code(code),
        description=obj.get("description") or "",
        method_kind=method_kind(method),
        method_brand=method.get("card_type") or "",
        method_last4=method.get("last_four") or method.get("last_two") or "",
        failure_code=_failure(obj, "status_code"),
        failure_message=_failure(obj, "status_message"),
        is_disputed=_is_lost(obj, seen),
        paid_through=_paid_through(obj),
        metadata=_behind(obj),
    )


def refund(obj: Obj, seen: Seen) -> RefundSnapshot:
    """Money on its way back: a refund transaction, or a charge that a refund voided unsettled."""
    is_void = obj["type"] != "refund"
    code = obj["currency"]
    return RefundSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(seen.credit if is_void else obj, seen),
        raw=seen.raw,
        marker=marker(seen.credit),
        charge_id=obj["id"] if is_void else obj.get("original_transaction_id") or "",
        payment_id=(
            ref(obj.get("invoice"))
            if is_void
            else str(seen.credit.get("previous_invoice_id") or "")
        ),
        status=RefundStatus.SUCCEEDED
        if is_void
        else known(
            REFUND_STATUSES, obj["status"], field="refund.status", fallback=RefundStatus.UNKNOWN
        ),
        amount_minor=iso_minor(obj["amount"], code),
        currency=iso_code(code),
        failure_reason=_failure(obj, "status_message"),
    )


def payment(obj: Obj, seen: Seen) -> PaymentSnapshot:
    """A charge invoice as the root on which money is limited (M10)."""
    code = obj["currency"]
    charges = [each for each in obj.get("transactions") or () if each.get("type") in CHARGED]
    newest = max(charges, key=lambda each: str(each.get("created_at")), default=None)
    return PaymentSnapshot(
        external_id=obj["id"],
        as_of=seen.as_of,
        created_at=created(obj, seen),
        raw=seen.raw,
        marker=payment_marker(obj),
        customer_id=ref(obj.get("account")),
        status=known(
            ROOT_STATUSES, obj["state"], field="payment.status", fallback=ChargeStatus.UNKNOWN
        ),
        amount_minor=iso_minor(obj["total"], code),
        capturable_minor=0,
        received_minor=sum(
            iso_minor(each["amount"], code) for each in charges if _is_captured(each)
        ),
        currency=iso_code(code),
        latest_charge_id=ref(newest),
        metadata={"number": str(obj.get("number") or "")},
    )


def is_refund(obj: Obj) -> bool:
    """Whether a transaction is money on its way back."""
    return obj.get("type") == "refund" or is_voided_by_refund(obj)


def is_voided_by_refund(obj: Obj) -> bool:
    """Whether a charge was given back whole before it had settled."""
    return obj.get("status") == "void" and bool(ref(obj.get("voided_by_invoice")))


def is_charged_back(obj: Obj) -> bool:
    """Whether the customer's bank took the money back, finally."""
    return obj.get("status") == "chargeback" or obj.get("origin") == "chargeback"


def full_name(person: Obj) -> str:
    """First and last name, else the company."""
    names = (person.get("first_name"), person.get("last_name"))
    return " ".join(each for each in names if each) or person.get("company") or ""


def method_kind(method: Obj) -> str:
    """Our word for a payment method; Recurly's own where we have none."""
    word = method.get("object") or ""
    return _METHODS.get(word, word)


def _is_lost(obj: Obj, seen: Seen) -> bool:
    # The chargeback may stand on the charge, or be a refund row of its own.
    return is_charged_back(obj) or any(is_charged_back(each) for each in seen.refunds)


def _payment_mark(obj: Obj, seen: Seen) -> UUID | None:
    """Whose charge this is; one that took nothing says so only when its invoice is given up.

    Until then the card may be asked again, and a mark on a failed charge ends its order (M16).
    """
    took_nothing = CHARGE_STATUSES.get(obj["status"]) in _TOOK_NOTHING
    if took_nothing and not is_voided_by_refund(obj) and seen.bill.get("state") not in GIVEN_UP:
        return None
    return payment_marker(seen.bill)


def _charge_status(obj: Obj, seen: Seen, *, captured: int, refunded: int) -> ChargeStatus:
    if _is_lost(obj, seen):
        return ChargeStatus.DISPUTED
    status = known(
        CHARGE_STATUSES, obj["status"], field="charge.status", fallback=ChargeStatus.UNKNOWN
    )
    if status is not ChargeStatus.SUCCEEDED:
        return status
    if obj["type"] == "authorization":
        return ChargeStatus.AUTHORIZED
    if refunded >= captured > 0:
        return ChargeStatus.REFUNDED
    return ChargeStatus.PARTIALLY_REFUNDED if refunded else ChargeStatus.SUCCEEDED


def _is_captured(obj: Obj) -> bool:
    if obj.get("type") not in CHARGED:
        return False
    return obj.get("status") in {"success", "chargeback"} or is_voided_by_refund(obj)


def _refunded(obj: Obj, seen: Seen) -> int:
    """`refunded` is true for a part as well as for all of it, so the rows are added up."""
    if is_voided_by_refund(obj):
        return iso_minor(obj["amount"], obj["currency"])
    return sum(
        iso_minor(each["amount"], each["currency"])
        for each in seen.refunds
        if each.get("status") not in _GAVE_NOTHING_BACK
    )


def _failure(obj: Obj, field: str) -> str:
    # A success has a code and a sentence as well.
    return str(obj.get(field) or "") if obj["status"] in {"declined", "error"} else ""


def _paid_through(obj: Obj) -> str:
    """The charge at the gateway behind Recurly (reference B8)."""
    gateway = _GATEWAYS.get(str((obj.get("payment_gateway") or {}).get("type") or ""), "")
    reference = str(obj.get("gateway_reference") or "")
    return f"{gateway}:{reference}" if gateway and reference else ""


def _behind(obj: Obj) -> dict[str, str]:
    """What names the same payment at the gateway behind Recurly."""
    gateway = obj.get("payment_gateway") or {}
    told = {
        "uuid": obj.get("uuid"),
        "origin": obj.get("origin"),
        "gateway_reference": obj.get("gateway_reference"),
        "payment_gateway": gateway.get("type"),
    }
    return {name: str(value) for name, value in told.items() if value}
