"""What the system does when it is called, and the look-up."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.behind import BehindRefusedError
from sandbox.custom.books import (
    Books,
    RefusedError,
    give_back,
    minor,
    new_charge,
    new_subscription,
    shown,
    written,
)
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
    status = charge.get("refund_as") or books.setting("refunds", "succeeded")
    made = give_back(books, charge, amount, key=asked["idempotency_key"], status=status)
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


def charge(books: Books, asked: Json) -> Done:
    """Take money from a customer with what is on file; hold it only, if asked to authorize."""
    is_held = asked["action"] == "authorize"
    customer = books.find("customer", asked["customer"]["customer_id"])
    currency = asked["currency"]
    amount = minor(asked["authorize_amount" if is_held else "charge_amount"], currency)
    if customer.get("card") == "declined":
        raise RefusedError("The card was declined.")
    order = {"customer": customer["id"], "amount": amount, "currency": currency}
    made = new_charge({**order, "outcome": "authorized" if is_held else "paid"}, books.now)
    made["idempotency_key"] = asked["idempotency_key"]
    books.shelf.add("charge", made)
    books.save("charge", made, "charge_new")
    effect = "charge.authorized" if is_held else "charge.created"
    ids = (customer["id"], made["transaction_id"])
    return Done({"charge": shown(made)}, effect, ids, amount)


def page(books: Books, asked: Json) -> Done:
    """Make a page for the customer: to pay, or to give another card."""
    customer = books.find("customer", asked["customer"]["customer_id"])
    key = asked["idempotency_key"]
    answer: Json = {
        "id": f"page-{key[:8]}",
        "url": f"https://billing.example/pages/{key}",
        "expires_at": books.now + 86_400,
    }
    _note(books, key, answer)
    effect = f"{asked['action']}.made"
    return Done(answer, effect, (customer["id"], answer["id"]))


def subscribe(books: Books, asked: Json) -> Done:
    """Begin a subscription."""
    customer = books.find("customer", asked["customer"]["customer_id"])
    made = new_subscription({"customer": customer["id"]}, books.now)
    made |= {
        "product_id": asked["details"]["price"],
        "quantity": asked["details"]["quantity"],
        "idempotency_key": asked["idempotency_key"],
    }
    books.shelf.add("subscription", made)
    books.save("subscription", made, "subscription_new")
    ids = (customer["id"], made["subscription_id"])
    return Done({"subscription": shown(made)}, "subscription.created", ids)


def alter(books: Books, asked: Json) -> Done:
    """Change, pause or resume a subscription, give a coupon or take it away."""
    row = books.find("subscription", asked["subscription"]["subscription_id"])
    if row["status"] == "canceled":
        raise RefusedError("This subscription has ended.")
    details = asked.get("details", {})
    changes: dict[str, Json] = {
        "change_subscription": {
            "product_id": details.get("price"),
            "quantity": details.get("quantity"),
        },
        "pause_subscription": {"status": "suspended"},
        "resume_subscription": {"status": "active"},
        "apply_coupon": {"coupon": details.get("coupon")},
        "remove_coupon": {"coupon": ""},
    }
    row |= changes[asked["action"]]
    _note(books, asked["idempotency_key"], {})
    books.save("subscription", row, "subscription_updated")
    effect = f"subscription.{asked['action']}"
    return Done(_answer(books, {"subscription": shown(row)}), effect, (row["subscription_id"],))


def note(books: Books, asked: Json) -> Done:
    """Do something that no record shows: mail or void an invoice, correct a customer's details."""
    kind = "invoice" if "invoice" in asked else "customer"
    name = asked[kind][f"{kind}_id"]
    books.find(kind, name)
    _note(books, asked["idempotency_key"], {})
    return Done({}, f"{kind}.{asked['action']}", (name,))


def look_up(books: Books, asked: Json) -> Done:
    """Show a record as it is, and what the call with this key did."""
    names = {"charge": "transaction_id"}
    kind = next((each for each in KINDS if each in asked), "")
    if not kind:
        raise RefusedError("Nothing was asked for.")
    name = asked[kind][names.get(kind, f"{kind}_id")]
    of_kind = books.looked_up(kind, "id", name)
    if not of_kind:
        raise RefusedError(f"There is no {kind} {name}.", 404)
    found: Json = {kind: shown(of_kind[0])}
    key = asked.get("idempotency_key")
    if key:
        for made in ("charge", "subscription"):
            for each in books.looked_up(made, "idempotency_key", key):
                found[made] = shown(each)
        for each in books.looked_up("note", "id", key):
            found |= {"done": True, **each["answer"]}
    return Done(found)


KINDS = ("charge", "subscription", "customer", "invoice")
FUNCTIONS: dict[str, Callable[[Books, Json], Done]] = {
    "refund": refund,
    "capture": capture,
    "void": void,
    "charge": charge,
    "authorize": charge,
    "request_payment": page,
    "create_subscription": subscribe,
    "change_subscription": alter,
    "pause_subscription": alter,
    "resume_subscription": alter,
    "cancel_subscription": cancel,
    "apply_coupon": alter,
    "remove_coupon": alter,
    "send_invoice": note,
    "void_invoice": note,
    "update_tax_details": note,
    "request_card_update": page,
    "use_payment_method": note,
    "look_up": look_up,
}


def _note(books: Books, key: str, answer: Json) -> None:
    body = {"id": key, "created": books.now, "answer": answer}
    if books.shelf.find("note", key) is None:
        books.shelf.add("note", body)


def _answer(books: Books, body: Json) -> Json:
    return {} if books.setting("answers", "object") == "plain" else body
