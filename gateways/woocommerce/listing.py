"""Lists: one page of a kind, newest first, by a cursor that new objects do not shift."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import structlog

from gateways.contract import Credentials, Page
from gateways.errors import NotFoundError, PayloadError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind
from gateways.woocommerce.client import PAGE_LIMIT, Answer, get
from gateways.woocommerce.documents import Sliced
from gateways.woocommerce.mapping import refund_snapshot, snapshot
from gateways.woocommerce.mapping.orders import DRAFTS, is_under_way
from gateways.woocommerce.mapping.values import Seen, reference, refusing_misshapen, when
from gateways.woocommerce.reading import PATHS, currencies_of, picture, shop_currency
from gateways.woocommerce.refusals import NO_ROUTE

LISTED = frozenset(PATHS)
_SECOND = timedelta(seconds=1)
_log = structlog.get_logger(__name__)


@refusing_misshapen
def page(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Page:
    """One page of up to a hundred objects.

    UnsupportedError for kinds a shop does not have, or this one lacks the plug-in for.
    """
    if kind not in LISTED:
        raise UnsupportedError(f"WooCommerce has no list of {kind}.")
    try:
        if kind is ObjectKind.CUSTOMER:
            return _customers(credentials, cursor=cursor, since=since)
        return _dated(credentials, kind, cursor=cursor, since=since)
    except NotFoundError as error:
        if error.provider_code != NO_ROUTE:
            raise
        raise UnsupportedError(f"This shop has no list of {kind}.") from error


def _dated(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Page:
    """A walk by time of creation.

    The cursor is the second it has come to, and how many objects of that second it has seen.
    """
    second, _, seen = cursor.partition("~")
    query = {"orderby": "date", "order": "desc", "per_page": str(PAGE_LIMIT)}
    if since:
        query |= {"after": wire_time(since - _SECOND), "dates_are_gmt": "true"}
    if second:
        until = when(second) or datetime.now(UTC)
        query |= {"before": wire_time(until + _SECOND), "dates_are_gmt": "true", "offset": seen}
    answer = get(credentials, PATHS[kind], **query)
    items = answer.items()
    snapshots, unreadable = _snapshots(credentials, kind, items, answer)
    return Page(
        snapshots=tuple(snapshots),
        next_cursor=_cursor_after(items, second, seen) if len(items) == PAGE_LIMIT else "",
        total=None if second else answer.total(),
        unreadable=tuple(unreadable),
    )


def _cursor_after(items: list[Sliced], second: str, seen: str) -> str:
    # What has no time stands at the end of a list, and would lead back to its beginning.
    dated = [str(obj["date_created_gmt"]) for obj, _ in items if obj.get("date_created_gmt")]
    last = dated[-1]
    count = dated.count(last)
    return f"{last}~{count + int(seen) if last == second else count}"


def _customers(credentials: Credentials, *, cursor: str, since: datetime | None) -> Page:
    """A walk by pages, because customers cannot be asked for by time.

    Somebody who registers meanwhile shifts the pages, which repeats one and loses none.
    """
    number = int(cursor or 1)
    answer = get(
        credentials,
        PATHS[ObjectKind.CUSTOMER],
        role="all",
        orderby="registered_date",
        order="desc",
        per_page=str(PAGE_LIMIT),
        page=str(number),
    )
    items = answer.items()
    young = [each for each in items if since is None or _is_young(each, since)]
    snapshots, unreadable = _snapshots(credentials, ObjectKind.CUSTOMER, young, answer)
    has_more = len(items) == PAGE_LIMIT and len(young) == len(items)
    return Page(
        snapshots=tuple(snapshots),
        next_cursor=str(number + 1) if has_more else "",
        total=None if since else answer.total(),
        unreadable=tuple(unreadable),
    )


def _is_young(item: Sliced, since: datetime) -> bool:
    try:
        registered = when(item[0].get("date_created_gmt"))
    except ValueError:
        return True
    return registered is None or registered >= since


def _snapshots(
    credentials: Credentials, kind: ObjectKind, items: Iterable[Sliced], answer: Answer
) -> tuple[list[AnySnapshot], list[str]]:
    items = [each for each in items if each[0].get("status") not in DRAFTS or not _is_order(kind)]
    currency = shop_currency(credentials) if kind is ObjectKind.COUPON and items else ""
    orders = {reference(obj.get("parent_id")) for obj, _ in items} - {""}
    parents = currencies_of(credentials, orders) if kind is ObjectKind.REFUND else {}
    snapshots: list[AnySnapshot] = []
    unreadable: list[str] = []
    for obj, raw in items:
        try:
            if kind is ObjectKind.REFUND:
                parent = parents.get(reference(obj.get("parent_id")), "")
                seen = Seen(as_of=answer.as_of, raw=raw)
                if refusing_misshapen(is_under_way)(obj, seen):
                    continue
                snapshots.append(refund_snapshot(obj, seen, currency=parent))
            else:
                seen = picture(credentials, kind, (obj, raw), answer.as_of, currency=currency)
                snapshots.append(snapshot(kind, obj, seen))
        except PayloadError as error:
            _log.warning("woocommerce.unreadable", kind=kind, id=obj.get("id"), why=error.message)
            unreadable.append(str(obj.get("id")))
    return snapshots, unreadable


def _is_order(kind: ObjectKind) -> bool:
    return kind is ObjectKind.CHARGE


def wire_time(moment: datetime) -> str:
    """A time as filters take it together with `dates_are_gmt`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
