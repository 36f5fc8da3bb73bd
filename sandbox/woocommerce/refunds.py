"""Refunds: no key, no lock, and the same 500 for every refusal (reference A5)."""

import threading
import time
from decimal import Decimal, InvalidOperation

from sandbox.behind import BehindRefusedError
from sandbox.shelf import Match
from sandbox.wire import Json
from sandbox.woocommerce.errors import invalid_id, invalid_param, no_plugin, refund_refused
from sandbox.woocommerce.lists import collection
from sandbox.woocommerce.money import to_minor
from sandbox.woocommerce.rendering import shown
from sandbox.woocommerce.shop import Result, Shop

BY_HAND = frozenset({"bacs", "cheque", "cod"})
# What the shop has plug-ins for, by how their names begin; the rest was removed, or never one.
PLUGINS = ("stripe", "ppcp-", "braintree_", "woocommerce_payments")
# How the names of payment plug-ins begin (reference A8).
BEHIND = {"stripe": "stripe", "ppcp-": "paypal", "braintree_": "braintree"}
EMPTY = object()


class Recent:
    """When which refund was written, to know whom a parallel request had not seen yet."""

    def __init__(self) -> None:
        self._written: dict[int, float] = {}
        self._lock = threading.Lock()

    def note(self, number: int) -> None:
        """A refund has just been written."""
        with self._lock:
            self._written[number] = time.monotonic()

    def unseen(self, rows: list[Json], arrived: float) -> int | None:
        """The newest refund that was not there when the request at hand arrived.

        Only one: of three parallel refunds of 15 on an order of 20 two succeed (reference A5).
        """
        with self._lock:
            young = [row["id"] for row in rows if self._written.get(row["id"], 0.0) > arrived]
        return max(young, default=None)


RECENT = Recent()


def create(shop: Shop, args: tuple[str, ...]) -> Result:
    """POST /orders/{id}/refunds."""
    if isinstance(shop.params.get("amount"), int | float):
        raise invalid_param("amount", "amount is not of type string.")
    order = _order(shop, args[0])
    amount = _amount(shop, order)
    wants_money = shop.params.get("api_refund", True) is not False
    how = shop.shelf.hidden("order", str(order["id"])).get("refund_as", "succeeded")
    if wants_money and not gives_back(order["payment_method"]):
        raise refund_refused("The payment gateway for this order does not support refunds.")
    if wants_money and how == "declined":
        raise refund_refused("There was a problem initiating a refund: insufficient funds.")
    if wants_money and how == "timeout":
        # The gateway moved the money and its answer was lost: the shop takes its row back.
        _move(shop, order, amount)
        raise MovedError(
            "cURL error 28: Operation timed out.", str(order["id"]), _minor(amount, order)
        )
    is_dead = wants_money and how in {"killed", "killed_before"}
    has_moved = wants_money and how != "killed_before"
    if has_moved:
        _move(shop, order, amount)
    row = write_row(shop, order, amount, is_paid=wants_money and not is_dead)
    ids = (str(row["id"]), str(order["id"]))
    body = EMPTY if is_dead else shown(shop, "refund", row)
    status = 200 if is_dead else 201
    effect = "refund.created" if has_moved or not wants_money else "order.updated"
    return Result(body, effect, ids, _minor(amount, order), status=status)


class MovedError(Exception):
    """A refusal by the shop of what its payment gateway has done."""

    def __init__(self, message: str, order_id: str, amount: int) -> None:
        super().__init__(message)
        self.refusal, self.ids, self.amount = refund_refused(message), (order_id,), amount


def gives_back(method: str) -> bool:
    """Whether the shop has a plug-in of this name that can refund."""
    return method.startswith(PLUGINS)


