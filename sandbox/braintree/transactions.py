"""Transactions: find, refund, void, submit for settlement (reference 4.2, 4.3)."""

from sandbox.braintree import shapes
from sandbox.braintree.amounts import minor, minor_of, written
from sandbox.braintree.context import PROVIDER, Context, Result, instant
from sandbox.braintree.errors import BraintreeError
from sandbox.jobs import schedule
from sandbox.shelf import Match
from sandbox.wire import Json

REFUNDABLE = {"settled", "settling"}
VOIDABLE = {"authorized", "submitted_for_settlement"}
ENDED_BADLY = {
    "failed",
    "gateway_rejected",
    "processor_declined",
    "settlement_declined",
    "settlement_failed",
    "voided",
}
LONGEST_ORDER_ID = 255


def shown(ctx: Context, body: Json) -> Json:
    """A transaction with its disputes, which are kept apart."""
    disputes = ctx.shelf.all("dispute", Match("transaction.id", (body["id"],)))
    return {**body, "disputes": disputes}


def find(ctx: Context) -> Result:
    """GET transactions/*."""
    body = ctx.need("transaction", ctx.args[0])
    return Result("transaction", shown(ctx, body), ids=(body["id"],))


def create_refund(ctx: Context) -> Result:
    """POST transactions/*/refund."""
    of = ctx.need("transaction", ctx.args[0])
    wanted = ctx.params.get("transaction") or {}
    _check_order_id(wanted)
    _check_refundable(ctx, of)
    left = minor(of) - refunded_minor(ctx, of)
    currency = of["currency_iso_code"]
    asked = wanted.get("amount")
    amount = minor_of(asked, currency) if asked else left
    if not amount:
        raise BraintreeError(code="81503", on="amount")
    if amount > left:
        raise BraintreeError(code="91521", on="amount")
    return record_refund(ctx, of, amount, wanted.get("order_id") or of["order_id"])


def record_refund(ctx: Context, of: Json, amount: int, order_id: str | None) -> Result:
    """Write a refund: it begins as submitted for settlement and settles a day later."""
    how = ctx.shelf.hidden("transaction", of["id"]).get("refund_as", "settles")
    if how == "declined":
        raise BraintreeError(code="915200")
    new = shapes.Sale(
        amount, of["currency_iso_code"], ctx.now, "submitted_for_settlement", order_id=order_id
    )
    body = shapes.refund(ctx, of, new)
    body["status_history"] = body["status_history"][1:]
    ctx.shelf.save("transaction", body)
    schedule(
        ctx.call.db,
        provider=PROVIDER,
        shelf=ctx.shelf.name,
        due=ctx.now + shapes.DAY,
        name="fail_refund" if how == "fails_later" else "settle",
        object_id=body["id"],
    )
    return Result(
        "transaction", shown(ctx, body), "refund.created", (body["id"], of["id"]), amount, 201
    )


def refunded_minor(ctx: Context, of: Json) -> int:
    """What went back, or is on its way."""
    return sum(minor(each) for each in refunds_of(ctx, of) if each["status"] not in ENDED_BADLY)


def refunds_of(ctx: Context, of: Json) -> list[Json]:
    """The refunds of a sale, oldest first."""
    return [ctx.need("transaction", each) for each in of["refund_ids"]]


def _check_order_id(wanted: Json) -> None:
    if len(wanted.get("order_id") or "") > LONGEST_ORDER_ID:
        raise BraintreeError(code="91501", on="order_id")


def _check_refundable(ctx: Context, of: Json) -> None:
    if of["type"] == "credit":
        raise BraintreeError(code="91505")
    if of["status"] not in REFUNDABLE:
        raise BraintreeError(code="91506")
    if refunded_minor(ctx, of) >= minor(of):
        raise BraintreeError(code="91512")


def void(ctx: Context) -> Result:
    """PUT transactions/*/void: always the whole amount, until settling starts."""
    body = ctx.need("transaction", ctx.args[0])
    if body["status"] not in VOIDABLE:
        raise BraintreeError(code="91504")
    turn(ctx, body, "voided")
    effect = "refund.canceled" if body["type"] == "credit" else "charge.voided"
    return Result("transaction", shown(ctx, body), effect, (body["id"],), minor(body))


def submit(ctx: Context) -> Result:
    """PUT transactions/*/submit_for_settlement: less than the whole releases the rest."""
    body = ctx.need("transaction", ctx.args[0])
    wanted = ctx.params.get("transaction") or {}
    if body["status"] != "authorized":
        raise BraintreeError(code="91507")
    currency = body["currency_iso_code"]
    asked = wanted.get("amount")
    amount = minor_of(asked, currency) if asked else minor(body)
    if amount > minor(body):
        raise BraintreeError(code="91522", on="amount")
    body["amount"] = written(amount, currency)
    turn(ctx, body, "submitted_for_settlement")
    schedule(
        ctx.call.db,
        provider=PROVIDER,
        shelf=ctx.shelf.name,
        due=ctx.now + shapes.DAY,
        name="settle",
        object_id=body["id"],
    )
    return Result("transaction", shown(ctx, body), "charge.captured", (body["id"],), amount)


def turn(ctx: Context, body: Json, status: str) -> None:
    """Give a transaction its next status."""
    body["status"] = status
    body["updated_at"] = instant(ctx.now)
    body["status_history"] = [*body["status_history"], shapes.event(body, status, ctx.now)]
    ctx.shelf.save("transaction", body)


def settle(ctx: Context, object_id: str) -> Json:
    """Let what was submitted settle."""
    body = ctx.need("transaction", object_id)
    if body["status"] in {"submitted_for_settlement", "settling"}:
        turn(ctx, body, "settled")
        ctx.tell("transaction_settled", "transaction", body)
    return body


def settle_now(ctx: Context) -> Result:
    """PUT transactions/*/settle: Braintree's sandbox has it for tests, production has not."""
    body = settle(ctx, ctx.args[0])
    if body["status"] != "settled":
        raise BraintreeError(code="91507")
    return Result("transaction", shown(ctx, body), "charge.settled", (body["id"],))


def fail_refund(ctx: Context, object_id: str) -> Json:
    """Let a refund fail, even after it settled."""
    body = ctx.need("transaction", object_id)
    if body["type"] == "credit" and body["status"] not in ENDED_BADLY:
        turn(ctx, body, "processor_declined")
        body["processor_response_text"] = "Declined - Closed Card"
        ctx.shelf.save("transaction", body)
        ctx.tell("refund_failed", "transaction", body)
    return body


def expire(ctx: Context, object_id: str) -> Json:
    """Let an authorization run out."""
    body = ctx.need("transaction", object_id)
    if body["status"] == "authorized":
        turn(ctx, body, "authorization_expired")
    return body
