"""Subscriptions: find, cancel, limit the number of billing cycles (reference 4.2)."""

from dataclasses import dataclass

from sandbox.braintree.amounts import written
from sandbox.braintree.context import Context, Result, day, instant
from sandbox.braintree.errors import BraintreeError
from sandbox.braintree.shapes import DAY
from sandbox.wire import Json

ENDED = {"Canceled", "Expired"}
MONTH = 30 * DAY


@dataclass(frozen=True)
class Term:
    """What a subscription is made with."""

    amount: int
    currency: str
    status: str = "Active"
    plan_id: str = "team_monthly"
    age: int = 45 * DAY
    trial: bool = False
    own_id: str = ""
    account: str = ""


def find(ctx: Context) -> Result:
    """GET subscriptions/*."""
    body = ctx.need("subscription", ctx.args[0])
    return Result("subscription", body, ids=(body["id"],))


def cancel(ctx: Context) -> Result:
    """PUT subscriptions/*/cancel: final."""
    body = ctx.need("subscription", ctx.args[0])
    if body["status"] in ENDED:
        raise BraintreeError(code="81905", on="status", of="subscription")
    end(ctx, body)
    return Result("subscription", body, "subscription.canceled", (body["id"],))


def end(ctx: Context, body: Json) -> Json:
    """Cancel, and tell."""
    turn(ctx, body, "Canceled")
    body["next_billing_date"] = None
    ctx.shelf.save("subscription", body)
    ctx.tell("subscription_canceled", "subscription", body)
    return body


def turn(ctx: Context, body: Json, status: str) -> None:
    """Give a subscription its next status."""
    body["status"] = status
    body["updated_at"] = instant(ctx.now)
    body["status_history"] = [_event(body, ctx.now), *body["status_history"]]
    ctx.shelf.save("subscription", body)


def create(ctx: Context, who: Json, term: Term) -> Json:
    """A subscription as it stands after some time, stored."""
    created = ctx.now - term.age
    period = ctx.now - term.age % MONTH
    ended = term.status in ENDED
    price = written(term.amount, term.currency)
    body: Json = {
        "id": term.own_id or ctx.new_id(),
        "created": created,
        "_customer": who["id"],
        "plan_id": term.plan_id,
        "status": term.status,
        "price": price,
        "balance": price if term.status == "Past Due" else "0.00",
        # The merchant account fixes it; only the history names it.
        "_currency": term.currency,
        "payment_method_token": who["credit_cards"][0]["token"],
        "merchant_account_id": term.account or f"{ctx.account}_{term.currency}",
        "billing_day_of_month": 1,
        "first_billing_date": day(created + (14 * DAY if term.trial else 0)),
        "billing_period_start_date": None if term.trial else day(period),
        "billing_period_end_date": None if term.trial else day(period + MONTH - DAY),
        "next_billing_date": None if ended else day(period + MONTH),
        "next_billing_period_amount": price,
        "paid_through_date": None if term.trial else day(period + MONTH - DAY),
        "current_billing_cycle": 0 if term.trial else 1 + term.age // MONTH,
        "number_of_billing_cycles": None,
        "never_expires": True,
        "days_past_due": 3 if term.status == "Past Due" else None,
        "failure_count": int(term.status == "Past Due"),
        "trial_period": term.trial,
        "trial_duration": 14 if term.trial else None,
        "trial_duration_unit": "day" if term.trial else None,
        "created_at": instant(created),
        "updated_at": instant(ctx.now if ended else created),
        "add_ons": [],
        "discounts": [],
        "descriptor": {"name": None, "phone": None, "url": None},
        "transactions": [],
        "status_history": [],
    }
    body["status_history"] = [_event(body, created)]
    ctx.shelf.add("subscription", body)
    return body


def _event(body: Json, at: float) -> Json:
    return {
        "timestamp": instant(at),
        "balance": body["balance"],
        "price": body["price"],
        "status": body["status"],
        "currency_iso_code": body["_currency"],
        "plan_id": body["plan_id"],
        "user": "api_user",
    }
