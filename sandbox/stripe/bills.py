"""Writes invoices with any lines, takes what they ask for, and previews those to come."""

from dataclasses import dataclass

from sandbox.stripe import billing_shapes, cards, new_payments, shapes
from sandbox.stripe.context import Context
from sandbox.stripe.errors import DECLINED, StripeError
from sandbox.stripe.periods import worth
from sandbox.wire import Json


@dataclass(frozen=True)
class Part:
    """One line of an invoice about to be written."""

    text: str
    amount: int
    period: tuple[int, int]
    price: Json
    quantity: int
    is_proration: bool = False


def whole_period(item: Json, period: tuple[int, int]) -> Part:
    """The line for one period of a subscription's item."""
    return Part(named(item), worth(item), period, item["price"], item["quantity"])


def named(item: Json) -> str:
    """An item as a line of an invoice names it."""
    return f"{item['quantity']} x {item['price']['nickname'] or 'Subscription'}"


@dataclass(frozen=True)
class Wanted:
    """An invoice about to be written: whose, why, for which period, with what on it."""

    customer: Json
    subscription: Json
    parts: tuple[Part, ...]
    reason: str
    period: tuple[int, int]
    status: str = "open"


def compose(ctx: Context, wanted: Wanted, object_id: str) -> Json:
    """Write an invoice; nobody has it yet."""
    who = wanted.customer
    number = f"{who['invoice_prefix']}-{who['next_invoice_sequence']:04d}"
    bill = billing_shapes.Bill(
        ctx.now,
        number,
        who,
        wanted.subscription,
        wanted.period,
        wanted.status,
        wanted.reason,
        attempts=0,
    )
    body = billing_shapes.invoice(object_id, ctx.new_id("il_1"), bill, livemode=ctx.livemode)
    template = body["lines"]["data"][0]
    body["lines"]["data"] = [_line(ctx, template, part) for part in wanted.parts]
    _add_up(body, wanted, _rebate(ctx, wanted))
    return body


def _line(ctx: Context, template: Json, part: Part) -> Json:
    details = template["parent"]["subscription_item_details"]
    return {
        **template,
        "id": ctx.new_id("il_1"),
        "amount": part.amount,
        "subtotal": part.amount,
        "description": part.text,
        "discount_amounts": [],
        "parent": {
            **template["parent"],
            "subscription_item_details": {**details, "proration": part.is_proration},
        },
        "period": {"start": part.period[0], "end": part.period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": part.price["id"], "product": part.price["product"]},
            "type": "price_details",
            "unit_amount_decimal": part.price["unit_amount_decimal"],
        },
        "quantity": part.quantity,
        "quantity_decimal": str(part.quantity),
    }


def _rebate(ctx: Context, wanted: Wanted) -> int:
    """What the subscription's coupons take off; never more than there is."""
    subtotal = sum(part.amount for part in wanted.parts if part.amount > 0)
    off = 0
    for discount_id in wanted.subscription["discounts"]:
        source = ctx.need("discount", discount_id)["source"]
        coupon = ctx.need("coupon", source["coupon"])
        percent = coupon["percent_off"]
        off += round(subtotal * percent / 100) if percent else int(coupon["amount_off"])
    return max(0, min(off, sum(part.amount for part in wanted.parts)))


def _add_up(body: Json, wanted: Wanted, rebate: int) -> None:
    subtotal = sum(part.amount for part in wanted.parts)
    total = subtotal - rebate
    due = max(0, total)
    ids = wanted.subscription["discounts"][:1]
    shares = [{"amount": rebate, "discount": ids[0]}] if rebate else []
    body.update(
        subtotal=subtotal,
        subtotal_excluding_tax=subtotal,
        total=total,
        total_excluding_tax=total,
        amount_due=due,
        amount_paid=0,
        amount_remaining=due,
        # What is left in the customer's favour goes to the balance.
        ending_balance=min(0, total),
        discounts=list(wanted.subscription["discounts"]),
        total_discount_amounts=shares,
        total_pretax_credit_amounts=[{**share, "type": "discount"} for share in shares],
    )


def collect(ctx: Context, wanted: Wanted, *, must_be_paid: bool) -> Json:
    """Write an invoice and take the money from the subscription's card.

    With `must_be_paid` a card that says no undoes everything, as `error_if_incomplete` asks.
    """
    body, who = compose(ctx, wanted, ctx.new_id("in_1")), wanted.customer
    who["next_invoice_sequence"] += 1
    who["balance"] += body["ending_balance"]
    ctx.shelf.save("customer", who)
    ctx.emit("invoice.created", body)
    is_paid = not body["amount_due"] or _charge(ctx, body, wanted, must_be_paid=must_be_paid)
    if is_paid:
        body["status_transitions"]["paid_at"] = ctx.now
        body.update(
            status="paid", amount_paid=body["amount_due"], amount_remaining=0, attempted=True
        )
    ctx.shelf.add("invoice", body)
    ctx.emit("invoice.finalized", body)
    ctx.emit("invoice.paid" if is_paid else "invoice.payment_failed", body)
    return body


def _charge(ctx: Context, body: Json, wanted: Wanted, *, must_be_paid: bool) -> bool:
    who, method_id = wanted.customer, wanted.subscription["default_payment_method"]
    pay = shapes.Payment(
        body["amount_due"],
        body["currency"],
        ctx.now,
        shapes.Method("", "visa", "", ""),
        "failed",
        "Subscription update" if "update" in wanted.reason else "Subscription creation",
    )
    intent = shapes.payment_intent(ctx.new_id("pi_3"), None, pay, who, livemode=ctx.livemode)
    ctx.shelf.add("payment_intent", intent)
    method = cards.card(ctx, method_id, who["id"])
    result = new_payments.attempt(ctx, intent, method, is_present=False)
    if result.status == DECLINED and must_be_paid:
        raise _declined(intent)
    is_paid = result.status != DECLINED
    body["attempt_count"] = 1
    settled = {**body, "status": "paid" if is_paid else "open", "amount_paid": body["amount_due"]}
    link = billing_shapes.invoice_payment(
        ctx.new_id("inpay_1"), settled, intent["id"], livemode=ctx.livemode
    )
    ctx.shelf.add("invoice_payment", link)
    return is_paid


def _declined(intent: Json) -> StripeError:
    error = intent["last_payment_error"]
    return StripeError(
        error["message"],
        status=DECLINED,
        kind="card_error",
        code=error["code"],
        executed=True,
        decline_code=error["decline_code"],
    )
