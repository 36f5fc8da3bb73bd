"""Lists: pages of the report, of disputes, products, plans, invoices, and of events."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog

from chargedesk.kit import clock
from gateways.contract import Credentials, EventPage, GatewayEvent, Page
from gateways.errors import CredentialsError, NotFoundError, PayloadError, UnsupportedError
from gateways.paypal.client import get, is_live
from gateways.paypal.mapping import nested, refusing_misshapen
from gateways.paypal.mapping import payments as mapped
from gateways.paypal.mapping import report as rows
from gateways.paypal.mapping.people import payers
from gateways.paypal.mapping.values import MISSHAPEN, time_of
from gateways.paypal.reading import (
    DISPUTES,
    MOST_DISPUTES,
    PLAIN_MAPS,
    PLAIN_PATHS,
    dispute_snapshot,
    find_charge,
    read,
)
from gateways.paypal.report import (
    HISTORY,
    OVERLAP,
    Rows,
    Window,
    first_window,
    next_window,
    read_page,
    rows_between,
)
from gateways.paypal.webhooks import event_of
from gateways.snapshots import AnySnapshot, ObjectKind

_log = structlog.get_logger(__name__)
EVENTS = "/v1/notifications/webhooks-events"
# Lists that PayPal bounds by nothing: products, plans, invoices.
_SIZES = {ObjectKind.PRODUCT: "20", ObjectKind.PRICE: "20", ObjectKind.INVOICE: "50"}
_ITEMS = {
    ObjectKind.PRODUCT: "products",
    ObjectKind.PRICE: "plans",
    ObjectKind.INVOICE: "items",
}
_DISPUTES_KEPT = timedelta(days=179)
_EMPTY_WINDOWS = 12
_EVENTS_PER_PAGE = "100"
BY_REPORT = frozenset(
    {ObjectKind.CHARGE, ObjectKind.REFUND, ObjectKind.PAYMENT, ObjectKind.SUBSCRIPTION}
)
LISTED = BY_REPORT | frozenset(PLAIN_PATHS) | {ObjectKind.DISPUTE}


@refusing_misshapen
def page(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Page:
    """One page, newest first. UnsupportedError for what PayPal has no list of."""
    if kind in BY_REPORT:
        return _report_page(credentials, kind, cursor, since)
    if kind is ObjectKind.DISPUTE:
        return _dispute_page(credentials, cursor, since)
    if kind in PLAIN_PATHS:
        return _plain_page(credentials, kind, cursor, since)
    raise UnsupportedError(f"PayPal has no list of {kind}.")


@dataclass(slots=True)
class _Collected:
    """What could be read of a page, and the ids of what could not."""

    snapshots: list[AnySnapshot] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, external_id: str, maps: Callable[[], AnySnapshot | None]) -> None:
        """Read one object; a bad one stops no walk, one that is gone is none."""
        try:
            found = refusing_misshapen(maps)()
        except NotFoundError:
            return
        except PayloadError as error:
            self.unreadable.append(external_id)
            _log.warning("gateway.unreadable_object", gateway="paypal", reason=error.message)
            return
        if found is not None:
            self.snapshots.append(found)

    def page(self, next_cursor: str) -> Page:
        """Newest first."""
        newest = sorted(self.snapshots, key=lambda each: each.created_at, reverse=True)
        return Page(
            snapshots=tuple(newest),
            next_cursor=next_cursor,
            unreadable=tuple(self.unreadable),
            beside=payers(newest),
        )


def _report_page(
    credentials: Credentials, kind: ObjectKind, cursor: str, since: datetime | None
) -> Page:
    # What was made shortly before `since` may have shown up only after the last look.
    start = since - OVERLAP if since else clock.now() - HISTORY
    window = _window_in(cursor) if cursor else first_window(start, clock.now())
    filters = {"transaction_type": rows.REFUND} if kind is ObjectKind.REFUND else {}
    if kind is ObjectKind.PAYMENT:
        filters = {"transaction_type": rows.AUTHORIZATION}
    collected = _Collected()
    for _ in range(_EMPTY_WINDOWS):
        if window is None:
            break
        found = read_page(credentials, window, filters=filters)
        _COLLECTORS[kind](credentials, found, collected)
        window = next_window(found, start)
        if collected.snapshots or collected.unreadable:
            break
    return collected.page(_cursor_of(window))


def _collect_charges(credentials: Credentials, found: Rows, into: _Collected) -> None:
    payments = [row for row in _each_once(found.rows) if _is(row, _is_charge)]
    if not payments:
        return
    gone = _refunded(credentials, found.window.start)
    disputed = _disputed(credentials)
    for row in payments:
        charge_id = _id(row)
        beside = mapped.Beside(
            refunded_minor=gone.get(charge_id, 0),
            is_disputed=charge_id in disputed,
            is_live=is_live(credentials),
        )
        into.add(charge_id, partial(_charge, credentials, row, found, beside))


def _charge(
    credentials: Credentials, row: dict[str, Any], found: Rows, beside: mapped.Beside
) -> AnySnapshot:
    info = row["transaction_info"]
    if info["transaction_event_code"] == rows.AUTHORIZATION:
        # The row does not say whether the money is still held.
        return find_charge(credentials, info["transaction_id"]).snapshots()[0]
    return rows.charge(row, nested(row, found.as_of), beside)


def _refund(row: dict[str, Any], found: Rows) -> AnySnapshot:
    return rows.refund(row, nested(row, found.as_of))


def _first(credentials: Credentials, kind: ObjectKind, external_id: str) -> AnySnapshot:
    return read(credentials, kind, external_id)[0]


def _collect_refunds(_: Credentials, found: Rows, into: _Collected) -> None:
    for row in _each_once(found.rows):
        into.add(_id(row), partial(_refund, row, found))


def _collect_payments(credentials: Credentials, found: Rows, into: _Collected) -> None:
    for row in _each_once(found.rows):
        into.add(_id(row), partial(_first, credentials, ObjectKind.PAYMENT, _id(row)))


def _collect_subscriptions(credentials: Credentials, found: Rows, into: _Collected) -> None:
    """There is no list of subscriptions; their payments name them."""
    for each in sorted({rows.subscription_of(row["transaction_info"]) for row in found.rows}):
        if each:
            into.add(each, partial(_first, credentials, ObjectKind.SUBSCRIPTION, each))


_COLLECTORS: dict[ObjectKind, Callable[[Credentials, Rows, _Collected], None]] = {
    ObjectKind.CHARGE: _collect_charges,
    ObjectKind.REFUND: _collect_refunds,
    ObjectKind.PAYMENT: _collect_payments,
    ObjectKind.SUBSCRIPTION: _collect_subscriptions,
}


def _refunded(credentials: Credentials, since: datetime) -> dict[str, int]:
    """What the report knows to be given back, by payment: rows of payments do not say it."""
    sums: dict[str, int] = {}
    found = rows_between(credentials, since, clock.now(), {"transaction_type": rows.REFUND})
    for row, as_of in found:
        try:
            refund = refusing_misshapen(rows.refund)(row, nested(row, as_of))
        except PayloadError as error:
            # Named as unreadable by the list of refunds.
            _log.warning("gateway.unreadable_object", gateway="paypal", reason=error.message)
            continue
        if refund.status not in mapped.GONE:
            sums[refund.charge_id] = sums.get(refund.charge_id, 0) + refund.amount_minor
    return sums


def _disputed(credentials: Credentials) -> frozenset[str]:
    """Payments with an open dispute; none where the app may not see disputes."""
    found: set[str] = set()
    token: dict[str, str] = {}
    try:
        while True:
            answer = _disputes(credentials, clock.now() - _DISPUTES_KEPT, **token)
            for each in answer.get("items") or ():
                if each.get("status") != "RESOLVED":
                    found.add(dispute_snapshot(credentials, each["dispute_id"]).charge_id)
            following = _query_of_next(answer).get("next_page_token", "")
            if not following:
                return frozenset(found)
            token = {"next_page_token": following}
    except CredentialsError as error:
        if not error.missing:
            raise
        return frozenset()


def _dispute_page(credentials: Credentials, cursor: str, since: datetime | None) -> Page:
    # Bounded by the last change: what is older than 180 days cannot be asked for.
    after = max(since or clock.now() - _DISPUTES_KEPT, clock.now() - _DISPUTES_KEPT)
    if after > clock.now():
        return Page(snapshots=(), next_cursor="")
    token = {"next_page_token": cursor} if cursor else {}
    answer = _disputes(credentials, after, **token)
    collected = _Collected()
    for each in answer.get("items") or ():
        dispute_id = str(each["dispute_id"])
        collected.add(dispute_id, partial(dispute_snapshot, credentials, dispute_id))
    return collected.page(_query_of_next(answer).get("next_page_token", ""))


def _disputes(credentials: Credentials, after: datetime, **token: str) -> dict[str, Any]:
    return get(
        credentials,
        DISPUTES,
        params={
            "update_time_after": after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "page_size": str(MOST_DISPUTES),
            **token,
        },
    ).object()


def _plain_page(
    credentials: Credentials, kind: ObjectKind, cursor: str, since: datetime | None
) -> Page:
    number = int(cursor or "1")
    answer = get(
        credentials,
        PLAIN_PATHS[kind],
        prefer="return=representation",
        params={
            "page": str(number),
            "page_size": _SIZES[kind],
            "total_required": "true",
        },
    )
    listed = answer.object()
    collected = _Collected()
    for each in listed.get(_ITEMS[kind]) or ():
        if since is None or _made(each, answer.as_of) >= since:
            collected.add(
                str(each["id"]),
                partial(_whole, credentials, kind, each, answer.as_of),
            )
    is_last = number >= int(listed.get("total_pages") or 0)
    return collected.page("" if is_last else str(number + 1))


def _whole(
    credentials: Credentials, kind: ObjectKind, obj: dict[str, Any], as_of: datetime
) -> AnySnapshot:
    """Plans are listed whole; products and invoices lack parts in lists."""
    if kind is ObjectKind.PRICE and obj.get("billing_cycles"):
        return PLAIN_MAPS[kind](obj, nested(obj, as_of))
    return read(credentials, kind, obj["id"])[0]


def _made(obj: dict[str, Any], otherwise: datetime) -> datetime:
    meta = (obj.get("detail") or {}).get("metadata") or {}
    text = obj.get("create_time") or meta.get("create_time")
    return time_of(text) if text else otherwise


@refusing_misshapen
def events(credentials: Credentials, *, since: datetime, cursor: str) -> EventPage:
    """One page of the app's own events of the last 30 days, newest first."""
    query = json.loads(cursor) if cursor else _events_query(since)
    answer = get(credentials, EVENTS, params=query).object()
    following = _query_of_next(answer)
    return EventPage(
        events=tuple(_events(answer.get("events") or ())),
        next_cursor=json.dumps(following) if following else "",
    )


