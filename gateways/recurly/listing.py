"""Lists: one page of a kind, newest first."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from gateways.contract import Credentials, Page
from gateways.errors import PayloadError, UnsupportedError
from gateways.recurly.client import PAGE_LIMIT, Answer, follow, get
from gateways.recurly.documents import Sliced
from gateways.recurly.mapping import Obj, Seen, prices_of, snapshot
from gateways.recurly.mapping.values import ref
from gateways.recurly.reading import (
    PATHS,
    Rows,
    as_account,
    looked_up_subscriptions,
    refund_transactions,
    with_bills,
    with_credits,
)
from gateways.snapshots import AnySnapshot, ObjectKind

# The money root of a charge is its invoice, which is listed as an invoice.
LISTED = frozenset(PATHS) - {ObjectKind.PAYMENT}
_log = structlog.get_logger(__name__)
_TYPES = {ObjectKind.CHARGE: "payment", ObjectKind.REFUND: "refund"}

Mapped = Callable[[], Iterable[AnySnapshot]]


def page(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Page:
    """One page of up to 200 objects.

    UnsupportedError for payment methods, which come with their customer, and money roots, which
    come with their charge. The cursor is the address of the next page, as Recurly gave it.
    """
    if kind not in LISTED:
        raise UnsupportedError(f"Recurly has no list of {kind}.")
    answer = _listed(credentials, kind, cursor=cursor, since=since)
    next_cursor, items = answer.items()
    snapshots: list[AnySnapshot] = []
    unreadable: list[str] = []
    for name, maps in _mapped(credentials, kind, items, answer.as_of):
        try:
            snapshots += maps()
        except PayloadError as error:
            unreadable.append(name)
            _log.warning("gateway.unreadable_object", gateway="recurly", reason=error.message)
    return Page(snapshots=tuple(snapshots), next_cursor=next_cursor, unreadable=tuple(unreadable))


def wire_time(moment: datetime) -> str:
    """A time as Recurly writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _listed(
    credentials: Credentials, kind: ObjectKind, *, cursor: str, since: datetime | None
) -> Answer:
    if cursor:
        return follow(credentials, cursor, expected=PATHS[kind])
    query: dict[str, str | int] = {"limit": PAGE_LIMIT, "sort": "created_at", "order": "desc"}
    if kind in _TYPES:
        query["type"] = _TYPES[kind]
    if since:
        query["begin_time"] = wire_time(since)
    return get(credentials, PATHS[kind], **query)


def _mapped(
    credentials: Credentials, kind: ObjectKind, items: list[Sliced], as_of: datetime
) -> list[tuple[str, Mapped]]:
    """Each object's id with what makes its snapshots, after asking for what stands elsewhere."""
    rows: Rows = [(obj, Seen(as_of=as_of, raw=raw)) for obj, raw in items]
    if kind is ObjectKind.CHARGE:
        rows = _with_refunds(credentials, with_bills(credentials, rows))
    elif kind is ObjectKind.REFUND:
        rows = with_credits(credentials, rows)
    elif kind is ObjectKind.SUBSCRIPTION:
        rows = looked_up_subscriptions(credentials, items, as_of)
    return [(str(obj.get("id", "")), _mapper(kind, obj, seen)) for obj, seen in rows]


def _mapper(kind: ObjectKind, obj: Obj, seen: Seen) -> Mapped:
    if kind is ObjectKind.PRICE:
        return lambda: prices_of(obj, seen)
    if kind is ObjectKind.CUSTOMER:
        return lambda: (as_account(obj, seen.as_of),)
    return lambda: (snapshot(kind, obj, seen),)


def _with_refunds(credentials: Credentials, rows: Rows) -> Rows:
    """Charges that say they were refunded do not say how much: that costs a call per account."""
    by_account: dict[str, Rows] = {}
    found: Rows = []
    for obj, seen in rows:
        account = ref(obj.get("account"))
        if not obj.get("refunded") or not account:
            found.append((obj, seen))
            continue
        if account not in by_account:
            by_account[account] = refund_transactions(credentials, account)
        own = tuple(
            each
            for each, _ in by_account[account]
            if each.get("original_transaction_id") == obj.get("id")
        )
        found.append((obj, replace(seen, refunds=own)))
    return found
