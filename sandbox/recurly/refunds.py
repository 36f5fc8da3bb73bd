"""Refunds of invoices (reference B6)."""

from typing import Any

from sandbox.recurly import history
from sandbox.recurly.context import Context, Result
from sandbox.recurly.errors import RecurlyError, declined, invalid, malformed
from sandbox.recurly.shapes import minor
from sandbox.wire import Json

TYPES = ("amount", "percentage", "line_items")
METHODS = ("all_credit", "all_transaction", "credit_first", "transaction_first")
FIELDS = frozenset(
    {
        "type",
        "amount",
        "percentage",
        "line_items",
        "refund_method",
        "credit_customer_notes",
        "external_refund",
    }
)
WHOLE = 100


def refund_invoice(ctx: Context) -> Result:
    """POST /invoices/*/refund."""
    body = ctx.params
    _check_form(body)
    bill = ctx.need("invoice", ctx.args[0])
    if body.get("credit_customer_notes") and "credit_memos" not in ctx.site["features"]:
        raise RecurlyError(403, "missing_feature", "The Credit Invoices feature is not enabled.")
    charge = _charge_of(ctx, bill)
    amount = _amount(body, bill)
    _check_refundable(ctx, bill, charge, amount)
    hidden = ctx.shelf.hidden("transaction", charge["id"])
    back = history.Return(
        amount, body.get("credit_customer_notes"), "api", hidden.get("refund_as", "success")
    )
    credit, moved = history.give_back(ctx, bill, charge, back)
    ids = (moved["id"], charge["id"], bill["id"], credit["id"])
    return Result(history.whole(ctx, credit), "refund.created", ids, amount, 201)


def _check_form(body: Json) -> None:
    unknown = set(body) - FIELDS
    if unknown:
        raise malformed(f"Unknown parameter {min(unknown)}", min(unknown))
    if body.get("type") not in TYPES:
        raise malformed("type is required", "type")
    if body.get("refund_method", METHODS[0]) not in METHODS:
        raise malformed("refund_method is not valid", "refund_method")
    if not _is_number(body.get("amount", 1)):
        raise malformed("amount must be a number", "amount")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _charge_of(ctx: Context, bill: Json) -> Json:
    """The transaction that paid the invoice."""
    paid: list[Json] = [
        each
        for each in history.whole(ctx, bill)["transactions"]
        if each["type"] in {"purchase", "capture"} and each["status"] in {"success", "chargeback"}
    ]
    if bill["type"] != "charge" or not paid:
        raise invalid("The invoice cannot be refunded.", "invoice")
    return paid[-1]


def _amount(body: Json, bill: Json) -> int:
    left = minor(bill["refundable_amount"], bill["currency"])
    if body["type"] == "percentage":
        return left * int(body.get("percentage", WHOLE)) // WHOLE
    if body["type"] == "line_items":
        raise invalid("The sandbox refunds amounts and percentages only.", "line_items")
    amount = body.get("amount")
    return left if amount is None else minor(amount, bill["currency"])


def _check_refundable(ctx: Context, bill: Json, charge: Json, amount: int) -> None:
    left = minor(bill["refundable_amount"], bill["currency"])
    if charge["status"] == "chargeback":
        message = "The deposit was charged back and cannot be refunded."
        raise declined(charge["id"], "deposit_referenced_chargeback", "hard", message)
    if amount <= 0:
        raise invalid("Amount must be greater than 0", "amount")
    if amount > left:
        raise invalid("Amount cannot be greater than the refundable amount", "amount")
    is_settled = ctx.shelf.hidden("transaction", charge["id"]).get("settled", True)
    # Before settlement Recurly voids, which is always whole.
    if not is_settled and amount < minor(bill["total"], bill["currency"]):
        message = "The transaction has not settled yet and can only be refunded in full."
        raise declined(charge["id"], "cannot_refund_unsettled_transactions", "recurly", message)
