"""Lists: one page of a kind, newest first, by searches for the time of creation.

A search answers all ids that match, so it is bounded by a window of time that follows how much the
merchant has: the cursor names the end of the window, its length, and how many objects of the end's
very second were handed out already.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from braintree import CustomerSearch, DisputeSearch, SubscriptionSearch, TransactionSearch

from chargedesk.kit import clock
from gateways.braintree.client import search
from gateways.braintree.mapping import Obj, Seen, product, sale_pictures, snapshot
from gateways.braintree.mapping.values import ids, when
from gateways.braintree.reading import is_live, plans, subscription_seen, transaction
from gateways.braintree.searching import (
    CUSTOMERS,
    MOST_AT_ONCE,
    SUBSCRIPTIONS,
    TRANSACTIONS,
    Found,
    Searchable,
    criteria,
    in_answer,
    matching_ids,
    objects,
)
from gateways.contract import Credentials, Page
from gateways.errors import NotFoundError, PayloadError, UnsupportedError
from gateways.snapshots import AnySnapshot, ObjectKind

_log = structlog.get_logger(__name__)
_FIRST_SPAN, _LONGEST_SPAN = timedelta(days=30), timedelta(days=3650)
_MANY = 1000
# Before anybody's first payment.
_BEGINNING = datetime(2007, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the time that is walked backwards; see the module's text."""

    until: datetime
    span: timedelta = _FIRST_SPAN
    skipped: int = 0

    @classmethod
    def of(cls, cursor: str) -> "Window":
        """Read a cursor; an empty one begins a day ahead of our clock."""
        if not cursor:
            return cls(until=(clock.now() + _AHEAD).replace(microsecond=0))
        until, span, skipped = cursor.split("~")
        return cls(
            until=datetime.fromisoformat(until),
            span=timedelta(seconds=int(span)),
            skipped=int(skipped),
        )

    def __str__(self) -> str:
        return f"{self.until.isoformat()}~{int(self.span.total_seconds())}~{self.skipped}"


@dataclass(frozen=True, slots=True)
class _Search:
    where: Searchable
    created_at: Any
    terms: tuple[Any, ...] = ()


_SEARCHES = {
    ObjectKind.CUSTOMER: _Search(CUSTOMERS, CustomerSearch.created_at),
    ObjectKind.SUBSCRIPTION: _Search(SUBSCRIPTIONS, SubscriptionSearch.created_at),
    ObjectKind.CHARGE: _Search(
        TRANSACTIONS, TransactionSearch.created_at, (TransactionSearch.type == "sale",)
    ),
    ObjectKind.REFUND: _Search(
        TRANSACTIONS, TransactionSearch.created_at, (TransactionSearch.type == "credit",)
    ),
}
LISTED = frozenset({*_SEARCHES, ObjectKind.DISPUTE, ObjectKind.PRICE, ObjectKind.PRODUCT})


