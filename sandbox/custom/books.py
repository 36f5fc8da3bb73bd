"""The system's records: charges with their refunds, subscriptions; decimals as text."""

import json
import secrets
import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.outbox import Notice, enqueue
from sandbox.provider import Call
from sandbox.shelf import Shelf
from sandbox.wire import Identity, Json

PROVIDER = "custom"
DIGITS = {"JPY": 0, "ISK": 0, "UGX": 0, "KWD": 3}
# What the store adds to a record, and what a test says of it.
UNTOLD = frozenset({"id", "created", "refund_as"})
GONE = frozenset({"succeeded", "pending"})


class RefusedError(ValueError):
    """What was asked for is impossible; the text is for the agent."""

    code = "refused"

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.message, self.status = message, status


def shelf_name(account: str) -> str:
    """Name the shelf of a company's records."""
    return f"{PROVIDER}/{account}"


def written(minor: int, currency: str) -> str:
    """Minor units as the decimal text of this currency."""
    digits = DIGITS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def minor(amount: object, currency: str) -> int:
    """A decimal, text or number, in minor units."""
    return int(Decimal(str(amount)).scaleb(DIGITS.get(currency, 2)))


@dataclass
class Books:
    """One company's records inside one transaction."""

    call: Call
    shelf: Shelf

    @property
    def now(self) -> int:
        """The sandbox time in whole seconds."""
        return int(self.call.now)

    def find(self, kind: str, name: str) -> Json:
        """One record, or a 404."""
        found = self.shelf.find(kind, name)
        if found is None:
            raise RefusedError(f"There is no {kind} {name}.", 404)
        return found

    def looked_up(self, kind: str, field: str, value: str) -> list[Json]:
        """Records with this value as a look-up shows them, which may lag behind what was done."""
        found = [each for each in self.shelf.all(kind) if each.get(field) == value]
        told = (self._as_shown(kind, each) for each in found)
        return [each for each in told if each is not None]

    def save(self, kind: str, body: Json, event: str) -> Json:
        """Keep a record's new state, and tell of it where that is switched on."""
        if self.call.visible_at:
            before = self._as_shown(kind, self.find(kind, body["id"]))
            self.shelf.hide(kind, body["id"], {"shown": before})
        self.shelf.save(kind, body)
        if self.setting("tells", "0") == "1":
            self._tell(kind, shown(body), event)
        return body

    def setting(self, name: str, default: str) -> str:
        """Read a habit of this company, given when it was opened."""
        site = self.shelf.find("site", "site") or {}
        return str(site.get(name, default))

    def _as_shown(self, kind: str, body: Json) -> Json | None:
        """What a look-up shows of a record: its newest state, the one before, or nothing yet."""
        if self.shelf.visible_from(kind, body["id"]) <= self.call.now:
            return body
        before: Json | None = self.shelf.hidden(kind, body["id"]).get("shown")
        return before

    def _tell(self, kind: str, record: Json, event: str) -> None:
        for endpoint in self.shelf.all("endpoint"):
            event_id = f"event-{secrets.token_hex(8)}"
            body = {
                "event_id": event_id,
                "created": self.now,
                "class": kind,
                "event": event,
                "data": {kind: record},
            }
            notice = Notice(
                PROVIDER,
                self.call.identity.account,
                self.shelf.name,
                endpoint["id"],
                event_id,
                event,
                endpoint["url"],
                json.dumps(body).encode(),
            )
            self.call.deliveries.append(enqueue(self.call.db, notice, self.call.now))


def books_of(call: Call, account: str) -> Books:
    """Open a company's records."""
    call.identity = Identity(account)
    shelf = Shelf(call.db, shelf_name(account), {})
    shelf.visible_at = call.visible_at
    return Books(call, shelf)


def shown(record: Json) -> Json:
    """A record as it is told: without what the store adds."""
    return {name: value for name, value in record.items() if name not in UNTOLD}


def new_charge(order: Json, now: int) -> Json:
    """A charge; `outcome` is paid, authorized or failed."""
    name = str(order.get("id") or f"inv-{secrets.token_hex(6)}")
    currency = str(order.get("currency", "EUR")).upper()
    amount = int(order.get("amount", 9000))
    created = int(order.get("created", now))
    return {
        "id": name,
        "created": created,
        "transaction_id": name,
        "customer_id": str(order.get("customer", "cus-1")),
        "customer_name": str(order.get("name", "Robin Example")),
        "customer_email": str(order.get("email", "robin@example.com")),
        "amount": written(amount, currency),
        "amount_refunded": written(0, currency),
        "currency": currency,
        "status": str(order.get("outcome", "paid")),
        "description": str(order.get("description", "Membership")),
        "occurred": created,
        "last_4_digits": "4242",
        "payment_method": "card",
        "refunds": [],
    }


