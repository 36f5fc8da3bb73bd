"""Payment requests: an unpaid order, its payment page, and finding it again."""

from urllib.parse import urlsplit

from chargedesk.kit.money import Money
from gateways.contract import Credentials, Finding, Order, Outcome
from gateways.errors import InvalidOrderError, PayloadError
from gateways.snapshots import ObjectKind
from gateways.woocommerce.client import PAGE_LIMIT, get, get_before
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
def refuse_rounded(credentials: Credentials, order: Order, until: float) -> None:
    """Refuse an amount that this shop would round, by how it writes those it has (M13)."""
    if order.money is None:
        raise InvalidOrderError("This order needs an amount above zero.", parameter="amount")
    query = {"per_page": "1", "_fields": "total"}
    newest = get_before(credentials, "/orders", until, query=query).items()
    for row in newest:
        refuse_rounding(order.money, like=str(row[0]["total"]))


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
    """Among all orders of the customer, newest first."""
    customer = plain_number(order.target_id)
    for page in range(1, _MOST_PAGES):
        answer = get(
            credentials,
            "/orders",
            customer=customer,
            orderby="date",
            order="desc",
            per_page=str(PAGE_LIMIT),
            page=str(page),
        )
        items = answer.items()
        for obj, raw in items:
            outcome = requested(order, obj, Seen(as_of=answer.as_of, raw=raw))
            if outcome:
                return Finding(outcome=outcome, snapshots=outcome.snapshots)
        if len(items) < PAGE_LIMIT:
            break
    return Finding(outcome=None)
