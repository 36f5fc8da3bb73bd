"""Another price or quantity: prorations, now or with the next invoice, and their preview (4.2)."""

import copy
from dataclasses import dataclass

from sandbox.stripe import billing_shapes
from sandbox.stripe.bills import Part, Wanted, collect, compose, named, whole_period
from sandbox.stripe.context import Context, Result
from sandbox.stripe.errors import StripeError
from sandbox.stripe.forms import choice, flag, need, whole
from sandbox.stripe.periods import period_after, rhythm, share_left, worth
from sandbox.stripe.routes import route
from sandbox.stripe.subscribing import PAYMENT_BEHAVIOR, recurring_price
from sandbox.wire import Json

PRORATION_BEHAVIOR = ("always_invoice", "create_prorations", "none")


@dataclass(frozen=True)
class Change:
    """What a change does to a subscription.

    Attributes:
        parts: the lines it causes.
        is_due_now: whether they are billed at once.
        moment: as of when it is reckoned.
    """

    parts: tuple[Part, ...]
    is_due_now: bool
    moment: int


def apply_items(ctx: Context, body: Json) -> None:
    """Carry out the `items` of an update."""
    if "items" not in ctx.params:
        return
    behaviour = choice(ctx.params, "payment_behavior", PAYMENT_BEHAVIOR)
    flag(ctx.params, "off_session")
    change = changed(ctx, body, ctx.params)
    if change.is_due_now and change.parts:
        who = ctx.need("customer", body["customer"])
        wanted = Wanted(
            who, body, change.parts, "subscription_update", (change.moment, change.moment)
        )
        must_be_paid = behaviour == "error_if_incomplete"
        body["latest_invoice"] = collect(ctx, wanted, must_be_paid=must_be_paid)["id"]
    elif change.parts:
        keep_pending(ctx, body, [*pending(ctx, body), *change.parts])


def changed(ctx: Context, body: Json, given: Json) -> Change:
    """Change the items of a subscription in place; what that costs."""
    how = choice(given, "proration_behavior", PRORATION_BEHAVIOR) or "create_prorations"
    moment = _moment(ctx, body, given, how)
    lines = given["items"]
    if not isinstance(lines, list) or not lines:
        raise StripeError("Invalid array", param="items")
    parts: list[Part] = []
    is_new_rhythm = False
    for place, line in enumerate(lines):
        item = _item(ctx, body, place, line)
        before = copy.deepcopy(item)
        _set(ctx, item, place, line)
        has_new_rhythm = rhythm(before["price"]) != rhythm(item["price"])
        is_new_rhythm = is_new_rhythm or has_new_rhythm
        if how != "none":
            parts += _prorated(before, moment, text="Unused time on", sign=-1)
        if has_new_rhythm:
            start, end = period_after(moment, item["price"])
            item.update(current_period_start=start, current_period_end=end)
            parts.append(whole_period(item, _running(item)))
        elif how != "none":
            parts += _prorated(item, moment, text="Remaining time on", sign=1)
    return Change(tuple(parts), how == "always_invoice" or is_new_rhythm, moment)


def _moment(ctx: Context, body: Json, given: Json, how: str) -> int:
    moment = whole(given, "proration_date")
    if moment is None:
        return ctx.now
    if how == "none":
        raise StripeError(
            "You cannot pass proration_date with proration_behavior=none.", param="proration_date"
        )
    item = body["items"]["data"][0]
    if not item["current_period_start"] <= moment <= item["current_period_end"]:
        raise StripeError(
            "Cannot specify proration_date outside of current subscription period",
            param="subscription_proration_date",
        )
    return moment


def _item(ctx: Context, body: Json, place: int, line: Json) -> Json:
    items: list[Json] = body["items"]["data"]
    if "id" in line:
        found = next((each for each in items if each["id"] == line["id"]), None)
        if found is None:
            raise StripeError(
                f"No such subscription item: '{line['id']}'",
                code="resource_missing",
                param=f"items[{place}][id]",
            )
        return found
    # 4.2: "leaving out the item id adds a second item".
    price = recurring_price(ctx, need(line, "price"), f"items[{place}][price]")
    if any(each["price"]["id"] == price["id"] for each in items):
        raise StripeError(
            f"A subscription item with price {price['id']} already exists.", param="items"
        )
    made: Json = {**items[0], "id": ctx.new_id("si_"), "created": ctx.now, "quantity": 0}
    items.append(made)
    return made


def _set(ctx: Context, item: Json, place: int, line: Json) -> None:
    if "price" in line:
        price = recurring_price(ctx, line["price"], f"items[{place}][price]")
        item.update(price=price, plan=billing_shapes.plan(price))
    quantity = whole(line, "quantity", at_least=1)
    item["quantity"] = quantity or item["quantity"] or 1


def _prorated(item: Json, moment: int, *, text: str, sign: int) -> list[Part]:
    amount = sign * round(worth(item) * share_left(item, moment))
    period = (moment, item["current_period_end"])
    words = f"{text} {named(item)}"
    part = Part(words, amount, period, item["price"], item["quantity"], is_proration=True)
    return [part] if amount else []


def _running(item: Json) -> tuple[int, int]:
    return item["current_period_start"], item["current_period_end"]


def pending(ctx: Context, body: Json) -> list[Part]:
    """Lines that wait for the next invoice of a subscription."""
    kept = ctx.shelf.hidden("subscription", body["id"]).get("pending", [])
    return [Part(**{**each, "period": tuple(each["period"])}) for each in kept]


def keep_pending(ctx: Context, body: Json, parts: list[Part]) -> None:
    """Let lines wait for the next invoice."""
    extra = ctx.shelf.hidden("subscription", body["id"])
    kept = [vars(part) for part in parts]
    ctx.shelf.set_hidden("subscription", body["id"], {**extra, "pending": kept})


def preview_invoice(ctx: Context) -> Result:
    """POST /v1/invoices/create_preview: of a subscription, changed or as it is; writes nothing."""
    body = ctx.need("subscription", need(ctx.params, "subscription"), param="subscription")
    if body["status"] in {"canceled", "incomplete_expired"}:
        raise StripeError("The subscription is canceled.", code="invoice_upcoming_none")
    given = ctx.params.get("subscription_details") or {}
    change = Change(parts=(), is_due_now=False, moment=ctx.now)
    if "items" in given:
        change = changed(ctx, body, given)
    who = ctx.need("customer", body["customer"])
    item = body["items"]["data"][0]
    parts, period = change.parts, (change.moment, change.moment)
    if not change.is_due_now:
        end = item["current_period_end"]
        following = [_next_period(each) for each in body["items"]["data"]]
        parts = (*pending(ctx, body), *parts, *following)
        period = (item["current_period_start"], end)
    wanted = Wanted(who, body, parts, "upcoming", period, "draft")
    made = compose(ctx, wanted, ctx.new_id("upcoming_in_1"))
    made.update(next_payment_attempt=None if change.is_due_now else period[1])
    return Result(made)


def _next_period(item: Json) -> Part:
    return whole_period(item, period_after(item["current_period_end"], item["price"]))


ROUTES = (
    route(
        "POST",
        "invoices/create_preview",
        preview_invoice,
        permission="rak_invoice_read",
        params="automatic_tax currency customer customer_account customer_details discounts"
        " invoice_items preview_mode subscription subscription_details",
    ),
)
