"""What people and banks do: dashboard refunds, chargebacks, settling, and what falls due."""

import sqlite3
from collections.abc import Callable

from sandbox.provider import Call
from sandbox.recurly import history, subscriptions
from sandbox.recurly.context import Context, context_of, stamp
from sandbox.recurly.shapes import minor
from sandbox.wire import Identity, Json, Request

FIND = "SELECT shelf, kind FROM objects WHERE id = ? AND shelf LIKE 'recurly/%'"


class ActError(ValueError):
    """The act cannot be done to this object."""

    code = "act_invalid"


def act(call: Call, order: Json) -> Json:
    """Do one act; the object's id says in which site."""
    row = call.db.execute(FIND, (str(order["object"]),)).fetchone()
    what = ACTS.get((row["kind"], str(order["do"]))) if row else None
    if row is None or what is None:
        raise ActError(f"cannot {order['do']} {order['object']}")
    ctx = context_of(call, row["shelf"])
    return {"object": what(ctx, ctx.need(row["kind"], order["object"]), order)}


def run_job(db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
    """Let a canceled subscription end."""
    call = Call(Request("POST", "", "", {}, b""), Identity(""), db, now)
    ctx = context_of(call, job["shelf"])
    body = ctx.need("subscription", job["object"])
    if body["state"] == "canceled":
        subscriptions.expire(ctx, body)
    return call.deliveries


def _dashboard_refund(ctx: Context, charge: Json, order: Json) -> Json:
    bill = ctx.need("invoice", charge["invoice"]["id"])
    left = minor(bill["refundable_amount"], bill["currency"])
    amount = int(order.get("amount", left))
    back = history.Return(amount, order.get("notes"), "recurly_admin")
    return history.give_back(ctx, bill, charge, back)[1]


def _charge_back(ctx: Context, charge: Json, _order: Json) -> Json:
    charge.update(status="chargeback", success=False)
    ctx.save("transaction", charge)
    ctx.emit("payment", "transaction_status_updated", charge)
    return charge


def _settle(ctx: Context, body: Json, _order: Json) -> Json:
    """Settle a pending refund, or the charge that could only be voided until now."""
    if body["type"] == "refund":
        body.update(status="success", success=True)
        ctx.save("transaction", body)
        ctx.emit("payment", "transaction_status_updated", body)
    else:
        extra = ctx.shelf.hidden("transaction", body["id"])
        ctx.shelf.set_hidden("transaction", body["id"], {**extra, "settled": True})
    return body


def _unsettle(ctx: Context, charge: Json, _order: Json) -> Json:
    """As a charge is in its first hours: what gives it back whole will void it."""
    extra = ctx.shelf.hidden("transaction", charge["id"])
    ctx.shelf.set_hidden("transaction", charge["id"], {**extra, "settled": False})
    return charge


def _void(ctx: Context, charge: Json, order: Json) -> Json:
    """The gateway behind drops a charge, and no refund is the reason; `state` is the invoice's."""
    charge.update(status="void", success=False, voided_at=stamp(ctx.now))
    ctx.save("transaction", charge)
    bill = ctx.need("invoice", charge["invoice"]["id"])
    bill["state"] = str(order.get("state", "failed"))
    ctx.save("invoice", bill)
    ctx.emit("payment", "voided", charge)
    return charge


def _fail_refund(ctx: Context, body: Json, _order: Json) -> Json:
    refund = body if body["type"] == "refund" else history.refunds_of(ctx, body["id"])[0]
    return history.undo(ctx, refund, status="declined")


def _refund_as(ctx: Context, charge: Json, order: Json) -> Json:
    extra = ctx.shelf.hidden("transaction", charge["id"])
    changed = {**extra, "refund_as": order["refund_as"]}
    ctx.shelf.set_hidden("transaction", charge["id"], changed)
    return charge


def _cancel(ctx: Context, body: Json, _order: Json) -> Json:
    return subscriptions.expire(ctx, body)


def _cancel_later(ctx: Context, body: Json, _order: Json) -> Json:
    return subscriptions.end_later(ctx, body)


def _begin_pause(ctx: Context, body: Json, _order: Json) -> Json:
    return subscriptions.begin_pause(ctx, body)


def _rename(ctx: Context, plan: Json, order: Json) -> Json:
    """A plan gets another code; whoever names its id still means it."""
    plan["code"] = str(order["code"])
    ctx.save("plan", plan)
    return plan


def _roll_secret(ctx: Context, body: Json, order: Json) -> Json:
    body["secrets"] = [order["secret"], body["secrets"][0]]
    body["rolled_at"] = stamp(ctx.now)
    ctx.shelf.save("endpoint", body)
    return body


ACTS: dict[tuple[str, str], Callable[[Context, Json, Json], Json]] = {
    ("transaction", "dashboard_refund"): _dashboard_refund,
    ("transaction", "dispute"): _charge_back,
    ("transaction", "settle"): _settle,
    ("transaction", "unsettle"): _unsettle,
    ("transaction", "void"): _void,
    ("transaction", "fail_refund"): _fail_refund,
    ("transaction", "refund_as"): _refund_as,
    ("subscription", "cancel"): _cancel,
    ("subscription", "cancel_later"): _cancel_later,
    ("subscription", "begin_pause"): _begin_pause,
    ("plan", "rename"): _rename,
    ("endpoint", "roll_secret"): _roll_secret,
}
