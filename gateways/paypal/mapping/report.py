"""Rows of the transaction report: one movement each, with who paid."""

from typing import Any

from gateways.paypal.mapping.amounts import money_in
from gateways.paypal.mapping.payments import Beside, payer_fields, standing
from gateways.paypal.mapping.values import Obj, Seen, full_name, known, marker, time_of
from gateways.snapshots import ChargeSnapshot, ChargeStatus, RefundSnapshot, RefundStatus

CHARGE_STATUSES = {
    "S": ChargeStatus.SUCCEEDED,
    "P": ChargeStatus.PENDING,
    "D": ChargeStatus.FAILED,
    "V": ChargeStatus.REFUNDED,
}
REFUND_STATUSES = {
    "S": RefundStatus.SUCCEEDED,
    "P": RefundStatus.PENDING,
    "D": RefundStatus.FAILED,
    "V": RefundStatus.CANCELED,
}
PAYMENTS, AUTHORIZATION, REFUND = "T00", "T1300", "T1107"


def is_payment(info: Obj) -> bool:
    """Whether the row is money that came in: payments that go out have the same codes."""
    is_in = money_in(info["transaction_amount"]).minor > 0
    return str(info["transaction_event_code"]).startswith(PAYMENTS) and is_in


def charge(row: Obj, seen: Seen, beside: Beside) -> ChargeSnapshot:
    """A payment that came in."""
    info = row["transaction_info"]
    amount = money_in(info["transaction_amount"])
    status = known(
        CHARGE_STATUSES,
        info["transaction_status"],
        field="report.transaction_status",
        fallback=ChargeStatus.UNKNOWN,
    )
    fee = money_in(info["fee_amount"]) if info.get("fee_amount") else None
    is_same = fee is not None and fee.currency == amount.currency
    return ChargeSnapshot(
        external_id=info["transaction_id"],
        as_of=seen.as_of,
        created_at=time_of(info["transaction_initiation_date"]),
        raw=seen.raw,
        **payer_fields(payer_of(row)),
        **standing(status, amount.minor, beside),
        currency=amount.currency.code,
        fee_minor=abs(fee.minor) if fee else None,
        net_minor=amount.minor - abs(fee.minor) if fee and is_same else None,
        settled_currency=fee.currency.code if fee else "",
        description=info.get("transaction_subject") or info.get("transaction_note") or "",
        subscription_id=subscription_of(info),
        invoice_id=(row.get("cart_info") or {}).get("paypal_invoice_id") or "",
        method_kind="paypal",
        is_live=beside.is_live,
        metadata=_named(info),
    )


def refund(row: Obj, seen: Seen) -> RefundSnapshot:
    """A refund by the merchant; it names what it gives back."""
    info = row["transaction_info"]
    amount = money_in(info["transaction_amount"])
    return RefundSnapshot(
        external_id=info["transaction_id"],
        as_of=seen.as_of,
        created_at=time_of(info["transaction_initiation_date"]),
        raw=seen.raw,
        marker=marker(info.get("custom_field")),
        charge_id=info.get("paypal_reference_id") or "",
        status=known(
            REFUND_STATUSES,
            info["transaction_status"],
            field="report.refund_status",
            fallback=RefundStatus.UNKNOWN,
        ),
        amount_minor=abs(amount.minor),
        currency=amount.currency.code,
        reason=info.get("transaction_note") or "",
    )


def payer_of(row: Obj) -> dict[str, Any]:
    """Who paid, in the form of an order's payer."""
    payer = row.get("payer_info") or {}
    return {
        "payer_id": payer.get("account_id") or row["transaction_info"].get("paypal_account_id"),
        "email_address": payer.get("email_address") or "",
        "name": {"full_name": full_name(payer.get("payer_name"))},
        "address": {"country_code": payer.get("country_code") or ""},
    }


def subscription_of(info: Obj) -> str:
    """The subscription that a row belongs to; empty if to none."""
    found = str(info.get("paypal_reference_id") or "")
    if info.get("paypal_reference_id_type") != "SUB" or not found:
        return ""
    # The document has no hyphen in reference ids; subscriptions are known by one.
    return found if found.startswith("I-") else f"I-{found.removeprefix('I')}"


def _named(info: Obj) -> dict[str, str]:
    fields = (("custom_id", "custom_field"), ("invoice_id", "invoice_id"))
    return {ours: str(info[theirs]) for ours, theirs in fields if info.get(theirs)}
