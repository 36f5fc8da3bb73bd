"""Taking money and starting subscriptions by what is on file (reference B6)."""

from typing import Any

from sandbox.recurly import history, shapes
from sandbox.recurly.context import Context, Result, seconds
from sandbox.recurly.errors import declined, invalid, malformed, missing
from sandbox.recurly.shapes import minor
from sandbox.wire import Json

# Card numbers of Recurly's test gateway end so; the bank behind says no.
POOR_CARD = "0002"
PURCHASE = frozenset(
    {
        "currency",
        "account",
        "billing_info_id",
        "collection_method",
        "credit_application_policy_override",
        "line_items",
        "customer_notes",
    }
)
LINE = frozenset({"type", "currency", "unit_amount", "quantity", "tax_exempt", "description"})
SUBSCRIPTION = frozenset(
    {
        "plan_id",
        "plan_code",
        "currency",
        "account",
        "billing_info_id",
        "collection_method",
        "quantity",
        "trial_ends_at",
        "po_number",
        "unit_amount",
    }
)


def purchase(ctx: Context) -> Result:
    """POST /purchases: one invoice, paid by one transaction."""
    body = ctx.params
    insist_on_fields(body, PURCHASE, needed=("currency", "account", "line_items"))
    owner, _ = owner_of(ctx, body), card_of(ctx, body)
    code = str(body["currency"])
    amount = sum(_line_amount(each, code) for each in body["line_items"])
    if amount <= 0:
        raise invalid("The total must be greater than 0", "line_items")
    deal = shapes.Deal(
        amount,
        code,
        ctx.now,
        description=str(body["line_items"][0].get("description") or "Charge"),
    )
    paid, bill = _paid(ctx, owner, deal, notes=body.get("customer_notes"))
    collection = {
        "object": "invoice_collection",
        "charge_invoice": history.whole(ctx, bill),
        "credit_invoices": [],
    }
    return Result(collection, "charge.created", (paid["id"], bill["id"], owner["id"]), amount, 201)


def subscribe(ctx: Context) -> Result:
    """POST /subscriptions: it begins at once, and its first period is paid at once."""
    body = ctx.params
    insist_on_fields(body, SUBSCRIPTION, needed=("plan_code", "currency", "account"))
    owner, _ = owner_of(ctx, body), card_of(ctx, body)
    plan = ctx.need("plan", str(body.get("plan_id") or f"code-{body['plan_code']}"))
    code = str(body["currency"])
    if code not in {each["currency"] for each in plan["currencies"]}:
        raise invalid("The plan has no price in this currency", "currency")
    made = shapes.subscription(ctx, owner, plan, code, ctx.now)
    if seconds(body.get("trial_ends_at") or made["created_at"]) < ctx.now:
        made.update(trial_started_at=None, trial_ends_at=None)
        shapes.begin_period(made, plan, ctx.now)
    made["po_number"] = body.get("po_number")
    reprice(made, float(body.get("unit_amount") or made["unit_amount"]), _quantity(body))
    ctx.add("subscription", made)
    if made["trial_ends_at"] is None:
        amount = minor(made["subtotal"], code)
        deal = shapes.Deal(
            amount, code, ctx.now, description=plan["name"], subscription=made, origin="api"
        )
        _paid(ctx, owner, deal)
    ctx.emit("subscription", "created", made)
    return Result(made, "subscription.created", (made["id"], owner["id"]), status=201)


def reprice(body: Json, unit_amount: float, quantity: int) -> None:
    """Set what a subscription costs for a period."""
    code = body["currency"]
    total = shapes.major(minor(unit_amount, code) * quantity, code)
    body.update(unit_amount=unit_amount, quantity=quantity, subtotal=total, total=total)


def insist_on_fields(body: Json, known: frozenset[str], *, needed: tuple[str, ...]) -> None:
    """Refuse what Recurly does not know, and what it cannot do without."""
    unknown = sorted(set(body) - known)
    lacking = [each for each in needed if not body.get(each)]
    if unknown or lacking:
        name = (unknown or lacking)[0]
        raise malformed(f"{name} is {'unknown' if unknown else 'required'}", name)


def owner_of(ctx: Context, body: Json) -> Json:
    """The account that a body names by its code."""
    account: Any = body["account"]
    if not isinstance(account, dict) or not account.get("code"):
        raise malformed("account.code is required", "account.code")
    owner = ctx.need("account", f"code-{account['code']}")
    if account.get("id", owner["id"]) != owner["id"]:
        raise missing("account", account["id"])
    return owner


def card_of(ctx: Context, body: Json) -> Json:
    """The billing info that a body names, or the account's own; a poor one is refused."""
    owner = owner_of(ctx, body)
    cards = [each for each in ctx.shelf.all("billing_info") if each["account_id"] == owner["id"]]
    wanted = body.get("billing_info_id")
    found = [each for each in cards if wanted in {None, each["id"]}]
    if not found:
        raise invalid("The account has no such billing info", "billing_info_id")
    if found[0]["payment_method"]["last_four"] == POOR_CARD:
        message = "The card was declined for insufficient funds."
        raise declined(ctx.new_id(), "insufficient_funds", "soft", message)
    return found[0]


def _paid(ctx: Context, owner: Json, deal: shapes.Deal, *, notes: Any = None) -> tuple[Json, Json]:
    paid = history.pay(ctx, owner, deal)
    bill = ctx.need("invoice", paid["invoice"]["id"])
    bill["customer_notes"] = notes
    ctx.save("invoice", bill)
    return paid, bill


def _quantity(body: Json) -> int:
    return int(body.get("quantity") or 1)


def _line_amount(line: Json, code: str) -> int:
    insist_on_fields(line, LINE, needed=("type", "currency", "unit_amount"))
    if line["currency"] != code or line["type"] != "charge":
        raise invalid("The sandbox takes charges in the currency of the purchase only.", "type")
    return minor(line["unit_amount"], code) * int(line.get("quantity", 1))
