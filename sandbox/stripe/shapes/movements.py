"""Refunds and movements on the balance."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.shapes.payments import DAY
from sandbox.wire import Json


@dataclass(frozen=True)
class Booking:
    """A movement on the balance, in the account's own currency."""

    kind: str
    amount: int
    fee: int
    currency: str
    source: str
    description: str | None = None
    rate: float | None = None


def balance_transaction(object_id: str, created: int, entry: Booking) -> Json:
    """Write a balance transaction."""
    details: list[dict[str, Any]] = []
    if entry.fee:
        details.append(
            {
                "amount": entry.fee,
                "application": None,
                "currency": entry.currency,
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        )
    return {
        "id": object_id,
        "object": "balance_transaction",
        "amount": entry.amount,
        "available_on": created + 2 * DAY,
        "balance_type": "payments",
        "created": created,
        "currency": entry.currency,
        "description": entry.description,
        "exchange_rate": entry.rate,
        "fee": entry.fee,
        "fee_details": details,
        "net": entry.amount - entry.fee,
        "reporting_category": entry.kind,
        "source": entry.source,
        "status": "available",
        "type": entry.kind,
    }


@dataclass(frozen=True)
class Reversal:
    """A refund about to be written."""

    amount: int
    created: int
    status: str = "succeeded"
    reason: str | None = None
    pending_reason: str | None = None
    metadata: Json = field(default_factory=dict)


def refund(object_id: str, of: Json, back: Reversal) -> Json:
    """Write a refund of a charge."""
    kind = of["payment_method_details"]["type"] if of["payment_method_details"] else "card"
    details: Json = {"type": kind}
    if kind == "card":
        details["card"] = {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
    body: Json = {
        "id": object_id,
        "object": "refund",
        "amount": back.amount,
        "balance_transaction": None,
        "charge": of["id"],
        "created": back.created,
        "currency": of["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": details,
        "metadata": back.metadata,
        "payment_intent": of["payment_intent"],
        "payment_method": None,
        "reason": back.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": back.status,
        "transfer_reversal": None,
    }
    if back.pending_reason:
        body["pending_reason"] = back.pending_reason
    return body
