"""What the system does when it is called: the four functions, and the look-up."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.behind import BehindRefusedError
from sandbox.custom.books import Books, RefusedError, give_back, minor, shown, written
from sandbox.wire import Json


@dataclass(frozen=True)
class Done:
    """The answer, and what the journal says."""

    body: Json
    effect: str | None = None
    ids: tuple[str, ...] = ()
    amount: int | None = None


def refund(books: Books, asked: Json) -> Done:
    """Give back a part of a charge."""
    charge = books.find("charge", asked["charge"]["transaction_id"])
    amount = minor(asked["refund_amount"], charge["currency"])
    made = give_back(books, charge, amount, key=asked["idempotency_key"], status="succeeded")
    ids = (charge["transaction_id"], made["refund_id"])
    body = {"charge": shown(charge), "refund": made}
    return Done(_answer(books, body), "refund.created", ids, amount)


def capture(books: Books, asked: Json) -> Done:
    """Take an authorized charge, or a part of it."""
    charge = books.find("charge", asked["charge"]["transaction_id"])
    amount = minor(asked["capture_amount"], charge["currency"])
    if charge["status"] != "authorized" or not 0 < amount <= minor(
        charge["amount"], charge["currency"]
    ):
        raise RefusedError("This charge cannot be captured like that.")
    charge.update(status="paid", amount_captured=written(amount, charge["currency"]))
    books.save("charge", charge, "charge_updated")
    body = {"charge": shown(charge)}
    return Done(_answer(books, body), "charge.captured", (charge["transaction_id"],), amount)


def void(books: Books, asked: Json) -> Done:
    """Release an authorized charge."""
    charge = books.find("charge", asked["charge"]["transaction_id"])
    if charge["status"] != "authorized":
        raise RefusedError("This charge is not authorized.")
    charge["status"] = "void"
    books.save("charge", charge, "charge_updated")
    body = {"charge": shown(charge)}
    return Done(_answer(books, body), "charge.voided", (charge["transaction_id"],))


def cancel(books: Books, asked: Json) -> Done:
    """End a subscription now, or with its period."""
    name = str(asked["subscription"]["subscription_id"])
    gateway = books.setting("cancels_at", "")
    if gateway:
        return _cancel_behind(books, gateway, name, is_later=bool(asked.get("at_period_end")))
    row = books.find("subscription", name)
    if row["status"] == "canceled":
        raise RefusedError("This subscription has ended.")
    row["status"] = "pending_cancel" if asked.get("at_period_end") else "canceled"
    if row["status"] == "canceled":
        row["canceled_at"] = books.now
    books.save("subscription", row, "subscription_updated")
    body = {"subscription": shown(row)}
    return Done(_answer(books, body), "subscription.canceled", (row["subscription_id"],))


def _cancel_behind(books: Books, gateway: str, name: str, *, is_later: bool) -> Done:
    """The company ends it at its gateway with a key of its own, after steps of its own."""
    if books.call.behind is None:
        raise RefusedError("No gateway can be reached from here.")
    try:
        books.call.behind.cancel(books.call, gateway, name, is_later=is_later)
    except BehindRefusedError as error:
        raise RefusedError(str(error)) from error
    return Done({}, "subscription.cancel_passed_on", (name,))


def look_up(books: Books, asked: Json) -> Done:
    """Show a record as it is."""
    for kind in ("charge", "subscription"):
        if kind in asked:
            name = "transaction_id" if kind == "charge" else "subscription_id"
            return Done({kind: shown(books.find(kind, asked[kind][name]))})
    raise RefusedError("Nothing was asked for.")


FUNCTIONS: dict[str, Callable[[Books, Json], Done]] = {
    "refund": refund,
    "capture": capture,
    "void": void,
    "cancel_subscription": cancel,
    "look_up": look_up,
}


def _answer(books: Books, body: Json) -> Json:
    return {} if books.setting("answers", "object") == "plain" else body
