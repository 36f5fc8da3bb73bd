"""What people and banks do: dashboard refunds, disputes, settling, and what falls due by itself."""

import sqlite3
from collections.abc import Callable

from sandbox.provider import Call
from sandbox.shelf import Match, Shelf
from sandbox.stripe import (
    checkout,
    disputes,
    fraud_warnings,
    invoices,
    payment_intents,
    refund_life,
    refunds,
    renewals,
    subscriptions,
    visits,
    webhook_endpoints,
)
from sandbox.stripe.context import INDEXED, Context, shelf_name
from sandbox.wire import Identity, Json, Request

SHELVES = "SELECT DISTINCT shelf FROM objects WHERE kind = ? AND id = ? AND shelf LIKE 'stripe/%'"


class ActError(ValueError):
    """The act cannot be done to this object."""

    code = "act_invalid"


def act(call: Call, order: Json) -> Json:
    """Do one act; the object's id says in which account."""
    object_id = str(order["object"])
    kind = kind_of(object_id)
    what = ACTS.get((kind, str(order["do"])))
    if what is None:
        raise ActError(f"cannot {order['do']} a {kind}")
    ctx = _context_of(call, kind, object_id)
    return {"object": what(ctx, ctx.need(kind, object_id), order)}


def kind_of(object_id: str) -> str:
    """Tell the kind of an object from its id."""
    prefixes = {
        "ch": "charge",
        "py": "charge",
        "pi": "payment_intent",
        "re": "refund",
        "pyr": "refund",
        "du": "dispute",
        "dp": "dispute",
        "sub": "subscription",
        "cs": "checkout.session",
        "cus": "customer",
        "in": "invoice",
        "we": "webhook_endpoint",
    }
    kind = prefixes.get(object_id.split("_", maxsplit=1)[0])
    if kind is None:
        raise ActError(f"nothing can be done to {object_id}")
    return kind


