"""What people do at the company's own system, and what tests create there."""

from sandbox.custom.books import (
    Books,
    books_of,
    give_back,
    keep_refund,
    minor,
    new_charge,
    new_customer,
    new_invoice,
    new_subscription,
    settle_total,
    shelf_name,
    shown,
    taken,
)
from sandbox.provider import Call
from sandbox.wire import Json

FIND = "SELECT shelf, kind FROM objects WHERE id = ? AND shelf LIKE 'custom/%'"
MINUTE = 60
MAKERS = {
    "charge": new_charge,
    "subscription": new_subscription,
    "customer": new_customer,
    "invoice": new_invoice,
}
HABITS = ("answers", "refunds", "remembers_keys", "tells", "cancels_at")


class ActError(ValueError):
    """The act cannot be done to this object."""

    code = "act_invalid"


def act(call: Call, order: Json) -> Json:
    """Do one act; the object's id says at which company."""
    row = call.db.execute(FIND, (str(order["object"]),)).fetchone()
    if row is None:
        raise ActError(f"there is no {order['object']}")
    books = books_of(call, row["shelf"].partition("/")[2])
    record, what = books.find(row["kind"], str(order["object"])), str(order["do"])
    if row["kind"] == "refund":
        # Of a charge, and known by it.
        row = {**row, "kind": "charge"}
        record = next(
            each
            for each in books.shelf.all("charge")
            if any(one["refund_id"] == order["object"] for one in each["refunds"])
        )
    if row["kind"] == "subscription" and what == "cancel":
        record.update(status="canceled", canceled_at=books.now)
        return {"object": shown(books.save("subscription", record, "subscription_updated"))}
    if row["kind"] != "charge":
        raise ActError(f"cannot {what} {order['object']}")
    _on_charge(books, record, what, order)
    return {"object": shown(record)}


def create(call: Call, order: Json) -> Json:
    """Carry out an order of /_control/accounts, /_control/seed or /_control/objects."""
    books = books_of(call, str(order["account"]))
    if order["_route"] == "accounts":
        return _open(books, order)
    if order["_route"] == "seed":
        return _fill(books, order)
    kind = str(order["object"])
    if kind == "endpoint":
        body = {"id": str(order["url"]), "created": books.now, "url": str(order["url"])}
        books.shelf.add("endpoint", body)
        return {"object": body}
    make = MAKERS[kind]
    body = make(order, books.now)
    known = books.shelf.find(kind, str(body["id"]))
    if known is None:
        books.shelf.add(kind, body)
    return {"object": {**shown(known or body), "id": body["id"]}}


def _open(books: Books, order: Json) -> Json:
    habits = {name: str(order[name]) for name in HABITS if name in order}
    body = {"id": "site", "created": books.now, "secret": str(order["secret"]), **habits}
    if books.shelf.find("site", "site") is None:
        books.shelf.add("site", body)
    else:
        books.shelf.save("site", body)
    made = _fill(books, order["seed"]) if order.get("seed") else {}
    return {
        "account": books.call.identity.account,
        "shelf": shelf_name(str(order["account"])),
        **made,
    }


def _fill(books: Books, order: Json) -> Json:
    total = int(order.get("charges", 0))
    made = []
    for place in range(total):
        made.append(
            new_charge({**order, "created": books.now - (total - place) * MINUTE}, books.now)
        )
        books.shelf.add("charge", made[-1])
    return {"charges": [each["id"] for each in made]}


def _on_charge(books: Books, charge: Json, what: str, order: Json) -> None:
    if what == "dashboard_refund":
        left = minor(taken(charge), charge["currency"])
        amount = int(order.get("amount", left))
        status = str(order.get("status", "succeeded"))
        give_back(books, charge, amount, key=order.get("key"), status=status)
    elif what in {"fail_refund", "settle"}:
        named = [each for each in charge["refunds"] if each["refund_id"] == order["object"]]
        refund = (named or charge["refunds"])[-1]
        refund["status"] = "failed" if what == "fail_refund" else "succeeded"
        keep_refund(books, refund)
        settle_total(books, charge, "charge_updated")
    elif what == "refund_as":
        charge["refund_as"] = str(order["refund_as"])
        books.shelf.save("charge", charge)
    elif what == "cancel" and charge["status"] == "authorized":
        charge["status"] = "void"
        books.save("charge", charge, "charge_updated")
    elif what == "dispute":
        charge["status"] = "disputed"
        books.save("charge", charge, "charge_disputed")
    else:
        raise ActError(f"cannot {what} {order['object']}")
