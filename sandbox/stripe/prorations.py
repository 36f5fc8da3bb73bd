"""What a customer gets back, as credit, when a subscription ends before its period does."""

from sandbox.stripe import billing_shapes
from sandbox.stripe.context import Context
from sandbox.wire import Json


def credit_unused_time(ctx: Context, subscription: Json) -> Json:
    """Write an invoice with a negative line; its total goes to the customer's balance."""
    item = subscription["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    share = max(0.0, min(1.0, (end - ctx.now) / max(end - start, 1)))
    credit = round(item["price"]["unit_amount"] * item["quantity"] * share)
    who = ctx.need("customer", subscription["customer"])
    bill = billing_shapes.Bill(
        ctx.now,
        f"{who['invoice_prefix']}-{who['next_invoice_sequence']:04d}",
        who,
        subscription,
        (ctx.now, end),
        reason="subscription_update",
        attempts=0,
        text="Unused time",
    )
    body = billing_shapes.invoice(
        ctx.new_id("in_1"), ctx.new_id("il_1"), bill, livemode=ctx.livemode
    )
    _turn_into_credit(body, credit)
    ctx.shelf.add("invoice", body)
    who.update(
        balance=who["balance"] - credit, next_invoice_sequence=who["next_invoice_sequence"] + 1
    )
    ctx.shelf.save("customer", who)
    subscription["latest_invoice"] = body["id"]
    ctx.emit("invoice.created", body)
    ctx.emit("invoice.paid", body)
    return body


def _turn_into_credit(body: Json, credit: int) -> None:
    for name in ("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax"):
        body[name] = -credit
    body.update(amount_due=0, amount_paid=0, amount_remaining=0, ending_balance=-credit)
    line = body["lines"]["data"][0]
    line.update(amount=-credit, subtotal=-credit)
    line["parent"]["subscription_item_details"]["proration"] = True