def new_subscription(order: Json, now: int) -> Json:
    """A running monthly subscription."""
    name = str(order.get("id") or f"sub-{secrets.token_hex(6)}")
    return {
        "id": name,
        "created": now,
        "subscription_id": name,
        "customer_id": str(order.get("customer", "cus-1")),
        "product_id": "membership",
        "status": "active",
        "amount": "9.00",
        "currency": "EUR",
        "interval": "month",
        "interval_count": 1,
        "current_period_end": now + 2_592_000,
        **{name: str(order[name]) for name in ("status", "coupon") if name in order},
    }


def new_customer(order: Json, now: int) -> Json:
    """A customer; `card` is `declined` for one whose card says no."""
    name = str(order.get("id") or f"cus-{secrets.token_hex(6)}")
    return {
        "id": name,
        "created": now,
        "customer_id": name,
        "name": str(order.get("name", "Robin Example")),
        "email": str(order.get("email", "robin@example.com")),
        **({"card": str(order["card"])} if "card" in order else {}),
    }


def new_invoice(order: Json, now: int) -> Json:
    """An open invoice, which exists here only."""
    name = str(order.get("id") or f"bill-{secrets.token_hex(6)}")
    return {"id": name, "created": now, "invoice_id": name, "status": "open"}


def give_back(books: Books, charge: Json, amount: int, *, key: str | None, status: str) -> Json:
    """Write a refund down; refuses more than is left."""
    currency = charge["currency"]
    if charge["status"] not in {"paid", "partially refunded", "refunded"}:
        raise RefusedError("This charge was not paid.")
    if amount <= 0 or amount > minor(taken(charge), currency) - gone(charge):
        raise RefusedError("That is more than is left of this charge.")
    refund: Json = {
        "refund_id": f"back-{secrets.token_hex(6)}",
        "amount": written(amount, currency),
        "status": status,
        "occurred": books.now,
    }
    if key:
        refund["idempotency_key"] = key
    charge["refunds"].append(refund)
    keep_refund(books, refund)
    settle_total(books, charge, "charge_refunded")
    return refund


def keep_refund(books: Books, refund: Json) -> None:
    """Keep a refund by itself, too, so that each can be counted."""
    body = {"id": refund["refund_id"], "created": refund["occurred"], **refund}
    is_known = books.shelf.find("refund", body["id"]) is not None
    (books.shelf.save if is_known else books.shelf.add)("refund", body)


def settle_total(books: Books, charge: Json, event: str) -> None:
    """Sum the refunds up again."""
    total, currency = gone(charge), charge["currency"]
    charge["amount_refunded"] = written(total, currency)
    whole = minor(taken(charge), currency)
    charge["status"] = (
        "paid" if not total else "refunded" if total == whole else "partially refunded"
    )
    books.save("charge", charge, event)


def taken(charge: Json) -> str:
    """What was really taken of a charge."""
    return str(charge.get("amount_captured") or charge["amount"])


def gone(charge: Json) -> int:
    """What was given back of a charge."""
    refunds = [each for each in charge["refunds"] if each["status"] in GONE]
    return sum(minor(each["amount"], charge["currency"]) for each in refunds)


def totals(db: sqlite3.Connection, account: str | None) -> dict[str, Json]:
    """Captured and refunded money by charge, from the records."""
    rows = db.execute(
        "SELECT body FROM objects WHERE shelf LIKE ? AND kind = 'charge' ORDER BY seq",
        (shelf_name(account) if account else f"{PROVIDER}/%",),
    ).fetchall()
    charges: list[dict[str, Any]] = [json.loads(row[0]) for row in rows]
    return {
        each["transaction_id"]: {
            "currency": each["currency"],
            "captured_minor": minor(taken(each), each["currency"]),
            "refunded_minor": gone(each),
            "refunds": sum(refund["status"] in GONE for refund in each["refunds"]),
        }
        for each in charges
        if each["status"] in {"paid", "partially refunded", "refunded", "disputed"}
    }
