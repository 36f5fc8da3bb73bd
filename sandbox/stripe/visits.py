"""What a customer does on a Checkout page: pay, or leave a card."""

from sandbox.stripe import cards, new_payments, shapes
from sandbox.stripe.context import Context
from sandbox.stripe.errors import DECLINED, refused
from sandbox.stripe.shapes import people
from sandbox.wire import Json

USUAL_CARD = "pm_card_visa"


def complete(ctx: Context, session: Json, method_id: str = USUAL_CARD) -> tuple[Json, str]:
    """Let the customer finish; answers the session, and the bank's sentence if it said no."""
    if session["status"] != "open":
        raise refused(f"This Checkout Session has a status of {session['status']}.")
    done = _pay if session["mode"] == "payment" else _leave_card
    refusal = done(ctx, session, method_id)
    if refusal:
        return session, refusal
    session.update(status="complete", url=None)
    ctx.shelf.save("checkout.session", session)
    ctx.emit("checkout.session.completed", session)
    return session, ""


def _pay(ctx: Context, session: Json, method_id: str) -> str:
    intent = _intent(ctx, session)
    result = new_payments.attempt(ctx, intent, _offered(ctx, method_id), is_present=True)
    if result.status == DECLINED:
        return str(intent["last_payment_error"]["message"])
    is_paid = intent["status"] == "succeeded"
    session.update(payment_intent=intent["id"], payment_status="paid" if is_paid else "unpaid")
    return ""


def _intent(ctx: Context, session: Json) -> Json:
    """The payment behind a page is made at the first attempt, and kept for the next ones."""
    behind = ctx.shelf.hidden("checkout.session", session["id"])
    known = ctx.shelf.find("payment_intent", behind.get("intent", ""))
    if known:
        return known
    who = ctx.shelf.find("customer", session["customer"] or "")
    pay = shapes.Payment(
        session["amount_total"],
        session["currency"],
        ctx.now,
        shapes.Method("", "visa", "", ""),
        "failed",
        behind.get("description"),
        metadata=behind["metadata"],
    )
    intent = shapes.payment_intent(ctx.new_id("pi_3"), None, pay, who, livemode=ctx.livemode)
    intent["capture_method"] = behind.get("capture_method") or "automatic_async"
    ctx.shelf.add("payment_intent", intent)
    ctx.shelf.set_hidden("checkout.session", session["id"], {**behind, "intent": intent["id"]})
    ctx.emit("payment_intent.created", intent)
    return intent


def _offered(ctx: Context, method_id: str) -> shapes.Method:
    """The card typed in on the page: kept, and attached to nobody."""
    method = cards.card(ctx, method_id, None)
    if ctx.shelf.find("payment_method", method.id) is None:
        body = people.payment_method(method, ctx.now, None, livemode=ctx.livemode)
        ctx.shelf.add("payment_method", body)
    return method


def _leave_card(ctx: Context, session: Json, method_id: str) -> str:
    method = cards.card(ctx, method_id, None)
    refusal = cards.refusal(method, is_present=True)
    if refusal:
        return refusal[2]
    who = ctx.need("customer", session["customer"])
    behind = ctx.shelf.hidden("checkout.session", session["id"])
    setup = shapes.setup_intent(
        ctx.new_id("seti_1"), ctx.now, who, behind["metadata"], livemode=ctx.livemode
    )
    body = people.payment_method(method, ctx.now, who, livemode=ctx.livemode)
    setup.update(status="succeeded", payment_method=method.id)
    session["setup_intent"] = setup["id"]
    ctx.shelf.add("payment_method", body)
    ctx.shelf.add("setup_intent", setup)
    # Attached, and no more: that it becomes the one to be charged is the merchant's to say (7).
    ctx.emit("payment_method.attached", body)
    ctx.emit("setup_intent.created", setup)
    ctx.emit("setup_intent.succeeded", setup)
    return ""
