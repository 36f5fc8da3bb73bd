"""Charges and payment intents."""

from dataclasses import dataclass, field

from sandbox.stripe.shapes.people import Method, billing_details, card_checks
from sandbox.wire import Json

DAY = 24 * 3600
AUTHORIZATION_LIFE = 7 * DAY


@dataclass(frozen=True)
class Payment:
    """A charge about to be written; amounts as Stripe writes them."""

    amount: int
    currency: str
    created: int
    method: Method
    outcome: str = "succeeded"
    description: str | None = None
    descriptor: str = "AURORA LABS"
    failure: tuple[str, str, str] | None = None
    metadata: Json = field(default_factory=dict)


def charge(
    object_id: str,
    intent_id: str | None,
    pay: Payment,
    who: Json | None,
    *,
    livemode: bool,
) -> Json:
    """Write a charge; `outcome` is succeeded, uncaptured, pending or failed."""
    failed, captured = pay.outcome == "failed", pay.outcome in {"succeeded", "pending"}
    succeeded = pay.outcome in {"succeeded", "uncaptured"}
    code = pay.failure[0] if pay.failure else None
    return {
        "id": object_id,
        "object": "charge",
        "amount": pay.amount,
        "amount_captured": pay.amount if pay.outcome == "succeeded" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "authorization_code": None,
        "balance_transaction": None,
        "billing_details": billing_details(who),
        "calculated_statement_descriptor": pay.descriptor,
        "captured": captured,
        "created": pay.created,
        "currency": pay.currency,
        "customer": who["id"] if who else None,
        "description": pay.description,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": code,
        "failure_message": pay.failure[2] if pay.failure else None,
        "fraud_details": {},
        "livemode": livemode,
        "metadata": pay.metadata,
        "on_behalf_of": None,
        "outcome": outcome(pay),
        "paid": succeeded,
        "payment_intent": intent_id,
        "payment_method": pay.method.id,
        "payment_method_details": method_details(pay),
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None if failed else f"https://pay.example.com/receipts/{object_id}",
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if succeeded else pay.outcome,
        "transfer_data": None,
        "transfer_group": None,
    }


def outcome(pay: Payment) -> Json:
    """Write what the networks said about a payment."""
    declined = pay.failure[1] if pay.failure else None
    message = "The bank did not return any further details with this decline."
    return {
        "advice_code": "try_again_later" if declined == "insufficient_funds" else None,
        "network_advice_code": None,
        "network_decline_code": "51" if declined else None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": declined,
        "risk_level": "normal",
        "seller_message": message if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def method_details(pay: Payment) -> Json:
    """Write how a charge was paid."""
    method = pay.method
    if method.brand is None:
        return {
            "sepa_debit": {
                "bank_code": "37040044",
                "branch_code": "",
                "country": method.country,
                "expected_debit_date": None,
                "fingerprint": method.fingerprint,
                "last4": method.last4,
                "mandate": "mandate_1SANDBOX000000000000001",
            },
            "type": "sepa_debit",
        }
    card: Json = {
        "amount_authorized": None if pay.outcome == "failed" else pay.amount,
        "authorization_code": None if pay.outcome == "failed" else "123456",
        "brand": method.brand,
        "checks": card_checks(),
        "country": method.country,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": method.fingerprint,
        "funding": method.funding,
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": method.last4,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": method.brand,
        "network_token": {"used": False},
        "network_transaction_id": "104102978678771",
        "overcapture": {
            "maximum_amount_capturable": pay.amount,
            "status": "unavailable",
        },
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }
    if pay.outcome == "uncaptured":
        card["capture_before"] = pay.created + AUTHORIZATION_LIFE
    return {"card": card, "type": "card"}


INTENT_STATUS = {
    "succeeded": "succeeded",
    "uncaptured": "requires_capture",
    "pending": "processing",
    "failed": "requires_payment_method",
}


def payment_intent(
    object_id: str,
    charge_id: str | None,
    pay: Payment,
    who: Json | None,
    *,
    livemode: bool,
) -> Json:
    """Write a payment intent around its latest charge."""
    return {
        "id": object_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": pay.amount,
        "amount_capturable": pay.amount if pay.outcome == "uncaptured" else 0,
        "amount_details": {"tip": {}},
        "amount_received": pay.amount if pay.outcome == "succeeded" else 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "manual" if pay.outcome == "uncaptured" else "automatic_async",
        "client_secret": f"{object_id}_secret_sandboxsandboxsandbox01",
        "confirmation_method": "automatic",
        "created": pay.created,
        "currency": pay.currency,
        "customer": who["id"] if who else None,
        "customer_account": None,
        "description": pay.description,
        "excluded_payment_method_types": None,
        "last_payment_error": payment_error(pay, charge_id) if pay.failure else None,
        "latest_charge": charge_id,
        "livemode": livemode,
        "managed_payments": None,
        "metadata": pay.metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None if pay.outcome == "failed" else pay.method.id,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        }
        if pay.method.brand
        else {"sepa_debit": {}},
        "payment_method_types": [pay.method.type],
        "presentment_details": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": INTENT_STATUS[pay.outcome],
        "transfer_data": None,
        "transfer_group": None,
    }


def payment_error(pay: Payment, charge_id: str | None) -> Json | None:
    """Write the error a declined payment leaves behind."""
    if pay.failure is None:
        return None
    code, decline, message = pay.failure
    return {
        "charge": charge_id,
        "code": code,
        "decline_code": decline,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
        "type": "card_error",
    }