def _events_query(since: datetime) -> dict[str, str]:
    written = "%Y-%m-%dT%H:%M:%SZ"
    return {
        "start_time": since.astimezone(UTC).strftime(written),
        "end_time": (clock.now() + timedelta(seconds=60)).strftime(written),
        "page_size": _EVENTS_PER_PAGE,
    }


def _events(listed: Iterable[dict[str, Any]]) -> Iterator[GatewayEvent]:
    for each in listed:
        raw = json.dumps(each, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            yield replace(event_of(raw), raw=raw)
        except PayloadError as error:
            _log.warning("gateway.unreadable_event", gateway="paypal", reason=error.message)


def _query_of_next(answer: dict[str, Any]) -> dict[str, str]:
    """The query of the `next` link; only that: its host is never followed."""
    links = answer.get("links") or ()
    href = next((str(each["href"]) for each in links if each.get("rel") == "next"), "")
    return dict(parse_qsl(urlsplit(href).query))


def _is(row: dict[str, Any], test: Callable[[dict[str, Any]], bool]) -> bool:
    try:
        return test(row["transaction_info"])
    except (*MISSHAPEN, PayloadError):
        # Kept, so that it is named as unreadable.
        return True


def _is_charge(info: dict[str, Any]) -> bool:
    return info["transaction_event_code"] == rows.AUTHORIZATION or rows.is_payment(info)


def _each_once(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A transaction may come twice, once as moving the balance: the last change counts."""
    unique: dict[str, dict[str, Any]] = {}
    for row in sorted(found, key=_updated):
        unique[_id(row)] = row
    return list(unique.values())


def _updated(row: dict[str, Any]) -> str:
    return str((row.get("transaction_info") or {}).get("transaction_updated_date") or "")


def _id(row: dict[str, Any]) -> str:
    return str((row.get("transaction_info") or {}).get("transaction_id") or "")


def _window_in(cursor: str) -> Window:
    start, end, number = cursor.split("|")
    return Window(
        start=datetime.fromisoformat(start), end=datetime.fromisoformat(end), page=int(number)
    )


def _cursor_of(window: Window | None) -> str:
    if window is None:
        return ""
    return f"{window.start.isoformat()}|{window.end.isoformat()}|{window.page}"
