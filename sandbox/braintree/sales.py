"""New sales by a card on file (reference 4.2): the merchant account fixes the currency."""

from sandbox.braintree import shapes
from sandbox.braintree.amounts import minor_of
from sandbox.braintree.context import PROVIDER, Context, Result
from sandbox.braintree.errors import INVALID, BraintreeError
from sandbox.braintree.records import merchant_accounts
from sandbox.braintree.transactions import shown
from sandbox.braintree.xml import Collection
from sandbox.jobs import schedule
from sandbox.wire import Json

# A card whose number ends so is one that the bank refuses.
POOR_CARD = "0002"
REFUSED = ("2001", "Insufficient Funds")


def create(ctx: Context) -> Result:
    """POST transactions: what a processor declines is kept, and answered with a 422."""
    wanted = ctx.params.get("transaction") or {}
    account, currency = account_of(ctx, wanted)
    amount = minor_of(wanted.get("amount"), currency) if wanted.get("amount") else 0
    if amount <= 0:
        raise BraintreeError(code="81503", on="amount")
    who = holder_of(ctx, wanted)
    is_taken = (wanted.get("options") or {}).get("submit_for_settlement") in {True, "true"}
    is_poor = who["credit_cards"][0]["last_4"] == POOR_CARD
    status = "submitted_for_settlement" if is_taken else "authorized"
    sale = shapes.Sale(
        amount,
        currency,
        ctx.now,
        "processor_declined" if is_poor else status,
        order_id=wanted.get("order_id"),
        response=REFUSED if is_poor else ("1000", "Approved"),
        account=account,
    )
    body = shapes.sale(ctx, who, sale)
    if is_poor:
        return Result("api_error_response", declined(ctx, body), ids=(body["id"],), status=INVALID)
    if is_taken:
        schedule(
            ctx.call.db,
            provider=PROVIDER,
            shelf=ctx.shelf.name,
            due=ctx.now + shapes.DAY,
            name="settle",
            object_id=body["id"],
        )
    effect = "charge.created" if is_taken else "charge.authorized"
    return Result("transaction", shown(ctx, body), effect, (body["id"], who["id"]), amount, 201)


def account_of(ctx: Context, wanted: Json) -> tuple[str, str]:
    """The merchant account named, or the default one, and the currency it takes."""
    known = merchant_accounts(ctx).body
    assert isinstance(known, Collection)  # noqa: S101  it is what that function answers with
    named = wanted.get("merchant_account_id")
    for each in known.objects:
        if each["id"] == named or (named is None and each["default"]):
            return str(each["id"]), str(each["currency_iso_code"])
    raise BraintreeError(code="91513", on="merchant_account_id")


def holder_of(ctx: Context, wanted: Json) -> Json:
    """Whose card is named; another customer's is refused."""
    token, named = wanted.get("payment_method_token"), wanted.get("customer_id")
    for who in ctx.shelf.all("customer"):
        if any(card["token"] == token for card in who["credit_cards"]):
            if named not in {None, who["id"]}:
                raise BraintreeError(code="91516", on="payment_method_token")
            return who
    raise BraintreeError(code="91518", on="payment_method_token")


def declined(ctx: Context, body: Json) -> Json:
    """What a 422 tells about a sale that a bank refused."""
    return {
        "errors": {"errors": []},
        "params": {},
        "message": REFUSED[1],
        "transaction": shown(ctx, body),
    }