def page(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Page:
    """One page, newest first; UnsupportedError for kinds without a list."""
    if kind in _SEARCHES:
        return _searched(credentials, kind, Window.of(cursor), since)
    if kind is ObjectKind.DISPUTE:
        return _disputes(credentials, int(cursor or 1), since)
    if kind in LISTED:
        return _plans(credentials, kind, since)
    raise UnsupportedError(f"Braintree has no list of {kind}.")


def _searched(
    credentials: Credentials, kind: ObjectKind, window: Window, since: datetime | None
) -> Page:
    how, since = _SEARCHES[kind], since or _BEGINNING
    matching, span = _matching(credentials, how, window, since)
    wanted = matching[window.skipped : window.skipped + MOST_AT_ONCE]
    found = sorted(objects(credentials, how.where, wanted), key=_made, reverse=True)
    snapshots, unreadable = _snapshots(credentials, how.where.tag, found)
    has_more = len(matching) > window.skipped + MOST_AT_ONCE
    following = replace(_after(window, found), span=span)
    return Page(
        snapshots=tuple(snapshots),
        unreadable=tuple(unreadable),
        next_cursor=str(following) if has_more else "",
    )


def _matching(
    credentials: Credentials, how: _Search, window: Window, since: datetime
) -> tuple[tuple[str, ...], timedelta]:
    """The ids of the window, of everything older if it holds no full page; the next length."""
    if since > window.until:
        return (), window.span
    start = max(since, window.until - window.span)
    found = _ids(credentials, how, start, window.until)
    if len(found) > window.skipped + MOST_AT_ONCE or start == since:
        return found, window.span / 2 if len(found) > _MANY else window.span
    longer = min(window.span * 4, _LONGEST_SPAN)
    return _ids(credentials, how, since, window.until), longer


def _ids(credentials: Credentials, how: _Search, start: datetime, end: datetime) -> tuple[str, ...]:
    terms = (*how.terms, how.created_at.between(start.astimezone(UTC), end.astimezone(UTC)))
    return matching_ids(credentials, how.where, terms)


def _after(window: Window, found: list[Found]) -> Window:
    """Where the next page begins: at the second of the oldest object, past those given."""
    if not found:
        return replace(window, skipped=window.skipped + MOST_AT_ONCE)
    oldest = _made(found[-1])
    given = sum(_made(each) == oldest for each in found)
    before = window.skipped if oldest == window.until else 0
    return replace(window, until=oldest, skipped=before + given)


def _made(found: Found) -> datetime:
    return when(found.obj.get("created_at")) or _BEGINNING


def _snapshots(
    credentials: Credentials, tag: str, found: list[Found]
) -> tuple[list[AnySnapshot], list[str]]:
    seen_of = _LOOKS[tag](credentials, found)
    if tag == "transaction":
        return readable(found, lambda each: sale_pictures(each.obj, seen_of(each)))
    return readable(found, lambda each: (snapshot(tag, each.obj, seen_of(each)),))


def readable(
    found: Iterable[Found], made: Callable[[Found], tuple[AnySnapshot, ...]]
) -> tuple[list[AnySnapshot], list[str]]:
    """The snapshots of each, and the ids of those that cannot be read."""
    snapshots: list[AnySnapshot] = []
    unreadable: list[str] = []
    for each in found:
        try:
            snapshots += made(each)
        except PayloadError as error:
            unreadable.append(str(each.obj.get("id", "")))
            _log.warning("gateway.unreadable_object", gateway="braintree", reason=error.message)
    return snapshots, unreadable


SeenOf = Callable[[Found], Seen]


def _plain(_credentials: Credentials, _found: list[Found]) -> SeenOf:
    return lambda each: Seen(as_of=each.as_of, raw=each.raw)


def sales_seen(credentials: Credentials, found: list[Found]) -> SeenOf:
    """What the refunds of a page of sales tell: one search for all, a read for each it lacks."""
    live = is_live(credentials)
    wanted = [each for of in found for each in ids(of.obj, "refund_ids")]
    known: dict[str, Obj] = {}
    for start in range(0, len(wanted), MOST_AT_ONCE):
        part = objects(credentials, TRANSACTIONS, wanted[start : start + MOST_AT_ONCE])
        known |= {each.obj["id"]: each.obj for each in part}
    for missing in set(wanted) - set(known):
        try:
            known[missing] = transaction(credentials, missing).obj
        except NotFoundError:
            _log.warning("gateway.refund_missing", gateway="braintree", refund=missing)

    def seen(each: Found) -> Seen:
        refunds = tuple(known[one] for one in ids(each.obj, "refund_ids") if one in known)
        return Seen(as_of=each.as_of, raw=each.raw, is_live=live, refunds=refunds)

    return seen


def _subscriptions_seen(credentials: Credentials, found: list[Found]) -> SeenOf:
    known = {each.obj["id"]: each.obj for each in plans(credentials)} if found else {}
    return lambda each: subscription_seen(credentials, each, known)


_LOOKS: dict[str, Callable[[Credentials, list[Found]], SeenOf]] = {
    "customer": _plain,
    "subscription": _subscriptions_seen,
    "transaction": sales_seen,
}


def _disputes(credentials: Credentials, number: int, since: datetime | None) -> Page:
    terms = (DisputeSearch.received_date >= since.astimezone(UTC).date(),) if since else ()
    answer = search(credentials, f"/disputes/advanced_search?page={number}", criteria(terms))
    listed = answer.object("disputes")
    found = sorted(in_answer(answer, "dispute"), key=_made, reverse=True)
    snapshots, unreadable = readable(
        found, lambda each: (snapshot("dispute", each.obj, Seen(as_of=each.as_of, raw=each.raw)),)
    )
    total = int(listed.get("total_items") or 0)
    has_more = number * int(listed.get("page_size") or MOST_AT_ONCE) < total
    return Page(
        snapshots=tuple(snapshots),
        unreadable=tuple(unreadable),
        next_cursor=str(number + 1) if has_more else "",
        total=total,
    )


def _plans(credentials: Credentials, kind: ObjectKind, since: datetime | None) -> Page:
    """Plans come as a whole set; each is a product and its price."""
    found = sorted(plans(credentials), key=_made, reverse=True)
    recent = [each for each in found if since is None or _made(each) >= since]

    def made(each: Found) -> tuple[AnySnapshot, ...]:
        seen = Seen(as_of=each.as_of, raw=each.raw)
        is_price = kind is ObjectKind.PRICE
        return (snapshot("plan", each.obj, seen) if is_price else product(each.obj, seen),)

    snapshots, unreadable = readable(recent, made)
    return Page(snapshots=tuple(snapshots), unreadable=tuple(unreadable), next_cursor="")
