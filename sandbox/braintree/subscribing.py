"""New subscriptions by a card on file (reference 4.2): no key, and an id of the caller's choice."""

from sandbox.braintree import shapes
from sandbox.braintree.amounts import minor_of
from sandbox.braintree.context import Context, Result
from sandbox.braintree.errors import INVALID, BraintreeError
from sandbox.braintree.sales import POOR_CARD, REFUSED, account_of, declined, holder_of
from sandbox.braintree.subscriptions import Term
from sandbox.braintree.subscriptions import create as written_down
from sandbox.wire import Json

LONGEST_ID = 36


def create(ctx: Context) -> Result:
    """POST subscriptions: begun at once, and paid at once unless there is a trial."""
    wanted = ctx.params.get("subscription") or {}
    own_id = str(wanted.get("id") or ctx.new_id())
    if len(own_id) > LONGEST_ID or ctx.shelf.find("subscription", own_id):
        raise BraintreeError(code="81906", on="id", of="subscription")
    plan = ctx.shelf.find("plan", str(wanted.get("plan_id")))
    if plan is None:
        raise BraintreeError(code="91904", on="plan_id", of="subscription")
    account, currency = account_of(ctx, wanted)
    if currency != plan["currency_iso_code"]:
        raise BraintreeError(code="91923", on="merchant_account_id", of="subscription")
    amount = minor_of(wanted.get("price") or plan["price"], currency)
    who = holder_of(ctx, wanted)
    is_trial = wanted.get("trial_period") in {True, "true"}
    term = Term(
        amount,
        currency,
        plan_id=plan["id"],
        age=0,
        trial=is_trial,
        own_id=own_id,
        account=account,
    )
    if is_trial:
        body = written_down(ctx, who, term)
        return Result("subscription", body, "subscription.created", _ids(body, who), status=201)
    sale = shapes.Sale(
        amount,
        currency,
        ctx.now,
        "submitted_for_settlement",
        subscription_id=own_id,
        plan_id=plan["id"],
        account=account,
    )
    if who["credit_cards"][0]["last_4"] == POOR_CARD:
        refused = shapes.sale(
            ctx, who, shapes.Sale(amount, currency, ctx.now, "processor_declined", response=REFUSED)
        )
        return Result("api_error_response", declined(ctx, refused), status=INVALID)
    body = written_down(ctx, who, term)
    shapes.sale(ctx, who, sale)
    return Result("subscription", body, "subscription.created", _ids(body, who), amount, 201)


def _ids(body: Json, who: Json) -> tuple[str, ...]:
    return (str(body["id"]), str(who["id"]))