def run_job(db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
    """Do what falls due by itself."""
    call = Call(Request("POST", "", "", {}, b""), _owner(job["shelf"]), db, now)
    ctx = Context(call, Shelf(db, job["shelf"], INDEXED))
    JOBS[job["name"]](ctx, job["object"])
    return call.deliveries


def _context_of(call: Call, kind: str, object_id: str) -> Context:
    rows = call.db.execute(SHELVES, (kind, object_id)).fetchall()
    if not rows:
        raise ActError(f"no such object: {object_id}")
    shelf = rows[0]["shelf"]
    call.identity = _owner(shelf)
    return Context(call, Shelf(call.db, shelf, INDEXED))


def _owner(shelf: str) -> Identity:
    _, account, mode = shelf.split("/")
    return Identity(account, mode == "live")


def account_context(call: Call) -> Context:
    """Work in the account a control order names."""
    name = shelf_name(call.identity.account, livemode=call.identity.livemode)
    return Context(call, Shelf(call.db, name, INDEXED))


def _charge_of(ctx: Context, body: Json) -> Json:
    return body if body["object"] == "charge" else ctx.need("charge", body["latest_charge"])


def _dashboard_refund(ctx: Context, body: Json, order: Json) -> Json:
    ctx.params = {"charge": _charge_of(ctx, body)["id"]}
    for name in ("amount", "reason"):
        if name in order:
            ctx.params[name] = str(order[name])
    result = refunds.create_refund(ctx)
    return result.body if isinstance(result.body, dict) else {}


def _dispute(ctx: Context, body: Json, order: Json) -> Json:
    complaint = disputes.Complaint(
        ctx.now,
        order.get("reason", "fraudulent"),
        order.get("status", "needs_response"),
        order.get("amount"),
    )
    return disputes.open_dispute(ctx, _charge_of(ctx, body), complaint)


def _warn_of_fraud(ctx: Context, body: Json, order: Json) -> Json:
    fraud_type = order.get("fraud_type", "unauthorized_use_of_card")
    if fraud_type not in fraud_warnings.FRAUD_TYPES:
        raise ActError(f"no such type of fraud: {fraud_type}")
    return fraud_warnings.warn_of_fraud(ctx, _charge_of(ctx, body), fraud_type)


def _close(ctx: Context, body: Json, order: Json) -> Json:
    return disputes.close_dispute_as(ctx, body, order.get("outcome", "won"))


def _settle_refund(ctx: Context, body: Json, _order: Json) -> Json:
    return refund_life.settle_refund(ctx, body["id"])


def _fail_refund(ctx: Context, body: Json, order: Json) -> Json:
    return refund_life.fail_refund(ctx, body["id"], order.get("reason", "expired_or_canceled_card"))


def _cancel_refund(ctx: Context, body: Json, _order: Json) -> Json:
    return refund_life.cancel_now(ctx, body)


def _fail_latest_refund(ctx: Context, body: Json, order: Json) -> Json:
    return refund_life.fail_refund(
        ctx,
        _latest_refund(ctx, body)["id"],
        order.get("reason", "expired_or_canceled_card"),
    )


def _latest_refund(ctx: Context, body: Json) -> Json:
    found = ctx.shelf.all("refund", Match("charge", (_charge_of(ctx, body)["id"],)))
    if not found:
        raise ActError(f"{body['id']} has no refund")
    return found[0]


def _settle_charge(ctx: Context, body: Json, _order: Json) -> Json:
    """Settle what is pending: the charge itself, else its newest refund."""
    charge = _charge_of(ctx, body)
    if charge["status"] != "pending":
        return refund_life.settle_refund(ctx, _latest_refund(ctx, body)["id"])
    return payment_intents.settle_charge(ctx, charge)


def _cancel_charge(ctx: Context, body: Json, _order: Json) -> Json:
    intent = (
        body
        if body["object"] == "payment_intent"
        else ctx.need("payment_intent", body["payment_intent"])
    )
    payment_intents.cancel_now(ctx, intent, "requested_by_customer")
    return intent


def _capture(ctx: Context, body: Json, order: Json) -> Json:
    intent = (
        body
        if body["object"] == "payment_intent"
        else ctx.need("payment_intent", body["payment_intent"])
    )
    ctx.args, ctx.params = (intent["id"],), {}
    if "amount" in order:
        ctx.params["amount_to_capture"] = str(order["amount"])
    result = payment_intents.capture_intent(ctx)
    return result.body if isinstance(result.body, dict) else {}


def _expire(ctx: Context, body: Json, _order: Json) -> Json:
    charge = _charge_of(ctx, body)
    payment_intents.expire_charge(ctx, charge["id"])
    return ctx.need("charge", charge["id"])


def _set_behaviour(ctx: Context, body: Json, order: Json) -> Json:
    charge = _charge_of(ctx, body)
    extra = ctx.shelf.hidden("charge", charge["id"])
    ctx.shelf.set_hidden("charge", charge["id"], {**extra, "refund_as": order["refund_as"]})
    return charge


def _cancel_subscription(ctx: Context, body: Json, _order: Json) -> Json:
    return subscriptions.end_now(ctx, body, {"reason": "cancellation_requested"})


def _cancel_invoice(ctx: Context, body: Json, _order: Json) -> Json:
    ctx.args = (body["id"],)
    invoices.void_invoice(ctx)
    return ctx.need("invoice", body["id"])


def _send_invoice(ctx: Context, body: Json, _order: Json) -> Json:
    ctx.args = (body["id"],)
    invoices.send_invoice(ctx)
    return ctx.need("invoice", body["id"])


def _pay(ctx: Context, session: Json, order: Json) -> Json:
    return visits.complete(ctx, session, order.get("card", visits.USUAL_CARD))[0]


def _expire_session(ctx: Context, session: Json, _order: Json) -> Json:
    checkout.expire_when_due(ctx, session["id"])
    return ctx.need("checkout.session", session["id"])


ACTS: dict[tuple[str, str], Callable[[Context, Json, Json], Json]] = {
    ("refund", "settle"): _settle_refund,
    ("refund", "fail_refund"): _fail_refund,
    ("refund", "cancel"): _cancel_refund,
    ("dispute", "close"): _close,
    ("checkout.session", "pay"): _pay,
    ("checkout.session", "expire"): _expire_session,
    ("subscription", "cancel"): _cancel_subscription,
    ("invoice", "cancel"): _cancel_invoice,
    ("invoice", "send"): _send_invoice,
    ("subscription", "renew"): renewals.renew_now,
    ("subscription", "fail_renewal"): renewals.fail_renewal,
    ("webhook_endpoint", "roll_secret"): webhook_endpoints.roll_secret,
    ("webhook_endpoint", "set_style"): webhook_endpoints.set_style,
}
for _kind in ("charge", "payment_intent"):
    ACTS |= {
        (_kind, "dashboard_refund"): _dashboard_refund,
        (_kind, "dispute"): _dispute,
        (_kind, "fraud_warning"): _warn_of_fraud,
        (_kind, "settle"): _settle_charge,
        (_kind, "fail_refund"): _fail_latest_refund,
        (_kind, "cancel"): _cancel_charge,
        (_kind, "capture"): _capture,
        (_kind, "expire"): _expire,
        (_kind, "refund_as"): _set_behaviour,
    }

JOBS: dict[str, Callable[[Context, str], object]] = {
    "settle_refund": refund_life.settle_refund,
    "fail_refund": refund_life.fail_refund,
    "expire_session": checkout.expire_when_due,
    "expire_charge": payment_intents.expire_charge,
    "end_subscription": subscriptions.end_when_due,
    "renew_subscription": renewals.renew_when_due,
}
