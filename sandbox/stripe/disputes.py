"""Disputes: opened by the bank, answered by the merchant, closed won or lost (reference 6.5)."""

from dataclasses import dataclass

from sandbox.stripe import shapes
from sandbox.stripe.context import Context, Result
from sandbox.stripe.customers import changes
from sandbox.stripe.errors import refused
from sandbox.stripe.forms import flag, merged_metadata
from sandbox.stripe.fraud_warnings import settle_warnings
from sandbox.stripe.ledger import book
from sandbox.stripe.lists import listing
from sandbox.stripe.routes import route
from sandbox.wire import Json

EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]
OPEN = frozenset({"needs_response", "warning_needs_response", "appeal_needs_response"})
CLOSED = frozenset({"won", "lost", "warning_closed", "prevented"})
NETWORK_CODE = {
    "fraudulent": "10.4",
    "product_not_received": "13.1",
    "duplicate": "12.6.1",
}
DUE_AFTER = 12 * shapes.DAY
DISPUTE_FEE = 1500


@dataclass(frozen=True)
class Complaint:
    """A dispute about to be opened."""

    created: int
    reason: str = "fraudulent"
    status: str = "needs_response"
    amount: int | None = None


def open_dispute(ctx: Context, charge: Json, complaint: Complaint) -> Json:
    """Open a dispute: the money leaves the balance unless it is only an inquiry."""
    body = _body(ctx, charge, complaint)
    inquiry = complaint.status.startswith("warning")
    if not inquiry:
        txn = book(
            ctx,
            complaint.created,
            kind="adjustment",
            amount=-body["amount"],
            source=body,
        )
        body["balance_transactions"] = [ctx.need("balance_transaction", txn)]
    ctx.shelf.add("dispute", body)
    before = dict(charge)
    charge["disputed"] = True
    ctx.shelf.save("charge", charge)
    ctx.emit("charge.dispute.created", body)
    if not inquiry:
        ctx.emit("charge.dispute.funds_withdrawn", body)
    ctx.emit("charge.updated", charge, changes(before, charge))
    settle_warnings(ctx, charge)
    return body


def _body(ctx: Context, charge: Json, complaint: Complaint) -> Json:
    card = (charge["payment_method_details"] or {}).get("card") or {}
    code = NETWORK_CODE.get(complaint.reason, "13.7")
    brand = card.get("brand", "visa")
    case = "inquiry" if complaint.status.startswith("warning") else "chargeback"
    return {
        "id": ctx.new_id("du_1"),
        "object": "dispute",
        "amount": complaint.amount or charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": complaint.created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": None if complaint.status in CLOSED else complaint.created + DUE_AFTER,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": case == "inquiry" and complaint.status not in CLOSED,
        "livemode": ctx.livemode,
        "metadata": {},
        "network_reason_code": code,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": brand,
                "case_type": case,
                "network": brand,
                "network_reason_code": code,
            },
            "type": "card",
        },
        "reason": complaint.reason,
        "status": complaint.status,
    }


def close_dispute_as(ctx: Context, body: Json, status: str) -> Json:
    """Close a dispute as won, lost or warning_closed; a won one brings the money back."""
    before = dict(body)
    body.update(status=status, is_charge_refundable=status in {"won", "warning_closed"})
    body["evidence_details"] = {**body["evidence_details"], "due_by": None}
    if status == "won":
        txn = book(ctx, ctx.now, kind="adjustment", amount=body["amount"], source=body)
        body["balance_transactions"] = [
            *body["balance_transactions"],
            ctx.need("balance_transaction", txn),
        ]
    ctx.shelf.save("dispute", body)
    ctx.emit("charge.dispute.closed", body, changes(before, body))
    if status == "won":
        ctx.emit("charge.dispute.funds_reinstated", body)
    return body


def list_disputes(ctx: Context) -> Result:
    """GET /v1/disputes."""
    filters = {"charge": "charge", "payment_intent": "payment_intent"}
    return listing(ctx, "dispute", "/v1/disputes", filters=filters)


def retrieve_dispute(ctx: Context) -> Result:
    """GET /v1/disputes/*."""
    return Result(ctx.need("dispute", ctx.args[0]))


def update_dispute(ctx: Context) -> Result:
    """POST /v1/disputes/*: evidence is kept as a draft until `submit`."""
    body = ctx.need("dispute", ctx.args[0])
    if body["status"] in CLOSED:
        raise refused("This dispute is already closed.", code="dispute_already_closed")
    before = dict(body)
    given = ctx.params.get("evidence") or {}
    body["evidence"] = {**body["evidence"], **given}
    body["metadata"] = merged_metadata(body["metadata"], ctx.params)
    details = {
        **body["evidence_details"],
        "has_evidence": bool(given) or body["evidence_details"]["has_evidence"],
    }
    if flag(ctx.params, "submit") is not False and given:
        details["submission_count"] += 1
        body["status"] = body["status"].replace("needs_response", "under_review")
    body["evidence_details"] = details
    ctx.shelf.save("dispute", body)
    ctx.emit("charge.dispute.updated", body, changes(before, body))
    return Result(body, "dispute.updated", (body["id"], body["charge"]))


def close_dispute(ctx: Context) -> Result:
    """POST /v1/disputes/*/close: the merchant gives up, which cannot be undone."""
    body = ctx.need("dispute", ctx.args[0])
    if body["status"] in CLOSED:
        raise refused("This dispute is already closed.", code="dispute_already_closed")
    close_dispute_as(ctx, body, "lost")
    return Result(body, "dispute.closed", (body["id"], body["charge"]))


READ, WRITE = "rak_dispute_read", "rak_dispute_write"
ROUTES = (
    route(
        "GET",
        "disputes",
        list_disputes,
        permission=READ,
        params="charge created ending_before limit payment_intent starting_after",
    ),
    route("GET", "disputes/*", retrieve_dispute, permission=READ),
    route(
        "POST",
        "disputes/*",
        update_dispute,
        permission=WRITE,
        params="evidence intended_submission_method metadata submit",
    ),
    route("POST", "disputes/*/close", close_dispute, permission=WRITE),
)
