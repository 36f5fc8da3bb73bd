"""Writes payments, refunds and their invoices: what endpoints, acts, tests and the seed share."""

from dataclasses import dataclass

from sandbox.behind import BehindRefusedError
from sandbox.recurly import shapes
from sandbox.recurly.context import Context, stamp
from sandbox.recurly.errors import declined
from sandbox.recurly.shapes import Deal, major, minor
from sandbox.wire import Json

GAVE_NOTHING_BACK = frozenset({"declined", "error", "void"})


@dataclass(frozen=True)
class Return:
    """What goes back: `amount` in ISO minor units."""

    amount: int
    notes: str | None = None
    origin: str = "api"
    status: str = "success"


def open_account(
    ctx: Context, person: shapes.Person, created: int, *, last_four: str = "1111"
) -> Json:
    """Write an account with a card."""
    body = ctx.add("account", shapes.account(ctx, person, created))
    ctx.add("billing_info", shapes.billing_info(ctx, body, created, last_four))
    ctx.emit("account", "created", body)
    return body


def pay(ctx: Context, owner: Json, deal: Deal, *, settled: bool = True) -> Json:
    """Write a charge invoice and the transaction that paid it, or tried to; answers the latter."""
    states = {"success": "paid", "pending": "processing", "scheduled": "pending"}
    bill = shapes.invoice(
        ctx, owner, deal, kind="charge", state=states.get(deal.status, "past_due")
    )
    body = shapes.transaction(ctx, owner, deal, bill, kind="purchase")
    ctx.add("invoice", bill)
    ctx.add("transaction", body, {"settled": settled})
    if deal.status in GAVE_NOTHING_BACK:
        owner["has_past_due_invoice"] = True
        ctx.save("account", owner)
    ctx.emit("charge_invoice", "paid" if deal.status == "success" else "created", bill)
    ctx.emit("payment", "succeeded" if deal.status == "success" else "failed", body)
    return body


def give_back(ctx: Context, bill: Json, charge: Json, back: Return) -> tuple[Json, Json]:
    """Write the credit invoice of a refund with its transaction; an unsettled charge is voided."""
    _give_back_behind(ctx, charge, back)
    owner = ctx.need("account", bill["account"]["id"])
    deal = Deal(
        back.amount, bill["currency"], ctx.now, back.status, back.origin, f"Refund {bill['number']}"
    )
    credit = shapes.invoice(ctx, owner, deal, kind="credit", state="closed")
    credit.update(
        previous_invoice_id=bill["id"],
        customer_notes=back.notes,
        subscription_ids=bill["subscription_ids"],
    )
    is_void = not ctx.shelf.hidden("transaction", charge["id"]).get("settled", True)
    if is_void:
        moved = charge
        charge.update(
            status="void",
            success=False,
            voided_at=stamp(ctx.now),
            voided_by_invoice=shapes.invoice_mini(credit),
        )
        ctx.shelf.set_hidden("transaction", charge["id"], {"credit": credit["id"]})
    else:
        moved = shapes.transaction(ctx, owner, deal, credit, kind="refund")
        moved["original_transaction_id"] = charge["id"]
        ctx.add("transaction", moved)
        charge["refunded"] = True
    ctx.add("invoice", credit, {"void": charge["id"]} if is_void else None)
    ctx.save("transaction", charge)
    _take_from(ctx, bill, back.amount)
    ctx.emit("credit_invoice", "created", credit)
    ctx.emit("payment", "voided" if is_void else "refunded", moved)
    return credit, moved


def _give_back_behind(ctx: Context, charge: Json, back: Return) -> None:
    """Let the gateway behind give it back; a refusal there is a declined transaction here."""
    if ctx.call.behind is None or back.status in GAVE_NOTHING_BACK:
        return
    gateway = charge["payment_gateway"]["type"]
    try:
        ctx.call.behind.refund(ctx.call, gateway, charge["gateway_reference"], back.amount)
    except BehindRefusedError as error:
        raise declined(charge["id"], "declined", "hard", str(error)) from error


def undo(ctx: Context, refund: Json, *, status: str) -> Json:
    """Let a refund fail: what it took can be refunded again."""
    refund.update(status=status, success=False, status_message="The refund was declined.")
    ctx.save("transaction", refund)
    charge = ctx.need("transaction", refund["original_transaction_id"])
    bill = ctx.need("invoice", charge["invoice"]["id"])
    _take_from(ctx, bill, -minor(refund["amount"], refund["currency"]))
    charge["refunded"] = any(
        each["status"] not in GAVE_NOTHING_BACK for each in refunds_of(ctx, charge["id"])
    )
    ctx.save("transaction", charge)
    ctx.emit("payment", "failed", refund)
    return refund


def refunds_of(ctx: Context, charge_id: str) -> list[Json]:
    """The refund transactions of a charge, newest first."""
    return [
        each
        for each in ctx.shelf.all("transaction")
        if each["original_transaction_id"] == charge_id
    ]


def whole(ctx: Context, bill: Json) -> Json:
    """An invoice as Recurly shows it, with its transactions inside."""
    rows = ctx.call.db.execute(
        "SELECT id FROM objects WHERE shelf = ? AND kind = 'transaction'"
        " AND json_extract(body, '$.invoice.id') = ? ORDER BY seq",
        (ctx.shelf.name, bill["id"]),
    ).fetchall()
    void = ctx.shelf.hidden("invoice", bill["id"]).get("void")
    ids = [row["id"] for row in rows] + ([void] if void else [])
    return {**bill, "transactions": [ctx.need("transaction", each) for each in ids]}


def _take_from(ctx: Context, bill: Json, amount: int) -> None:
    code = bill["currency"]
    left = minor(bill["refundable_amount"], code) - amount
    bill["refundable_amount"] = major(left, code)
    ctx.save("invoice", bill)
