"""Payment requests: an unpaid order, its payment page, and finding it again."""

from urllib.parse import urlsplit

from chargedesk.kit.money import Money
from gateways.contract import Credentials, Finding, Order, Outcome
from gateways.errors import PayloadError
from gateways.snapshots import ObjectKind
from gateways.woocommerce.client import PAGE_LIMIT, get
from gateways.woocommerce.documents import Obj
from gateways.woocommerce.mapping import snapshot
from gateways.woocommerce.mapping.amounts import iso_code, iso_minor, refuse_rounding
from gateways.woocommerce.mapping.values import (
    REQUEST_KEY,
    Seen,
    ident,
    meta_marker,
    refusing_misshapen,
)
from gateways.woocommerce.reading import plain_number

_MOST_PAGES = 50


@refusing_misshapen
def refuse_rounded(credentials: Credentials, money: Money) -> None:
    """Refuse an amount that this shop would round (M13).

    By how it writes an order's total: with the digits of its settings now, however old the order.
    """
    newest = get(credentials, "/orders", per_page="1", _fields="total").items()
    for row in newest:
        refuse_rounding(money, like=str(row[0]["total"]))


def requested(order: Order, obj: Obj, seen: Seen) -> Outcome | None:
    """The outcome that an order of the shop shows; None if it is not the one asked for."""
    if meta_marker(obj, REQUEST_KEY) != order.intent_id:
        return None
    url, code = str(obj.get("payment_url") or ""), iso_code(obj["currency"])
    if urlsplit(url).scheme not in {"http", "https"}:
        raise PayloadError("The shop told no page to pay on.")
    return Outcome(
        state="succeeded",
        object_id=ident(obj),
        money=Money.of(iso_minor(obj["total"], code), code),
        carries_marker=True,
        snapshots=(snapshot(ObjectKind.CHARGE, obj, seen),),
        url=url,
    )


@refusing_misshapen
def look_for_request(credentials: Credentials, order: Order) -> Finding:
    """Among all orders of the customer, newest first; those in the trash are a list of their own.

    Nothing found proves nothing: an order may be deleted, or changed hands.
    """
    for status in ("any", "trash"):
        outcome = _among(credentials, order, status)
        if outcome:
            return Finding(outcome=outcome, snapshots=outcome.snapshots)
    return Finding(outcome=None)


def _among(credentials: Credentials, order: Order, status: str) -> Outcome | None:
    customer = plain_number(order.target_id)
    for page in range(1, _MOST_PAGES + 1):
        answer = get(
            credentials,
            "/orders",
            customer=customer,
            status=status,
            orderby="date",
            order="desc",
            per_page=str(PAGE_LIMIT),
            page=str(page),
        )
        items = answer.items()
        for obj, raw in items:
            outcome = requested(order, obj, Seen(as_of=answer.as_of, raw=raw))
            if outcome:
                return outcome
        if len(items) < PAGE_LIMIT:
            break
    return None
