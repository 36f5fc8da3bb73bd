"""Reads single objects again, with what belongs to them."""

from datetime import datetime

from gateways.contract import Credentials
from gateways.errors import CredentialsError, NotFoundError, PayloadError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.woocommerce.client import PAGE_LIMIT, get
from gateways.woocommerce.documents import Obj, Sliced
from gateways.woocommerce.mapping import refund_snapshot, snapshot
from gateways.woocommerce.mapping.orders import DRAFTS, is_under_way
from gateways.woocommerce.mapping.subscriptions import ON_HOLD
from gateways.woocommerce.mapping.values import Seen, ident, reference, refusing_misshapen

PATHS = {
    ObjectKind.CUSTOMER: "/customers",
    ObjectKind.CHARGE: "/orders",
    ObjectKind.REFUND: "/refunds",
    ObjectKind.PRODUCT: "/products",
    ObjectKind.COUPON: "/coupons",
    ObjectKind.SUBSCRIPTION: "/subscriptions",
}
_UNPAID_RENEWAL = frozenset({"failed", "pending"})
_LONGEST_ID = 19


def read(credentials: Credentials, kind: ObjectKind, external_id: str) -> tuple[AnySnapshot, ...]:
    """One object; an order brings its refunds, a refund its order.

    NotFoundError, and UnsupportedError for kinds a shop does not have.
    """
    if kind not in PATHS:
        raise UnsupportedError(f"WooCommerce has no {kind}.")
    number = plain_number(external_id)
    if kind is ObjectKind.CHARGE:
        return order_with_refunds(credentials, number)
    if kind is ObjectKind.REFUND:
        return _refund_with_order(credentials, number)
    obj, raw, as_of = fetch(credentials, kind, number)
    return (snapshot(kind, obj, picture(credentials, kind, (obj, raw), as_of)),)


def plain_number(external_id: str) -> str:
    """The id as the shop has it; NotFoundError for what no shop can know, such as a guest."""
    if not (external_id.isascii() and external_id.isdecimal()) or len(external_id) > _LONGEST_ID:
        raise NotFoundError("The shop has no such object.")
    return external_id


def fetch(credentials: Credentials, kind: ObjectKind, number: str) -> tuple[Obj, bytes, datetime]:
    """One object as the shop shows it, its bytes, and the time of the picture."""
    answer = get(credentials, f"{PATHS[kind]}/{number}")
    obj = answer.object()
    if str(obj.get("id")) != number:
        raise PayloadError("The shop answered with another object.")
    return obj, answer.body, answer.as_of


def order_with_refunds(credentials: Credentials, number: str) -> tuple[AnySnapshot, ...]:
    """An order, then each of its refunds."""
    obj, raw, as_of = fetch(credentials, ObjectKind.CHARGE, number)
    if obj.get("status") in DRAFTS:
        raise NotFoundError("This is a basket that nobody has ordered yet.")
    rows = refunds_of(credentials, number) if obj.get("refunds") else []
    return (
        snapshot(ObjectKind.CHARGE, obj, Seen(as_of=as_of, raw=raw)),
        *refund_snapshots(obj, rows),
    )


def refund_snapshots(order: Obj, rows: list[tuple[Obj, Seen]]) -> tuple[AnySnapshot, ...]:
    """The snapshots of an order's refunds, without those that are under way."""
    return tuple(
        refund_snapshot(row, seen, order_id=str(order["id"]), currency=str(order["currency"]))
        for row, seen in rows
        if not refusing_misshapen(is_under_way)(row, seen)
    )


def refunds_of(credentials: Credentials, number: str) -> list[tuple[Obj, Seen]]:
    """All refunds of an order, page by page."""
    found: list[tuple[Obj, Seen]] = []
    for page in range(1, PAGE_LIMIT):
        answer = get(
            credentials, f"/orders/{number}/refunds", per_page=str(PAGE_LIMIT), page=str(page)
        )
        items = answer.items()
        found += [(obj, Seen(as_of=answer.as_of, raw=raw)) for obj, raw in items]
        if len(items) < PAGE_LIMIT:
            break
    return found


def picture(
    credentials: Credentials, kind: ObjectKind, item: Sliced, as_of: datetime, *, currency: str = ""
) -> Seen:
    """Where a picture comes from, with what the object itself does not say."""
    obj, raw = item
    is_coupon = kind is ObjectKind.COUPON
    is_on_hold = kind is ObjectKind.SUBSCRIPTION and obj.get("status") == ON_HOLD
    return Seen(
        as_of=as_of,
        raw=raw,
        shop_currency=currency or (shop_currency(credentials) if is_coupon else ""),
        renewal_failed=is_on_hold and _renewal_failed(credentials, obj),
    )


def shop_currency(credentials: Credentials) -> str:
    """The currency of the shop's settings; empty where the keys do not show it."""
    try:
        return str(get(credentials, "/data/currencies/current").object().get("code") or "")
    except (CredentialsError, NotFoundError):
        return ""


def currencies_of(credentials: Credentials, numbers: set[str]) -> dict[str, str]:
    """The currency of each of up to a page of orders; an order that is gone is missing."""
    if not numbers:
        return {}
    answer = get(
        credentials,
        PATHS[ObjectKind.CHARGE],
        include=",".join(sorted(numbers)),
        per_page=str(PAGE_LIMIT),
        _fields="id,currency",
    )
    return {str(obj.get("id")): str(obj.get("currency")) for obj, _ in answer.items()}


@refusing_misshapen
def _renewal_failed(credentials: Credentials, obj: Obj) -> bool:
    answer = get(credentials, f"/subscriptions/{ident(obj)}/orders", per_page=str(PAGE_LIMIT))
    orders = [each for each, _ in answer.items()]
    newest = max(orders, key=lambda each: str(each.get("date_created_gmt") or ""), default=None)
    return newest is not None and newest.get("status") in _UNPAID_RENEWAL


def _refund_with_order(credentials: Credentials, number: str) -> tuple[AnySnapshot, ...]:
    # There is no route to a refund but through its order, and only the shop-wide list names that.
    answer = get(credentials, PATHS[ObjectKind.REFUND], include=number)
    found: list[Sliced] = answer.items()
    for obj, _ in found:
        if str(obj.get("id")) == number:
            order, *rows = order_with_refunds(credentials, reference(obj.get("parent_id")) or "0")
            own = [each for each in rows if each.external_id == number]
            if own:
                return (*own, order)
    raise NotFoundError("The shop has no such refund.")
