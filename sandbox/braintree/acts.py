"""What people and banks do: dashboard refunds, disputes, settling, and what falls due."""

import sqlite3
from collections.abc import Callable

from sandbox.braintree import disputes, subscriptions, transactions
from sandbox.braintree.amounts import minor
from sandbox.braintree.context import INDEXED, PROVIDER, Context
from sandbox.provider import Call
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json, Request

WHERE = "SELECT shelf, kind FROM objects WHERE id = ? AND shelf LIKE 'braintree/%'"


class ActError(ValueError):
    """The act cannot be done to this object."""

    code = "act_invalid"


def act(call: Call, order: Json) -> Json:
    """Do one act; the answer has the object and the notifications it caused."""
    row = call.db.execute(WHERE, (str(order["object"]),)).fetchone()
    if row is None:
        raise ActError(f"no such object: {order['object']}")
    what = ACTS.get((row["kind"], str(order["do"])))
    if what is None:
        raise ActError(f"cannot {order['do']} a {row['kind']}")
    call.identity = Identity(row["shelf"].removeprefix(f"{PROVIDER}/"))
    ctx = Context(call, Shelf(call.db, row["shelf"], INDEXED))
    body = what(ctx, ctx.need(row["kind"], str(order["object"])), order)
    return {"object": body, "notifications": ctx.told}


def run_job(db: sqlite3.Connection, job: sqlite3.Row, now: float) -> list[int]:
    """Do what falls due by itself."""
    owner = Identity(job["shelf"].removeprefix(f"{PROVIDER}/"))
    call = Call(Request("POST", "", "", {}, b""), owner, db, now)
    JOBS[job["name"]](Context(call, Shelf(db, job["shelf"], INDEXED)), job["object"])
    return call.deliveries


def _dashboard_refund(ctx: Context, body: Json, order: Json) -> Json:
    left = minor(body) - transactions.refunded_minor(ctx, body)
    amount = int(order.get("amount", left))
    if not 0 < amount <= left:
        raise ActError(f"only {left} of {body['id']} is left")
    made = transactions.record_refund(ctx, body, amount, None).body
    return made if isinstance(made, dict) else {}


def _dispute(ctx: Context, body: Json, order: Json) -> Json:
    kind = order.get("kind", "chargeback")
    return disputes.open_dispute(ctx, body, reason=order.get("reason", "fraud"), kind=kind)


def _close(ctx: Context, body: Json, order: Json) -> Json:
    return disputes.turn(ctx, body, order.get("outcome", "won"))


def _newest_refund(ctx: Context, body: Json) -> str:
    ids = body["refund_ids"]
    return str(ids[-1] if ids else body["id"])


def _settle(ctx: Context, body: Json, _order: Json) -> Json:
    """Settle a submitted transaction, else its newest refund."""
    waiting = body["status"] in {"submitted_for_settlement", "settling"}
    return transactions.settle(ctx, body["id"] if waiting else _newest_refund(ctx, body))


def _fail_refund(ctx: Context, body: Json, _order: Json) -> Json:
    return transactions.fail_refund(ctx, _newest_refund(ctx, body))


def _cancel(ctx: Context, body: Json, _order: Json) -> Json:
    transactions.turn(ctx, body, "voided")
    return body


def _expire(ctx: Context, body: Json, _order: Json) -> Json:
    return transactions.expire(ctx, body["id"])


def _refund_as(ctx: Context, body: Json, order: Json) -> Json:
    """How refunds of this sale end: settles, fails_later or declined."""
    ctx.shelf.set_hidden("transaction", body["id"], {"refund_as": order["refund_as"]})
    return body


def _end(ctx: Context, body: Json, _order: Json) -> Json:
    return subscriptions.end(ctx, body)


def _past_due(ctx: Context, body: Json, _order: Json) -> Json:
    body["balance"] = body["price"]
    subscriptions.turn(ctx, body, "Past Due")
    ctx.tell("subscription_went_past_due", "subscription", body)
    return body


ACTS: dict[tuple[str, str], Callable[[Context, Json, Json], Json]] = {
    ("transaction", "dashboard_refund"): _dashboard_refund,
    ("transaction", "dispute"): _dispute,
    ("transaction", "settle"): _settle,
    ("transaction", "fail_refund"): _fail_refund,
    ("transaction", "cancel"): _cancel,
    ("transaction", "expire"): _expire,
    ("transaction", "refund_as"): _refund_as,
    ("dispute", "close"): _close,
    ("subscription", "cancel"): _end,
    ("subscription", "fail_renewal"): _past_due,
}
JOBS: dict[str, Callable[[Context, str], Json]] = {
    "settle": transactions.settle,
    "fail_refund": transactions.fail_refund,
    "expire": transactions.expire,
}