def plugin(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /payment_gateways/{id}: a payment method the shop knows, and what it can do."""
    if args[0] not in BY_HAND and not gives_back(args[0]):
        raise no_plugin()
    supports = ["products", "refunds"] if gives_back(args[0]) else ["products"]
    body = {"id": args[0], "enabled": True, "method_supports": supports}
    return Result(body, ids=args)


def write_row(shop: Shop, order: Json, amount: Decimal | None, *, is_paid: bool) -> Json:
    """Write a refund down; it moves the order's time and, when all is back, its status."""
    params = shop.params
    total = Decimal(order["total"])
    is_full = amount is not None and _left(shop, order, None) - amount <= 0
    row = shop.add(
        "refund",
        {
            "id": shop.new_id(),
            "parent_id": order["id"],
            "amount": "" if amount is None else shop.written(amount),
            "reason": str(params.get("reason") or ""),
            "refunded_by": 1,
            "refunded_payment": is_paid,
            "meta_data": [
                {"id": 1, "key": "_refund_type", "value": "full" if amount == total else "partial"}
            ]
            if is_paid
            else [],
            "line_items": [],
            "shipping_lines": [],
            "tax_lines": [],
            "fee_lines": [],
        },
    )
    RECENT.note(row["id"])
    if is_full:
        order["status"] = "refunded"
    shop.save("order", order)
    return row


def set_refunded(shop: Shop, order: Json) -> None:
    """PUT status=refunded: a record of the rest without any money (reference A5)."""
    left = _left(shop, order, None)
    if left > 0:
        write_row(shop, order, left, is_paid=False)


def listed(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /orders/{id}/refunds."""
    order = _order(shop, args[0])
    found = collection(shop, "refund", shop.all("refund", Match("parent_id", (str(order["id"]),))))
    assert isinstance(found.body, list)  # noqa: S101  as collections are
    found.body = [{k: v for k, v in each.items() if k != "parent_id"} for each in found.body]
    found.ids = (str(order["id"]),)
    return found


def listed_all(shop: Shop, _args: tuple[str, ...]) -> Result:
    """GET /refunds, which old shops do not have."""
    return collection(shop, "refund", shop.all("refund"))


def retrieved(shop: Shop, args: tuple[str, ...]) -> Result:
    """GET /orders/{id}/refunds/{id}."""
    row = shop.need("refund", args[1])
    if str(row["parent_id"]) != args[0]:
        raise invalid_id("shop_order_refund")
    return Result(shown(shop, "refund", row), ids=(args[1], args[0]))


def give_back(shop: Shop, order: Json, amount: Decimal, reason: str) -> Json:
    """Refund as a person does in the shop's own pages, money included."""
    _move(shop, order, amount)
    row = write_row(shop, order, amount, is_paid=True)
    row["reason"] = reason
    shop.shelf.save("refund", row)
    return row


def _order(shop: Shop, number: str) -> Json:
    found = shop.shelf.find("order", number)
    if found is None:
        raise invalid_id("order")
    return found


def _amount(shop: Shop, order: Json) -> Decimal | None:
    told = shop.params.get("amount")
    if told in (None, ""):
        return None
    try:
        amount = Decimal(str(told))
    except InvalidOperation as error:
        raise refund_refused("Invalid refund amount.") from error
    amount = Decimal(shop.written(amount))
    rows = shop.all("refund", Match("parent_id", (str(order["id"]),)))
    unseen = RECENT.unseen(rows, shop.arrived) if shop.arrived else None
    if amount <= 0 or amount > _left(shop, order, unseen):
        raise refund_refused("Invalid refund amount.")
    return amount


def _left(shop: Shop, order: Json, unseen: int | None) -> Decimal:
    rows = shop.all("refund", Match("parent_id", (str(order["id"]),)))
    taken = sum((Decimal(each["amount"] or 0) for each in rows if each["id"] != unseen), Decimal(0))
    return Decimal(order["total"]) - taken


def _move(shop: Shop, order: Json, amount: Decimal | None) -> None:
    _move_behind(shop, order, amount)
    extra = shop.shelf.hidden("order", str(order["id"]))
    # Without an amount the payment gateway gives everything back.
    moved = str(amount if amount is not None else Decimal(order["total"]))
    shop.shelf.set_hidden(
        "order", str(order["id"]), {**extra, "moved": [*extra.get("moved", ()), moved]}
    )


def _move_behind(shop: Shop, order: Json, amount: Decimal | None) -> None:
    """Let the payment gateway behind give it back; a refusal there is a refusal here."""
    plugin = str(order["payment_method"])
    gateway = next((name for start, name in BEHIND.items() if plugin.startswith(start)), "")
    if not gateway or shop.call.behind is None:
        return
    minor = _minor(amount, order)
    try:
        shop.call.behind.refund(shop.call, gateway, str(order["transaction_id"]), minor)
    except BehindRefusedError as error:
        raise refund_refused(f"There was a problem initiating a refund: {error}") from error


def _minor(amount: Decimal | None, order: Json) -> int:
    return to_minor(amount if amount is not None else order["total"], order["currency"])
